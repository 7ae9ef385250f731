/** How many times as fast as the real one an operator's clock runs. */
export const SPEED = 5;
