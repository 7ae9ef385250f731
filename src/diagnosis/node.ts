import { z } from "zod";

const taint = z.looseObject({ key: z.string(), effect: z.string() });
const node = z.object({
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({ taints: z.array(taint).default([]) }).prefault({}),
  status: z
    .object({
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().default(""),
            message: z.string().default(""),
          }),
        )
        .default([]),
      nodeInfo: z
        .object({
          osImage: z.string().default(""),
          kubeletVersion: z.string().default(""),
          operatingSystem: z.string().default(""),
          containerRuntimeVersion: z.string().default(""),
        })
        .prefault({}),
    })
    .prefault({}),
});

/** A node as far as Multus' life depends on it. */
export interface NodeView {
  name: string;
  /** As the API server has them, to be written back. */
  taints: readonly z.output<typeof taint>[];
  /** Why its kubelet does not call it Ready; undefined if it does. */
  notReady?: string;
  /**
   * Its kubelet reports. Not the same as Ready: a node without any CNI configuration is not, and is the very
   * one to look at. Where reports stay out, the node controller sets the condition to Unknown.
   */
  reachable: boolean;
  /** Multus runs there: on Linux, and with a kubelet that starts processes. */
  runsMultus: boolean;
  /**
   * Its runtime calls at a pod's end what it called at its start, with the configuration of then: CRI-O
   * (TearDownPod of ocicni). containerd takes what is first in the directory now (Network.Remove of go-cni).
   */
  keepsCalls: boolean;
  /** Those that show the distribution; the rest is not kept. */
  labels: Record<string, string>;
  osImage: string;
  kubeletVersion: string;
}

const LABELS =
  /^(kubernetes\.io\/os|type|microk8s\.io\/.*|cloud\.google\.com\/gke-nodepool|node\.openshift\.io\/.*)$/;

/** Throws a ZodError if the object is not a node. */
export function nodeView(object: unknown): NodeView {
  const { metadata, spec, status } = node.parse(object);
  const labels = Object.fromEntries(Object.entries(metadata.labels).filter(([key]) => LABELS.test(key)));
  const { osImage, kubeletVersion, operatingSystem, containerRuntimeVersion } = status.nodeInfo;
  const ready = status.conditions.find(({ type }) => type === "Ready");
  return {
    name: metadata.name,
    taints: spec.taints,
    reachable: ready !== undefined && ready.status !== "Unknown",
    runsMultus:
      (operatingSystem || labels["kubernetes.io/os"] || "linux") === "linux" &&
      labels.type !== "virtual-kubelet",
    // An unknown runtime may be one that keeps them.
    keepsCalls: !/^(containerd|docker):/.test(containerRuntimeVersion),
    labels,
    osImage,
    kubeletVersion,
    ...(ready?.status === "True"
      ? {}
      : { notReady: ready?.message || ready?.reason || "no Ready condition" }),
  };
}
