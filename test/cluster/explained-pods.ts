import { pod } from "./pods.ts";

/** Pods that lack their networks, each for one of the classic reasons, and the NADs that they ask for. */

const NETWORKS = "k8s.v1.cni.cncf.io/networks";
const LAN = {
  cniVersion: "0.3.1",
  type: "macvlan",
  master: "eth1",
  mode: "bridge",
  ipam: {
    type: "host-local",
    subnet: "192.168.1.0/24",
    rangeStart: "192.168.1.200",
    rangeEnd: "192.168.1.216",
  },
};
const ONE_ADDRESS = {
  ...LAN.ipam,
  subnet: "192.168.3.0/24",
  rangeStart: "192.168.3.5",
  rangeEnd: "192.168.3.5",
};
const STATIC = { type: "static", addresses: [{ address: "192.168.4.4/24" }] };

/** The NAD as it is repaired, or as it changes under a pod. */
export const REPAIRED = nad("mistyped", {
  ...LAN,
  ipam: { type: "static", addresses: [{ address: "192.168.5.5/24" }] },
});
export const CHANGED = nad("changing", { ...LAN, mtu: 1400, ipam: STATIC });

/** The NAD that "no-nad" asks for; with a range of its own, as host-local counts addresses per network name. */
export const MISSING = nad("lna", {
  ...LAN,
  ipam: { type: "static", addresses: [{ address: "192.168.6.6/24" }] },
});

export const MISTYPED = nad("mistyped", { ...LAN, mode: "brige" });

export const NETWORK_DEFINITIONS = [
  nad("lan", LAN),
  nad("lan", LAN, "storage"),
  MISTYPED,
  nad("no-program", { ...LAN, ipam: { type: "whereabouts", range: "192.168.9.0/24" } }),
  nad("no-master", { ...LAN, master: "eth9" }),
  nad("narrow", { ...LAN, ipam: ONE_ADDRESS }),
  nad("changing", { ...LAN, mtu: 1500, ipam: STATIC }),
];

/** Started before Multus is there. */
export const EARLY = asking("early", "lan");

/** Attached, or running; the rest needs them. */
export const FIRST_PODS = [
  asking("well", "lan"),
  asking("one-address", "narrow"),
  asking("outdated", "changing"),
];

export const LACKING_PODS = [
  asking("mistyped", "mistyped"),
  asking("no-program", "no-program"),
  asking("no-master", "no-master"),
  asking("exhausted", "narrow"),
  asking("isolated", "storage/lan"),
  asking("no-nad", "lna"),
  asking("unreadable", '[{"name": "lan"'),
  asking("ports", '[{"name": "lan", "portMappings": [{"hostPort": 8080, "containerPort": 80}]}]'),
  asking("no-multus", "lan", "node-2"),
  withSpec(asking("host-network", "lan"), { hostNetwork: true }),
  withSpec(asking("unscheduled", "lan", ""), { nodeSelector: { "no-node": "has-this" } }),
  {
    ...asking("misspelt", ""),
    metadata: { name: "misspelt", annotations: { "k8s.v1.cni.cncf.io/network": "lan" } },
  },
];

/** Those whose sandbox cannot be made: the kubelet tells of each by an event. */
export const FAILING = [
  "mistyped",
  "no-program",
  "no-master",
  "exhausted",
  "isolated",
  "no-nad",
  "unreadable",
];

export function asking(name: string, networks: string, node = "node-1"): object {
  return pod(name, {
    ...(node === "" ? {} : { node }),
    ...(networks === "" ? {} : { annotations: { [NETWORKS]: networks } }),
  });
}

function withSpec(object: object, spec: object): object {
  return { ...object, spec: { ...(object as { spec: object }).spec, ...spec } };
}

function nad(name: string, config: object, namespace = "default"): object {
  return {
    apiVersion: "k8s.cni.cncf.io/v1",
    kind: "NetworkAttachmentDefinition",
    metadata: { name, namespace },
    spec: { config: JSON.stringify(config, null, 2) },
  };
}
