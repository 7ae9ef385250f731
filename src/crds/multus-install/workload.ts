import { z } from "zod";
import { millionths } from "../quantity.ts";
import { matching, withRules } from "../rule.ts";
import {
  labelKey,
  labelValue,
  nodeLabels,
  objectName,
  podAnnotations,
  podLabels,
  quantity,
  setOf,
} from "./text.ts";

export const ARCHITECTURES = ["amd64", "arm64", "arm", "ppc64le", "s390x"] as const;

const amounts = () =>
  z.object({
    cpu: quantity().optional().describe("In cores, such as 100m."),
    memory: quantity().optional().describe("In bytes, such as 50Mi."),
  });

/** A request above its limit is rejected by Kubernetes only when the pods are made. */
const requestWithinLimit = (name: "cpu" | "memory") => {
  const [request, limit] = [`self.requests.${name}`, `self.limits.${name}`];
  return {
    message: `must not have a ${name} request above its limit; lower the request or raise the limit`,
    cel: `!has(self.requests) || !has(self.limits) || !has(${request}) || !has(${limit}) || quantity(${request}).compareTo(quantity(${limit})) <= 0`,
    holds: (value: Resources) =>
      (millionths(value.requests?.[name] ?? "0") ?? 0n) <=
      (millionths(value.limits?.[name] ?? value.requests?.[name] ?? "0") ?? 0n),
  };
};

/** Under 8Mi the runtime does not start the container (seen with the daemon of 4.3.0: it starts with 9Mi). */
const LEAST_LIMIT = { cpu: "10m", memory: "8Mi" };
/** No node has room for more in addition to its pods: Multus would be pending everywhere. */
const MAX_REQUEST = { cpu: "16", memory: "64Gi" };

const limitSuffices = (name: "cpu" | "memory") => {
  const [limit, least] = [`self.limits.${name}`, LEAST_LIMIT[name]];
  return {
    message: `must not have a ${name} limit below ${least}, with which Multus does not start`,
    cel: `!has(self.limits) || !has(${limit}) || quantity(${limit}).compareTo(quantity('${least}')) >= 0`,
    holds: ({ limits }: Resources) =>
      (millionths(limits?.[name] ?? least) ?? 0n) >= (millionths(least) ?? 0n),
  };
};

const requestFits = (name: "cpu" | "memory") => {
  const [request, limit, most] = [`self.requests.${name}`, `self.limits.${name}`, MAX_REQUEST[name]];
  const fits = (amount: string) => `quantity(${amount}).compareTo(quantity('${most}')) <= 0`;
  return {
    // Kubernetes' default for a request is the limit.
    message: `must not have a ${name} request above ${most}, or a limit above it without a request: no node would have room for Multus`,
    cel: `has(self.requests) && has(${request}) ? ${fits(request)} : !has(self.limits) || !has(${limit}) || ${fits(limit)}`,
    holds: ({ requests, limits }: Resources) =>
      (millionths(requests?.[name] ?? limits?.[name] ?? most) ?? 0n) <= (millionths(most) ?? 0n),
  };
};

interface Resources {
  requests?: z.output<ReturnType<typeof amounts>> | undefined;
  limits?: z.output<ReturnType<typeof amounts>> | undefined;
}

const resources = () =>
  withRules(
    z.object({
      requests: amounts().optional().describe("What the scheduler reserves."),
      limits: amounts()
        .optional()
        .describe(
          "The maximum that the container may use. With too little memory, Multus is OOM-killed under load (multus-cni #1346).",
        ),
    }),
    (["cpu", "memory"] as const).flatMap((name) => [
      requestWithinLimit(name),
      limitSuffices(name),
      requestFits(name),
    ]),
  );

/** As Kubernetes' own validation of tolerations has it (ValidateTolerations). */
const toleration = withRules(
  z.object({
    key: labelKey()
      .optional()
      .describe("Key of the taint. If not set, every taint; operator must then be Exists."),
    operator: z
      .enum(["Exists", "Equal"])
      .optional()
      .describe("Exists: any value of the taint. Equal: the one in value. Default: Equal."),
    value: labelValue().optional().describe("Value of the taint, for operator: Equal."),
    effect: z
      .enum(["NoSchedule", "PreferNoSchedule", "NoExecute"])
      .optional()
      .describe("Effect of the taint. If not set, every effect."),
    tolerationSeconds: z
      .int()
      .min(0)
      .max(86400)
      .optional()
      .describe("Seconds that a NoExecute taint is tolerated. If not set, indefinitely."),
  }),
  [
    {
      message: "operator: Exists does not allow a value; remove value or use operator: Equal",
      cel: "!has(self.operator) || self.operator != 'Exists' || !has(self.value) || self.value == ''",
      holds: ({ operator, value }) => operator !== "Exists" || value === undefined || value === "",
    },
    {
      message: "must have a key, or operator: Exists",
      cel: "has(self.key) || (has(self.operator) && self.operator == 'Exists')",
      holds: ({ key, operator }) => key !== undefined || operator === "Exists",
    },
    {
      message: "tolerationSeconds is allowed with effect: NoExecute only; remove it or set this effect",
      cel: "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
      holds: ({ tolerationSeconds, effect }) => tolerationSeconds === undefined || effect === "NoExecute",
    },
  ],
);

/** The API server takes any text here, and no node ever matches it. No label's value begins with a minus. */
const INTEGER = /^[0-9]{1,18}$/;

