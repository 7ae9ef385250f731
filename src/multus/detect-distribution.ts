import type { Distribution } from "../crds/multus-install/distribution.ts";
import { counted } from "../crds/plural.ts";

/** What a cluster shows of itself that shows which distribution it is. */
export interface ClusterTraits {
  nodes: readonly {
    name: string;
    labels: Readonly<Record<string, string>>;
    /** status.nodeInfo. */
    osImage: string;
    kubeletVersion: string;
  }[];
  /** Names of the API groups that are served. */
  apiGroups: readonly string[];
}

export interface Detected {
  name: Distribution;
  /** What shows it, a sentence for people. */
  evidence: string;
}

/** One distribution's mark on a node; undefined where it is not there. */
type Mark = (node: ClusterTraits["nodes"][number]) => string | undefined;

const version =
  (part: string): Mark =>
  ({ kubeletVersion }) =>
    kubeletVersion.includes(part) ? `kubelet ${kubeletVersion}` : undefined;
const label =
  (key: string): Mark =>
  ({ labels }) =>
    Object.hasOwn(labels, key) ? `label ${key}` : undefined;

/**
 * Each distribution builds its own kubelet, or marks its nodes: k3s-io/k3s and rancher/rke2 (`v1.30.1+k3s1`),
 * GKE (`v1.30.1-gke.1`), MicroK8s (addons/core of canonical/microk8s), Talos (`Talos (v1.7.0)` as the OS).
 */
const MARKS: readonly { name: Distribution; marks: readonly Mark[] }[] = [
  { name: "K3s", marks: [version("+k3s")] },
  { name: "RKE2", marks: [version("+rke2")] },
  { name: "GKE", marks: [version("-gke."), label("cloud.google.com/gke-nodepool")] },
  { name: "MicroK8s", marks: [label("microk8s.io/cluster")] },
  {
    name: "Talos",
    marks: [({ osImage }) => (/^Talos\b/.test(osImage) ? `operating system ${osImage}` : undefined)],
  },
];

/** Served by OpenShift's own API server; operators of single groups of it run elsewhere too. */
const OPENSHIFT_GROUP = "config.openshift.io";
const OPENSHIFT_OS = /Red Hat Enterprise Linux CoreOS/;

/**
 * The distribution that sets the host's directories, and how it is known. If nodes differ it is
 * Kubernetes, whose directories most have, and the evidence says so: it must not guess where to write.
 */
export function detectDistribution({ nodes, apiGroups }: ClusterTraits): Detected {
  if (apiGroups.includes(OPENSHIFT_GROUP)) {
    const os = nodes.find(({ osImage }) => OPENSHIFT_OS.test(osImage));
    return {
      name: "OpenShift",
      evidence: `API group ${OPENSHIFT_GROUP}${os ? `, operating system of ${os.name}` : ""}`,
    };
  }
  if (nodes.length === 0) return { name: "Kubernetes", evidence: "the cluster has no nodes yet" };
  const found = nodes.map((node) => ({ node: node.name, ...distributionOf(node) }));
  const names = [...new Set(found.map(({ name }) => name))];
  const first = found[0];
  if (names.length === 1 && first)
    return first.evidence === undefined
      ? {
          name: "Kubernetes",
          evidence: `no sign of another distribution on ${counted(nodes.length, "node")}`,
        }
      : {
          name: first.name,
          evidence: `${first.evidence} on ${nodes.length === 1 ? "the only node" : `all ${nodes.length} nodes`}`,
        };
  const counts = names.map((name) => `${name} on ${found.filter((f) => f.name === name).length}`);
  return {
    name: "Kubernetes",
    evidence: `the nodes differ (${counts.join(", ")}); set spec.distribution or the directories in spec.cni`,
  };
}

function distributionOf(node: ClusterTraits["nodes"][number]): { name: Distribution; evidence?: string } {
  for (const { name, marks } of MARKS)
    for (const mark of marks) {
      const evidence = mark(node);
      if (evidence !== undefined) return { name, evidence: evidence.slice(0, 128) };
    }
  return { name: "Kubernetes" };
}
