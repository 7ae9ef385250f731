import { isDeepStrictEqual } from "node:util";
import { z } from "zod";

const toleration = z.looseObject({
  key: z.string().optional(),
  operator: z.string().optional(),
  value: z.string().optional(),
  effect: z.string().optional(),
  tolerationSeconds: z.number().optional(),
});
type Toleration = z.output<typeof toleration>;
const podSpec = z.object({ tolerations: z.array(toleration).default([]) });

/**
 * Which taints the guard tolerates: those that both the Multus that is replaced and the next one tolerate. On a node with
 * another the guard would be alone.
 * @param running the spec of the pods that are replaced
 * @param wanted those of the next Multus' pods, one for each of its DaemonSets
 */
export function guardTolerations(running: unknown, wanted: readonly unknown[]): Toleration[] {
  const now = podSpec.parse(running).tolerations;
  const next = wanted.map((spec) => podSpec.parse(spec).tolerations);
  if (next.every((tolerations) => isDeepStrictEqual(tolerations, now))) return now;
  const shared = now.flatMap((own) => next.flat().flatMap((theirs) => intersection(own, theirs)));
  return shared.filter((each, index) => shared.findIndex((one) => isDeepStrictEqual(one, each)) === index);
}

/** The toleration of what both tolerate; none if there is no such taint. No key, value or effect stands for all. */
function intersection(one: Toleration, other: Toleration): Toleration[] {
  const key = common(one.key, other.key);
  const effect = common(one.effect, other.effect);
  const matched = hasAnyValue(one) ? other : one;
  const sameValue = hasAnyValue(one) || hasAnyValue(other) || isDeepStrictEqual(matchOf(one), matchOf(other));
  if (key === undefined || effect === undefined || !sameValue) return [];
  const seconds = [one, other].flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
  return [
    {
      ...(key ? { key } : {}),
      ...(hasAnyValue(matched) ? { operator: "Exists" } : matchOf(matched)),
      ...(effect ? { effect } : {}),
      ...(seconds.length > 0 ? { tolerationSeconds: Math.min(...seconds) } : {}),
    },
  ];
}

/** "" stands for all; undefined if they have nothing in common. */
function common(one = "", other = ""): string | undefined {
  if (one && other && one !== other) return undefined;
  return one || other;
}

function hasAnyValue({ operator }: Toleration): boolean {
  return operator === "Exists";
}

function matchOf({ operator = "Equal", value = "" }: Toleration): { operator: string; value: string } {
  return { operator: operator || "Equal", value };
}
