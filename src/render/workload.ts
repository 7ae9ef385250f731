import { createHash } from "node:crypto";
import type { KubeObject } from "../crds/kube-object.ts";
import type { MultusInstall } from "../crds/multus-install/multus-install.ts";
import { compareReleases } from "../crds/multus-install/release.ts";
import { hasCertificates } from "../multus/daemon-config.ts";
import { flavourOf } from "../multus/releases.ts";
import type { PodParts } from "./container.ts";
import { ownerLabels, UPSTREAM_LABELS } from "./labels.ts";
import { thickPod } from "./thick-pod.ts";
import { thinPod } from "./thin-pod.ts";

/** Multus' pods must run where other pods cannot yet: a node is tainted until its network is there. */
export const EVERYWHERE = [
  { operator: "Exists", effect: "NoSchedule" },
  { operator: "Exists", effect: "NoExecute" },
];

/**
 * How long a Multus pod must run before its node counts as available. The images have nothing to probe, and
 * the daemon writes its configuration a second or two after it has started: pods that start in between go
 * without their networks (seen with 4.3.0 thick).
 */
const MIN_READY_SECONDS = 5;

/** The DaemonSets: one, or for v3 one an architecture with upstream's names. */
export function workloads(install: MultusInstall, config: KubeObject | undefined): KubeObject[] {
  const { spec } = install;
  const flavour = flavourOf(spec);
  const parts = flavour === "v4-thick" ? thickPod(spec) : thinPod(spec);
  if (flavour !== "v3") return [daemonSet(install, "kube-multus-ds", {}, parts, config)];
  return (spec.workload.architectures ?? ["amd64"]).map((architecture) =>
    daemonSet(
      install,
      `kube-multus-ds-${architecture}`,
      { "kubernetes.io/arch": architecture },
      parts,
      config,
    ),
  );
}

function daemonSet(
  install: MultusInstall,
  name: string,
  architecture: Record<string, string>,
  parts: PodParts,
  config: KubeObject | undefined,
): KubeObject {
  const { spec } = install;
  const { workload, image } = spec;
  const labels = { ...UPSTREAM_LABELS, name: "multus" };
  const nodeSelector = { ...architecture, ...workload.nodeSelector };
  const annotations = { ...workload.annotations, ...checksum(config) };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name, namespace: spec.namespace, labels: { ...labels, ...ownerLabels(install) } },
    spec: {
      selector: { matchLabels: { name: "multus" } },
      updateStrategy: updateStrategy(spec),
      minReadySeconds: MIN_READY_SECONDS,
      template: {
        metadata: {
          labels: { ...workload.labels, ...labels },
          ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
        },
        spec: {
          hostNetwork: true,
          ...parts,
          ...(Object.keys(nodeSelector).length > 0 ? { nodeSelector } : {}),
          tolerations: tolerationsOf(spec),
          ...(workload.affinity ? { affinity: workload.affinity } : {}),
          ...(workload.priorityClassName ? { priorityClassName: workload.priorityClassName } : {}),
          serviceAccountName: "multus",
          // Its rights are the certificates' then: a token would be one more thing to steal.
          ...(hasCertificates(spec) ? { automountServiceAccountToken: false } : {}),
          ...(image.pullSecrets.length > 0
            ? { imagePullSecrets: image.pullSecrets.map((secret) => ({ name: secret })) }
            : {}),
          terminationGracePeriodSeconds: secondsToEnd(spec),
        },
      },
    },
  };
}

/** From v4.3.1 on the daemon serves requests for 10 s after SIGTERM before it removes its file (multus-cni #1525). */
function secondsToEnd({ version }: MultusInstall["spec"]): number {
  return compareReleases(version, "v4.3.1") >= 0 ? 30 : 10;
}

/** A node that waits for Multus must get it, whichever taints the user's own list tolerates. */
export function tolerationsOf({ workload, nodes }: MultusInstall["spec"]): object[] {
  if (!workload.tolerations) return EVERYWHERE;
  const key = nodes.startupTaint;
  return key ? [...workload.tolerations, { key, operator: "Exists" }] : workload.tolerations;
}

/**
 * v3.4 leaves its file on the node when its pod is gone, with a token that is rejected then, and attaches
 * nothing and says nothing (TryLoadPodDelegates): its next pod starts before the last one ends. With v4 the
 * last one would delete the file of the next.
 */
function updateStrategy(spec: MultusInstall["spec"]): object {
  const { type, maxUnavailable } = spec.workload.updateStrategy;
  if (type === "OnDelete") return { type };
  const rollingUpdate =
    flavourOf(spec) === "v3" ? { maxSurge: maxUnavailable, maxUnavailable: 0 } : { maxUnavailable };
  return { type, rollingUpdate };
}

/** Multus reads its configuration when it starts: another configuration must be another pod. */
function checksum(config: KubeObject | undefined): Record<string, string> {
  if (!config) return {};
  const digest = createHash("sha256").update(JSON.stringify(config.data)).digest("hex");
  return { "multus-operator.dev/config-checksum": digest.slice(0, 16) };
}
