import { isDeepStrictEqual } from "node:util";
import { z } from "zod";

const term = z.object({
  matchExpressions: z.array(z.unknown()).default([]),
  matchFields: z.array(z.unknown()).default([]),
});
type Term = z.output<typeof term>;
const podSpec = z.object({
  nodeSelector: z.record(z.string(), z.string()).optional(),
  affinity: z.unknown().optional(),
});
const requiredTerms = z.object({
  nodeAffinity: z.object({
    requiredDuringSchedulingIgnoredDuringExecution: z.object({ nodeSelectorTerms: z.array(term) }),
  }),
});

export type Placement = z.output<typeof podSpec>;

/**
 * On which nodes the guard is to be, as fields of its pods: where the Multus runs that is replaced, and the next one will. A
 * node that loses Multus has nothing to wait for: with a guard alone no pod would start or end there for as long as the rollout
 * takes on the others.
 * @param running the spec of the pods that are replaced
 * @param wanted those of the next Multus' pods, one for each of its DaemonSets
 */
export function guardPlacement(running: unknown, wanted: readonly unknown[]): Placement {
  const now = podSpec.parse(running);
  const next = wanted.map((spec) => podSpec.parse(spec));
  if (next.every((spec) => isDeepStrictEqual(spec, now))) return now;
  const nodeSelector = now.nodeSelector ? { nodeSelector: now.nodeSelector } : {};
  const terms = next.flatMap((spec) =>
    termsOf(spec).flatMap((theirs) =>
      termsOf(now).map((own) => ({
        matchExpressions: [...own.matchExpressions, ...theirs.matchExpressions, ...expressionsOf(spec)],
        matchFields: [...own.matchFields, ...theirs.matchFields],
      })),
    ),
  );
  // A term without requirements matches no node, where here it stands for every one.
  if (terms.some((each) => each.matchExpressions.length + each.matchFields.length === 0)) return nodeSelector;
  const nodeSelectorTerms = terms.map(({ matchExpressions, matchFields }) => ({
    ...(matchExpressions.length > 0 ? { matchExpressions } : {}),
    ...(matchFields.length > 0 ? { matchFields } : {}),
  }));
  const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
  return { ...nodeSelector, affinity: { nodeAffinity: required } };
}

function termsOf({ affinity }: Placement): Term[] {
  const { data } = requiredTerms.safeParse(affinity);
  const all: Term = { matchExpressions: [], matchFields: [] };
  return data?.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms ?? [all];
}

function expressionsOf({ nodeSelector = {} }: Placement): object[] {
  return Object.entries(nodeSelector).map(([key, value]) => ({ key, operator: "In", values: [value] }));
}
