import fc from "fast-check";

/**
 * A field's value: one of the good, or now and then one of the bad. Half of the configurations are of good
 * values only, so that the plugins accept about as many as they reject; a fault in each field would test one.
 */
export type Pick = (good: readonly unknown[], bad: readonly unknown[]) => fc.Arbitrary<unknown>;

export const onlyGood: Pick = (good) => fc.constantFrom(...good);
export const sometimesBad: Pick = (good, bad) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom(...bad) },
  );

export function optional(
  fields: Record<string, fc.Arbitrary<unknown>>,
  requiredKeys: string[] = [],
): fc.Arbitrary<Record<string, unknown>> {
  return fc.record(fields, { requiredKeys });
}
