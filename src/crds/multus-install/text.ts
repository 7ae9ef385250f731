import { z } from "zod";
import { QUANTITY } from "../quantity.ts";
import { withRules } from "../rule.ts";

/** The texts that several fields hold. Every one is bounded, since the API server prices CEL rules by the bounds. */

const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

export const namespaceName = () =>
  z
    .string()
    .max(63)
    .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, "must be a DNS-1123 label, such as kube-system");

export const objectName = () =>
  z
    .string()
    .max(253)
    .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "must be the name of an object: lower case, digits, - and .");

export const fileName = () =>
  z
    .string()
    .max(128)
    .regex(
      /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/,
      "must be a file name without a directory, such as 10-calico.conflist",
    );

export const absoluteFile = () =>
  z
    .string()
    .max(256)
    .regex(/^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/, "must be an absolute path without . and ..");

export const quantity = () => z.string().max(32).regex(QUANTITY, "must be a quantity, such as 100m or 50Mi");

export const labelKey = () =>
  z.string().max(317).regex(LABEL_KEY, "must be a label key, such as kubernetes.io/arch");

export const labelValue = () =>
  z
    .string()
    .max(63)
    .regex(
      /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/,
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
