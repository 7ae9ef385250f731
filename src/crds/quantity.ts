const UNITS: Record<string, bigint> = {
  m: 1n,
  "": 1000n,
  k: 1000n ** 2n,
  Ki: 1000n * 1024n,
  M: 1000n ** 3n,
  Mi: 1000n * 1024n ** 2n,
  G: 1000n ** 4n,
  Gi: 1000n * 1024n ** 3n,
  T: 1000n ** 5n,
  Ti: 1000n * 1024n ** 4n,
};

/** What a resource quantity may look like here: without exponents, at most three decimals, no sign. */
export const QUANTITY = /^[0-9]{1,15}(\.[0-9]{1,3})?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/;

/** A quantity in millionths, exactly; undefined where the text is none. */
export function millionths(text: string): bigint | undefined {
  const match = QUANTITY.exec(text);
  if (!match) return undefined;
  const unit = match[2] ?? "";
  const [whole = "", decimals = ""] = text.slice(0, text.length - unit.length).split(".");
  return BigInt(whole + decimals.padEnd(3, "0")) * (UNITS[unit] ?? 0n);
}
