import { z } from "zod";
import { QUANTITY } from "../quantity.ts";
import { matching, withRules } from "../rule.ts";

/** The texts that several fields hold. Every one is bounded, since the API server prices CEL rules by the bounds. */

const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

export const namespaceName = () =>
  matching(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 63, "must be a DNS-1123 label, such as kube-system");

/** RFC 1123, as Kubernetes checks most names: no dot next to another one or to a hyphen. */
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export const objectName = () =>
  matching(
    SUBDOMAIN,
    253,
    "must be the name of an object: lowercase letters, digits, - and ., with a letter or digit on both sides of each .",
  );

const fileName = () =>
  matching(
    /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/,
    128,
    "must be a file name without a directory, such as 10-calico.conflist",
  );

/** A file that Multus, of any release, treats as its own configuration; the operator's guard has such a name too. */
const MULTUS_FILE = "00-multus";
const isNotMultusFile = {
  message: `must not begin with ${MULTUS_FILE}, which is Multus' own configuration: it would delegate to itself; name the primary network's file`,
  cel: `!self.startsWith('${MULTUS_FILE}')`,
  holds: (name: string) => !name.startsWith(MULTUS_FILE),
};
/** The file of the primary network's configuration. */
export const primaryFileName = () => withRules(fileName(), [isNotMultusFile]);

/** Names of the configurations that Multus and the operator's guard write. */
const MULTUS_NETWORKS = ["multus-cni-network", "multus-rollout-guard"];

/** Multus searches for a network as a NAD, then as a file, then as a directory: never a path of the user's. */
export const networkName = () =>
  withRules(
    matching(
      /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/,
      253,
      "must be the name of a NAD in spec.namespace, or of a network in a file, without a path",
    ),
    [
      isNotMultusFile,
      {
        message: `must not be ${MULTUS_NETWORKS.join(" or ")}, which is Multus' own network: it would delegate to itself`,
        cel: MULTUS_NETWORKS.map((name) => `self != '${name}'`).join(" && "),
        holds: (name) => !MULTUS_NETWORKS.includes(name),
      },
    ],
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

/** A `duration` of one day at most: a longer one is a wait that does not end. */
export const shortDuration = () =>
  withRules(duration(), [
    {
      message: "must be at most 24h",
      cel: "duration(self) <= duration('24h')",
      holds: (text) => secondsOf(text) <= 86_400,
    },
  ]);

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
/** By these, Services and other controllers of Kubernetes select their own pods. */
const SELECTORS_OF_OTHERS = ["k8s-app", "component"];
const RESERVED_PREFIX = "multus-operator.dev/";
/** Kubernetes' own keys: a mirror pod's, a scheduler's, app.kubernetes.io/name of another program's Service. */
const KUBERNETES_KEY = /^([a-z0-9-]+\.)*(kubernetes|k8s)\.io\//;
/** What a pod requests of Multus, and what Multus reports. */
const MULTUS_KEY = /^([a-z0-9-]+\.)*(cni\.cncf|multus-cni)\.io\//;

/** A regular expression between CEL's single quotes. */
const quoted = (pattern: RegExp) => `'${pattern.source.replaceAll("\\", "\\\\")}'`;
const notOfKubernetes =
  "must not have keys of kubernetes.io or k8s.io, which belong to Kubernetes; choose others";

/** The key of a taint that the operator may remove from nodes: none of Kubernetes' own. */
export const taintKey = () =>
  withRules(labelKey(), [
    {
      message:
        "must not be a key of kubernetes.io or k8s.io, which belongs to Kubernetes, such as the control plane's; use the chart's startupTaint.key",
      cel: `!self.matches(${quoted(KUBERNETES_KEY)})`,
      holds: (key) => !KUBERNETES_KEY.test(key),
    },
  ]);

const keysAreLabels = {
  message:
    "must have keys like team or example.com/team: at most 63 letters, digits, - _ and . after the slash",
  cel: `self.all(key, key.matches(${quoted(LABEL_KEY)}))`,
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
const labelsSelectOwnPods = {
  message: `must not have the keys ${SELECTORS_OF_OTHERS.join(", ")}, which controllers of Kubernetes use to select their pods; choose others`,
  cel: SELECTORS_OF_OTHERS.map((key) => `!('${key}' in self)`).join(" && "),
  holds: (map: Record<string, unknown>) => SELECTORS_OF_OTHERS.every((key) => !Object.hasOwn(map, key)),
};
const keysAreNotOfKubernetes = {
  message: notOfKubernetes,
  cel: `self.all(key, !key.matches(${quoted(KUBERNETES_KEY)}))`,
  holds: (map: Record<string, unknown>) => Object.keys(map).every((key) => !KUBERNETES_KEY.test(key)),
};
const keysAreNotOfMultus = {
  message:
    "must not have keys of cni.cncf.io or multus-cni.io: Multus' pods request no network; choose others",
  cel: `self.all(key, !key.matches(${quoted(MULTUS_KEY)}))`,
  holds: (map: Record<string, unknown>) => Object.keys(map).every((key) => !MULTUS_KEY.test(key)),
};

/** Whether a label of a pod's template may be carried over as one of the install's. */
export function isFreeLabel(key: string): boolean {
  return isFreeKey(key) && !RESERVED_LABELS.includes(key) && !SELECTORS_OF_OTHERS.includes(key);
}
/** Whether an annotation of a pod's template may be carried over as one of the install's. */
export function isFreeAnnotation(key: string): boolean {
  return isFreeKey(key) && !MULTUS_KEY.test(key);
}
function isFreeKey(key: string): boolean {
  return !key.startsWith(RESERVED_PREFIX) && !KUBERNETES_KEY.test(key);
}

/** No characters that a terminal takes for commands: C0 and C1 but for tab, line feed and carriage return. */
const CONTROL_FREE = /^(\P{Cc}|[\t\n\r])*$/u;
const annotationValue = () => matching(CONTROL_FREE, 4096, "must not have control characters");

const bounded = (values: z.ZodString, most: number) =>
  z
    .record(z.string(), values)
    .refine((map) => Object.keys(map).length <= most, `must have at most ${most} keys`)
    .meta({ maxProperties: most });

/** Labels that a node must have. */
export const nodeLabels = () => withRules(bounded(labelValue(), 32), [keysAreLabels]);
/** Labels for the Multus pods. */
export const podLabels = () =>
  withRules(bounded(labelValue(), 32), [
    keysAreLabels,
    keysAreFree,
    keysAreNotOfKubernetes,
    labelsAreFree,
    labelsSelectOwnPods,
  ]);
/** Annotations for the Multus pods. */
export const podAnnotations = () =>
  withRules(bounded(annotationValue(), 32), [
    keysAreLabels,
    keysAreFree,
    keysAreNotOfKubernetes,
    keysAreNotOfMultus,
  ]);

/** A list without duplicates: server-side apply fails on a list of keyed items with a duplicate. */
export function setOf<T extends z.ZodString | z.ZodEnum>(item: T, most: number): z.ZodArray<T> {
  return z
    .array(item)
    .max(most)
    .refine((list) => new Set(list).size === list.length, "must not contain a value more than once")
    .meta({ "x-kubernetes-list-type": "set" });
}
