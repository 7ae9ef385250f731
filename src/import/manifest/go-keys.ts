import { fold } from "../../cni/section.ts";

/**
 * A JSON object as Go reads it into a struct: a key in another case is the field's, and of several the last counts.
 * Multus' old examples spell logLevel as LogLevel.
 */
export function withFieldNames(
  config: Readonly<Record<string, unknown>>,
  fields: readonly string[],
): Record<string, unknown> {
  const names = new Map(fields.map((name) => [fold(name), name]));
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [names.get(fold(key)) ?? key, value]),
  );
}
