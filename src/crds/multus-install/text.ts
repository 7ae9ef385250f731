import { z } from "zod";
import { QUANTITY } from "../quantity.ts";
import { matching, withRules } from "../rule.ts";

/** The texts that several fields hold. Every one is bounded, since the API server prices CEL rules by the bounds. */

const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

export const namespaceName = () =>
  matching(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 63, "must be a DNS-1123 label, such as kube-system");

export const objectName = () =>
  matching(
    /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
    253,
    "must be the name of an object: lower case, digits, - and .",
  );

export const fileName = () =>
  matching(
    /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/,
    128,
    "must be a file name without a directory, such as 10-calico.conflist",
  );

/** Multus looks a network up as a NAD, then as a file, then as a directory: never a path of the user's. */
export const networkName = () =>
  matching(
    /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/,
    253,
    "must be the name of a NAD in spec.namespace, or of a network in a file, without a path",
  );

export const absoluteFile = () =>
  matching(/^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/, 256, "must be an absolute path without . and ..");

export const quantity = () => matching(QUANTITY, 32, "must be a quantity, such as 100m or 50Mi");

/** As Go's time.ParseDuration reads it, without fractions and signs. */
export const duration = () =>
  matching(
    /^([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$/,
    18,
    "must be a duration, such as 90s, 5m or 1h30m",
  ).min(2);

/** A `duration` in seconds. */
export function secondsOf(text: string): number {
  const part = (unit: string) => Number(new RegExp(`([0-9]+)${unit}`).exec(text)?.[1] ?? 0);
  return part("h") * 3600 + part("m") * 60 + part("s");
}

export const labelKey = () => matching(LABEL_KEY, 317, "must be a label key, such as kubernetes.io/arch");

export const labelValue = () =>
  matching(
    /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/,
    63,
    "must be a label value: letters, digits, - _ and ., at most 63",
  );

/** Keys that the operator or upstream's own manifest sets; a user's value would be lost, or break the DaemonSet. */
const RESERVED_LABELS = ["name", "app", "tier"];
const RESERVED_PREFIX = "multus-operator.dev/";

const keysAreLabels = {
  message:
    "must have keys like team or example.com/team: at most 63 letters, digits, - _ and . after the slash",
  cel: `self.all(key, key.matches('${LABEL_KEY.source.replaceAll("\\", "\\\\")}'))`,
  holds: (map: Record<string, unknown>) => Object.keys(map).every((key) => LABEL_KEY.test(key)),
};
const keysAreFree = {
  message: `must not have keys that begin with ${RESERVED_PREFIX}, which are reserved for the operator; choose others`,
  cel: `self.all(key, !key.startsWith('${RESERVED_PREFIX}'))`,
  holds: (map: Record<string, unknown>) => Object.keys(map).every((key) => !key.startsWith(RESERVED_PREFIX)),
};
const labelsAreFree = {
  message: `must not have the keys ${RESERVED_LABELS.join(", ")}, which are reserved for the DaemonSet's selector; choose others`,
  cel: RESERVED_LABELS.map((key) => `!('${key}' in self)`).join(" && "),
  holds: (map: Record<string, unknown>) => RESERVED_LABELS.every((key) => !Object.hasOwn(map, key)),
};

const bounded = (values: z.ZodString, most: number) =>
  z
    .record(z.string(), values)
    .refine((map) => Object.keys(map).length <= most, `must have at most ${most} keys`)
    .meta({ maxProperties: most });

/** Labels that a node must have. */
export const nodeLabels = () => withRules(bounded(labelValue(), 32), [keysAreLabels]);
/** Labels for the Multus pods. */
export const podLabels = () =>
  withRules(bounded(labelValue(), 32), [keysAreLabels, keysAreFree, labelsAreFree]);
/** Annotations for the Multus pods. */
export const podAnnotations = () =>
  withRules(bounded(z.string().max(4096), 32), [keysAreLabels, keysAreFree]);

/** A list without duplicates: server-side apply fails on a list of keyed items that holds one twice. */
export function setOf<T extends z.ZodString | z.ZodEnum>(item: T, most: number): z.ZodArray<T> {
  return z
    .array(item)
    .max(most)
    .refine((list) => new Set(list).size === list.length, "must not hold a value twice")
    .meta({ "x-kubernetes-list-type": "set" });
}