const requirement = withRules(
  z.object({
    key: labelKey().describe("Label of the node."),
    operator: z
      .enum(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"])
      .describe("How the label's value is compared with values."),
    values: z
      .array(labelValue())
      .max(32)
      .optional()
      .describe(
        "In and NotIn: at least one. Gt and Lt: exactly one, an integer. Exists and DoesNotExist: none.",
      ),
  }),
  [
    {
      message: "In and NotIn require values, Gt and Lt exactly one value, Exists and DoesNotExist no values",
      cel: "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 : self.operator in ['Gt', 'Lt'] ? has(self.values) && size(self.values) == 1 : !has(self.values) || size(self.values) == 0",
      holds: ({ operator, values = [] }) => {
        if (operator === "In" || operator === "NotIn") return values.length > 0;
        return values.length === (operator === "Gt" || operator === "Lt" ? 1 : 0);
      },
    },
    {
      message: "Gt and Lt compare integers; values must have one, such as 5",
      cel: `!(self.operator in ['Gt', 'Lt']) || !has(self.values) || self.values.all(value, value.matches('${INTEGER.source}'))`,
      holds: ({ operator, values = [] }) =>
        !["Gt", "Lt"].includes(operator) || values.every((value) => INTEGER.test(value)),
    },
  ],
);

/** As Kubernetes' own validation has it (ValidateNodeFieldSelectorRequirement): a node's name, and nothing else. */
const fieldRequirement = z.object({
  key: z.enum(["metadata.name"]).describe("Field of the node; Kubernetes supports only metadata.name."),
  operator: z.enum(["In", "NotIn"]).describe("How the node's name is compared with the one in values."),
  values: z.array(objectName()).min(1).max(1).describe("The node's name."),
});

const nodeSelectorTerm = () =>
  z.object({
    matchExpressions: z.array(requirement).max(8).optional().describe("Labels of the node; all must match."),
    matchFields: z.array(fieldRequirement).max(8).optional().describe("Fields of the node; all must match."),
  });

/** Only which nodes: a pod of a DaemonSet that is drawn to or away from other pods stays pending. */
const affinity = z.object({
  nodeAffinity: z
    .object({
      requiredDuringSchedulingIgnoredDuringExecution: z
        .object({
          nodeSelectorTerms: z
            .array(nodeSelectorTerm())
            .min(1)
            .max(8)
            .describe("One of them must match the node."),
        })
        .optional()
        .describe("Requirements for nodes that get Multus."),
      preferredDuringSchedulingIgnoredDuringExecution: z
        .array(
          z.object({
            weight: z.int().min(1).max(100).describe("Weight of the preference, 1 to 100."),
            preference: nodeSelectorTerm().describe("The preferred nodes."),
          }),
        )
        .max(8)
        .optional()
        .describe("Has no effect on a DaemonSet; copied unchanged."),
    })
    .optional()
    .describe("A corev1.NodeAffinity."),
});

const MAX_NODES = 100_000;

const maxUnavailable = () =>
  withRules(z.union([z.int(), z.string().max(4)]), [
    {
      message: "must be at least 1, as a number or a percentage, such as 1 or 10%",
      cel: `type(self) == int ? self >= 1 && self <= ${MAX_NODES} : self.matches('^([1-9][0-9]?|100)%$')`,
      holds: (value) =>
        typeof value === "number" ? value >= 1 && value <= MAX_NODES : /^([1-9][0-9]?|100)%$/.test(value),
    },
  ]);

/** spec.workload: the DaemonSet that runs Multus. */
export const workload = z.object({
  resources: resources()
    .optional()
    .describe("Resources of the Multus container. Default: requests 100m CPU and 50Mi memory, no limits."),
  installResources: resources()
    .optional()
    .describe(
      "Resources of the init container that copies the binary. Default: requests 10m CPU and 15Mi memory.",
    ),
  nodeSelector: nodeLabels().optional().describe("Labels that a node must have."),
  tolerations: z
    .array(toleration)
    .max(32)
    .optional()
    .describe(
      "Tolerations of the Multus pods. Default: all NoSchedule and NoExecute taints, because pods fail on a node without Multus.",
    ),
  affinity: affinity.optional().describe("Which nodes get Multus; nodeAffinity of corev1.Affinity."),
  priorityClassName: matching(
    /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/,
    253,
    "must be the name of a PriorityClass, or empty",
  )
    .default("system-node-critical")
    .describe("PriorityClass of the Multus pods; by default they are evicted last. Empty for none."),
  updateStrategy: z
    .object({
      type: z
        .enum(["RollingUpdate", "OnDelete"])
        .default("RollingUpdate")
        .describe(
          "OnDelete: a node gets the new Multus when its Multus pod is deleted by hand. A rollout that waits for that is not stuck, and is not rolled back.",
        ),
      maxUnavailable: maxUnavailable()
        .default(1)
        .describe(
          "Number or percentage of nodes that are updated at the same time. With v3 the new pod starts before the old one terminates (maxSurge).",
        ),
    })
    .prefault({})
    .describe("How the DaemonSet is updated."),
  labels: podLabels().default({}).describe("Additional labels of the Multus pods."),
  annotations: podAnnotations().default({}).describe("Additional annotations of the Multus pods."),
  architectures: setOf(z.enum(ARCHITECTURES), ARCHITECTURES.length)
    .min(1)
    .optional()
    .describe("One DaemonSet per architecture, such as kube-multus-ds-amd64. v3 only. Default: amd64."),
});
