import { InvalidArgumentError } from "commander";

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const MAX_MS = 2 ** 31 - 1;

/** A time as kubectl takes it, in ms: "90s", "1m30s", "2h"; a number alone is seconds. Throws commander's error. */
export function duration(text: string): number {
  const isNumber = /^\d{1,9}$/.test(text);
  const isDuration = /^(\d{1,9}(ms|s|m|h))+$/.test(text);
  if (!isNumber && !isDuration) throw new InvalidArgumentError("it must be a time, such as 30s, 5m or 2h");
  const parts = isNumber ? [[text, text, "s"]] : [...text.matchAll(/(\d+)(ms|[smh])/g)];
  const sum = parts.reduce((all, [, number, unit]) => all + Number(number) * (UNITS[unit ?? "s"] ?? 0), 0);
  if (sum > MAX_MS) throw new InvalidArgumentError("it must be at most 24 days");
  return sum;
}
/** The value of a flag: a number from 1 to 999. Throws commander's error. */
export function atLeastOne(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError("it must be a number from 1 to 999");
  return Number(text);
}
