import { z } from "zod";

const rules = z.array(
  z.object({
    apiGroups: z.array(z.string()).default([]),
    resources: z.array(z.string()).default([]),
    verbs: z.array(z.string()).default([]),
  }),
);

/**
 * Whether a role's rules allow all that others allow, names of objects left out of account. While pods of a
 * previous Multus run, a role that allows more than the new one needs is theirs: the daemon lists and watches,
 * the thin plugin does not.
 */
export function allowsAll(rulesOfLive: unknown, wantedRules: unknown): boolean {
  const held = new Set(permissions(rulesOfLive));
  return permissions(wantedRules).every((permission) => held.has(permission));
}

function permissions(value: unknown): string[] {
  const parsed = rules.safeParse(value);
  if (!parsed.success) return [];
  return parsed.data.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`)),
    ),
  );
}
