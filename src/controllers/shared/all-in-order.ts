/**
 * Waits until each of these has ended, and returns their results. Throws what the first of them in order threw, so that
 * the same situation gives the same error; none is still under way then.
 */
export async function allInOrder<T>(running: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(running);
  return settled.map((each) => {
    if (each.status === "rejected") throw each.reason;
    return each.value;
  });
}
