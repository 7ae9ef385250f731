/** One node of a canary: how far its Multus is, and what the probe showed. */
export interface CanaryNode {
  node: string;
  /** Its Multus pod: of the previous template, on its way, there, or failed for good. */
  pod: "Old" | "OnItsWay" | "Available" | { failed: string };
  probe: "None" | "Running" | "Passed" | { failed: string };
}

export type CanaryStep =
  /** Delete the node's Multus pod; the DaemonSet controller recreates it. */
  | { kind: "Replace"; node: string }
  | { kind: "Probe"; node: string }
  | { kind: "Wait"; message: string }
  | { kind: "Passed" }
  | { kind: "Failed"; node: string; message: string };

/** One node after another: a fault costs one node, not all of the canary. */
export function nextCanaryStep(nodes: readonly CanaryNode[]): CanaryStep {
  // Nothing was tried: that is not a success.
  if (nodes.length === 0) return { kind: "Wait", message: "canary: Multus runs on no Ready node" };
  for (const [index, { node, pod, probe }] of nodes.entries()) {
    const place = `canary ${index + 1} of ${nodes.length}, ${node}`;
    if (probe === "Passed") continue;
    if (typeof probe === "object") return { kind: "Failed", node, message: `${place}: ${probe.failed}` };
    if (typeof pod === "object") return { kind: "Failed", node, message: `${place}: ${pod.failed}` };
    if (pod === "Old") return { kind: "Replace", node };
    if (pod === "OnItsWay") return { kind: "Wait", message: `${place}: Multus is being replaced` };
    if (probe === "None") return { kind: "Probe", node };
    return { kind: "Wait", message: `${place}: waiting for the probe's network` };
  }
  return { kind: "Passed" };
}
