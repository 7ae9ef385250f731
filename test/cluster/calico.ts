import { readdirSync } from "node:fs";
import { join } from "node:path";
import { binaries, binary, moduleDirectory } from "./binaries.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { ClusterNode } from "./node.ts";
import { list } from "./pods.ts";

const CALICO = "calico-cni-plugin";
const GROUP = "crd.projectcalico.org";
/** What the plugin reads and writes; the rest of Calico's kinds belong to parts that do not run here. */
const KINDS = [
  "blockaffinities",
  "clusterinformations",
  "ipamblocks",
  "ipamconfigs",
  "ipamhandles",
  "ippools",
  "ipreservations",
];

export const CALICO_CONFLIST = "/etc/cni/net.d/10-calico.conflist";
const KUBECONFIG = "/etc/cni/net.d/calico-kubeconfig";

/**
 * Calico's part in the cluster: its kinds, the plugin's role (as in Calico's own chart), and a pool for each
 * node. A pool of its own keeps a node's pods in the range that the other nodes have a route to already, so
 * neither BIRD nor felix is needed; without felix there is no network policy.
 */
export async function prepareCalico(
  plane: ControlPlane,
  pools: readonly { node: string; cidr: string }[],
): Promise<void> {
  const source = join(
    moduleDirectory("calico", "github.com/projectcalico/calico"),
    "libcalico-go/config/crd",
  );
  const files = readdirSync(source).filter((file) => KINDS.some((kind) => file === `${GROUP}_${kind}.yaml`));
  await plane.kubectl("apply", "--server-side", ...files.flatMap((file) => ["-f", join(source, file)]));
  await plane.kubectl(
    "wait",
    "--for=condition=Established",
    ...KINDS.map((kind) => `crd/${kind}.${GROUP}`),
    "--timeout=120s",
  );
  await plane.kubectlWithInput(list(...access(), ...objects(pools)), "apply", "-f", "-");
}

/** Calico's part on a node, as its install-cni container leaves it. */
export async function installCalico(node: ClusterNode, plane: ControlPlane): Promise<void> {
  const calico = await binary("calico");
  for (const name of ["calico", "calico-ipam"]) await node.exec("cp", calico, `/opt/cni/bin/${name}`);
  const plugins = ["loopback", "portmap", "bandwidth", "tuning", "macvlan", "host-local", "static", "bridge"];
  await node.exec("cp", ...(await binaries(plugins)), "/opt/cni/bin/");
  await node.exec("mkdir", "-p", "/var/lib/calico");
  await node.writeFile("/var/lib/calico/nodename", node.name);
  const kubeconfig = plane.kubeconfigFor(CALICO, { name: CALICO });
  await node.exec("cp", kubeconfig, KUBECONFIG);
  await node.exec("chmod", "0600", KUBECONFIG);
  const conflist = {
    name: "k8s-pod-network",
    cniVersion: "0.3.1",
    plugins: [
      {
        type: "calico",
        log_level: "info",
        log_file_path: "/var/log/calico/cni/cni.log",
        datastore_type: "kubernetes",
        nodename: node.name,
        ipam: { type: "calico-ipam" },
        policy: { type: "k8s" },
        kubernetes: { kubeconfig: KUBECONFIG },
      },
      { type: "portmap", snat: true, capabilities: { portMappings: true } },
    ],
  };
  await node.writeFile(CALICO_CONFLIST, `${JSON.stringify(conflist, null, 2)}\n`);
}

function access(): object[] {
  const metadata = { name: CALICO };
  const rbac = { apiVersion: "rbac.authorization.k8s.io/v1", metadata };
  return [
    {
      ...rbac,
      kind: "ClusterRole",
      rules: [
        { apiGroups: [""], resources: ["pods", "nodes", "namespaces"], verbs: ["get"] },
        { apiGroups: [""], resources: ["pods/status"], verbs: ["patch"] },
        { apiGroups: [GROUP], resources: KINDS, verbs: ["get", "list", "create", "update", "delete"] },
      ],
    },
    {
      ...rbac,
      kind: "ClusterRoleBinding",
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: CALICO },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: CALICO }],
    },
  ];
}

function objects(pools: readonly { node: string; cidr: string }[]): object[] {
  const apiVersion = `${GROUP}/v1`;
  return [
    { apiVersion, kind: "ClusterInformation", metadata: { name: "default" }, spec: { datastoreReady: true } },
    ...pools.map(({ node, cidr }) => ({
      apiVersion,
      kind: "IPPool",
      metadata: { name: node },
      spec: {
        cidr,
        blockSize: 26,
        ipipMode: "Never",
        vxlanMode: "Never",
        nodeSelector: `kubernetes.io/hostname == '${node}'`,
      },
    })),
  ];
}
