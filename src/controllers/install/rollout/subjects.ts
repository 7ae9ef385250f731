import { isDeepStrictEqual } from "node:util";
import { z } from "zod";

const subjects = z.array(z.looseObject({ kind: z.string(), name: z.string() }));

/** The names of the groups among a binding's subjects. */
export function groupsOf(value: unknown): string[] {
  return parsed(value)
    .filter(({ kind }) => kind === "Group")
    .map(({ name }) => name);
}

/** The wanted subjects, and of those that a live binding has Multus' own: pods of a previous Multus act as these. */
export function withPrevious(live: unknown, wanted: unknown, own: readonly object[]): object[] {
  const asked = parsed(wanted);
  const previous = parsed(live).filter(
    (subject) =>
      own.some((known) => isDeepStrictEqual(known, subject)) &&
      !asked.some((other) => isDeepStrictEqual(other, subject)),
  );
  return [...asked, ...previous];
}

function parsed(value: unknown): z.output<typeof subjects> {
  const { data = [] } = subjects.safeParse(value);
  return data;
}
