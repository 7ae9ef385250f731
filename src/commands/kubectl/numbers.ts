import { InvalidArgumentError } from "commander";

/** The value of a flag: a number from 1 to 999. Throws commander's error. */
export function atLeastOne(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError("it must be a number from 1 to 999");
  return Number(text);
}
