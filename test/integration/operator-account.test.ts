import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { webhookConfiguration } from "../../src/admission/configuration.ts";
import { policies } from "../../src/admission/policies.ts";
import { type NodeTask, taskPod } from "../../src/controllers/nodes/task-pod.ts";
import type { KubeObject } from "../../src/crds/kube-object.ts";
import { parsedInstall } from "../../src/crds/multus-install/parsed-install.ts";
import { ARCHITECTURES, type MultusInstallSpecInput } from "../../src/crds/multus-install/spec.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { ApiError } from "../../src/kube/errors.ts";
import {
  type ApiObject,
  collectionPath,
  LEASES,
  NODES,
  PODS,
  pathOf,
  type ResourceType,
  refOf,
} from "../../src/kube/resource.ts";
import { imageReference } from "../../src/multus/releases.ts";
import { dhcpDaemon } from "../../src/render/dhcp-daemon.ts";
import { probePod } from "../../src/render/probe-pod.ts";
import { renderInstall } from "../../src/render/render.ts";
import { rolloutGuard } from "../../src/render/rollout-guard.ts";
import { whereaboutsObjects } from "../../src/render/whereabouts.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { applyRights, CHART_IMAGE } from "./chart.ts";
import { applyInstallDefinition } from "./install-controller.ts";

/**
 * Attacks by whoever holds the operator's account, or the credentials of one node's Multus, against a real API server:
 * each succeeds by RBAC alone, and is rejected with the chart's policies (docs/security.md).
 */

const KUBE_SYSTEM = "kube-system";
let plane: BorrowedControlPlane;
let kubectl: Kubectl;
/** Real credentials, with which the attacks are made. */
const holders = new Map<string, KubeClient>();

interface Attack {
  title: string;
  by?: string;
  /** Makes the request as a dry run; rejects with an ApiError if it is rejected. */
  run: (client: KubeClient) => Promise<unknown>;
  /** What the policy answers. */
  rejected: RegExp;
}

beforeAll(async () => {
  plane = await borrowControlPlane();
  kubectl = new Kubectl(plane.kubeconfig);
  await applyInstallDefinition(kubectl);
  await kubectl.run("create", "namespace", "multus-operator");
  await kubectl.run("create", "namespace", "shop");
  await applyRights(kubectl, ...VALUES, "accountPolicies.enabled=false", "podPolicy.enabled=false");
  await kubectl.run("create", "serviceaccount", "default", "-n", "shop");
  await kubectl.run("create", "serviceaccount", "clusterrole-aggregation-controller", "-n", KUBE_SYSTEM);
  const admin = kubectl.client;
  const spec = { mode: "Thick" as const, ...WITH_CERTIFICATES, whereabouts: { enabled: true } };
  const made = renderInstall(parsedInstall(spec)).objects;
  for (const object of made.filter(({ kind }) => /Role|Account|Definition/.test(kind)))
    await admin.apply(refOf(elsewhere(object)), both(elsewhere(object)), { fieldManager: "admin" });
  await admin.apply(
    { type: INSTALLS, name: "multus" },
    { ...parsedInstall(), spec: {} },
    { fieldManager: "admin" },
  );
  for (const name of ["node-1", "node-2"]) {
    const taints = ["multus-operator.dev/not-ready", "node-role.kubernetes.io/control-plane"].map((key) => ({
      key,
      effect: "NoSchedule",
    }));
    await admin.create(NODES, { apiVersion: "v1", kind: "Node", metadata: { name }, spec: { taints } });
    const container = { name: "x", image: "x" };
    for (const [namespace, account] of [
      ["shop", "default"],
      [KUBE_SYSTEM, "multus"],
    ] as const)
      await admin.create(PODS, {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: `pod-${name}`, namespace, labels: { app: "db" } },
        spec: {
          nodeName: name,
          serviceAccountName: account,
          containers: [container],
          tolerations: [{ operator: "Exists" }],
        },
      });
  }
  const use = (name: string, kubeconfig: string) =>
    holders.set(name, new KubeClient(connect({ kubeconfig })));
  use("operator", await plane.kubeconfigForServiceAccount("multus-operator", "multus-operator"));
  const token = await kubectl.run(
    ...["create", "token", "multus", "-n", KUBE_SYSTEM],
    ...["--bound-object-kind=Pod", "--bound-object-name=pod-node-1"],
  );
  use("token of node-1", await plane.kubeconfigForToken("token-node-1", token.trim()));
  const daemon = { name: "system:multus:node-1", groups: ["system:multus"] };
  use("certificate of node-1", plane.kubeconfigFor("daemon-node-1", daemon));
  use("admin", plane.kubeconfig);
});

afterAll(async () => {
  await plane?.stop();
});

const WITH_CERTIFICATES = { daemon: { perNodeCertificate: { enabled: true } } };
const VALUES = ["perNodeCertificates.approve=true", "startupTaint.enabled=true"];
const IMAGES = ["multusImages={ghcr.io/k8snetworkplumbingwg,docker.io/nfvpe/multus,192.168.1.222:80}"];

const INSTALLS: ResourceType = {
  group: "multus-operator.dev",
  version: "v1alpha1",
  kind: "MultusInstall",
  plural: "multusinstalls",
  namespaced: false,
};

/** A binding's role cannot be changed: the one of this name is left for the attacks to make. */
function elsewhere(object: KubeObject): KubeObject {
  if (!object.kind.endsWith("Binding")) return object;
  return { ...object, metadata: { ...object.metadata, name: `${object.metadata.name}-of-the-test` } };
}

/** Rights for both kinds of Multus, so that each can try what it may not do. */
function both(object: object): object {
  if (!("subjects" in object)) return object;
  const account = { kind: "ServiceAccount", name: "multus", namespace: KUBE_SYSTEM };
  return { ...object, subjects: [...(object.subjects as object[]), account] };
}

const apply = (object: object) => async (client: KubeClient) =>
  await client.apply(refOf(object as ApiObject), object, {
    fieldManager: "attacker",
    force: true,
    dryRun: true,
  });
const create = (type: ResourceType, object: ApiObject) => async (client: KubeClient) =>
  await client.json({
    method: "POST",
    path: collectionPath(type, object.metadata.namespace),
    query: { dryRun: "All" },
    body: object,
  });
const patch =
  (ref: Parameters<typeof pathOf>[0], body: object, subresource?: string) => async (client: KubeClient) =>
    await client.json({
      method: "PATCH",
      path: pathOf(ref, subresource),
      query: { dryRun: "All" },
      body,
      contentType: "application/merge-patch+json",
    });
/** As Multus writes: the whole object, read and changed. */
const replaceStatus = (pod: string, change: object) => async (client: KubeClient) => {
  const ref = { type: PODS, namespace: "shop", name: pod };
  const live = await client.get<ApiObject & { status?: object }>(ref);
  if (!live) throw new Error(`no pod ${pod}`);
  const { metadata, status } = change as { metadata?: object; status?: object };
  await client.json({
    method: "PUT",
    path: pathOf(ref, "status"),
    query: { dryRun: "All" },
    body: {
      ...live,
      metadata: { ...live.metadata, ...metadata },
      status: { ...live.status, ...status },
    },
  });
};

const RBAC = "rbac.authorization.k8s.io";
const binding = (roleRef: string, subject: object) =>
  apply({
    apiVersion: `${RBAC}/v1`,
    kind: "ClusterRoleBinding",
    metadata: { name: "multus" },
    roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: roleRef },
    subjects: [subject],
  });
const role = (rule: object, more: object = {}) =>
  apply({
    apiVersion: `${RBAC}/v1`,
    kind: "ClusterRole",
    metadata: { name: "multus" },
    rules: [rule],
    ...more,
  });
const tenant = { kind: "User", apiGroup: RBAC, name: "tenant" };

interface Container {
  args: string[];
  volumeMounts: object[];
}
type Pod = Record<string, unknown> & { containers: [Container, ...Container[]]; volumes?: object[] };
/** The DaemonSet of a spec, its pods changed. */
const daemonSet = (change: (pod: Pod) => object, spec: MultusInstallSpecInput = {}) => {
  const found = renderInstall(parsedInstall(spec)).objects.find(({ kind }) => kind === "DaemonSet");
  const object = structuredClone(found) as unknown as { spec: { template: { spec: Pod } } };
  Object.assign(object.spec.template.spec, change(object.spec.template.spec));
  return apply(object);
};
const first = (more: object) => (pod: Pod) => ({
  containers: pod.containers.map((container, index) => (index === 0 ? { ...container, ...more } : container)),
});
const volume = (source: object) => (pod: Pod) => ({
  volumes: [...(pod.volumes ?? []), { name: "more", ...source }],
});

/** A program that the ConfigMap of Multus' configuration holds, which the account may write. */
const hidden =
  (mountPath: string, more: object = {}) =>
  (pod: Pod) => ({
    ...first({ volumeMounts: [...pod.containers[0].volumeMounts, { name: "more", mountPath, ...more }] })(
      pod,
    ),
    ...volume({ configMap: { name: "multus-cni-config", defaultMode: 0o755 } })(pod),
  });
const fromConfigMap =
  (container: object, mountPath: string, more: object = {}) =>
  (pod: Pod) => {
    const mounted = hidden(mountPath, more)(pod);
    return { ...mounted, ...first(container)({ ...pod, ...mounted } as Pod) };
  };

const OWNER = { name: "multus", uid: "8a6e0b0c", namespace: KUBE_SYSTEM, pullSecrets: [] };
const IMAGE = { reference: CHART_IMAGE, pullPolicy: "IfNotPresent", pullSecrets: [] };
const INSPECT: NodeTask = {
  kind: "inspect",
  node: "node-1",
  confDir: "/etc/cni/net.d",
  binDirs: ["/opt/cni/bin"],
};
const CLEAN: NodeTask = {
  ...{ kind: "clean", node: "node-1", confDir: "/etc/cni/net.d", binDir: "/opt/cni/bin" },
  since: "2026-11-24T12:00:00Z",
};
const task = (change: (pod: Pod) => object, of: NodeTask = CLEAN) => {
  const pod = structuredClone(taskPod(of, OWNER, IMAGE)) as unknown as ApiObject & { spec: Pod };
  Object.assign(pod.spec, change(pod.spec));
  return create(PODS, pod);
};

const webhooks = (change: (webhook: Record<string, unknown>) => object) => {
  const object = webhookConfiguration(
    ADMISSION,
    { namespace: "multus-operator" },
    "/validate",
    "",
    {},
  ) as unknown as {
    webhooks: Record<string, unknown>[];
  };
  return apply({
    ...object,
    webhooks: object.webhooks.map((webhook) => ({ ...webhook, ...change(webhook) })),
  });
};
const ADMISSION = {
  mode: "Deny" as const,
  denyCodes: [],
  isolation: { enabled: false, globalNamespaces: [] },
  excludedNamespaces: [KUBE_SYSTEM],
};
const rule = (group: string, ...resources: string[]) => ({
  rules: [{ apiGroups: [group], apiVersions: ["*"], operations: ["CREATE", "UPDATE"], resources }],
});

const definition = (conversion: object) =>
  apply({
    ...(renderInstall(parsedInstall()).objects[0] as object),
    spec: { ...(renderInstall(parsedInstall()).objects[0]?.spec as object), conversion },
  });

const node = (name: string) => ({ type: NODES, name });
const report = (key: string) => ({ metadata: { annotations: { [key]: "[]" } } });
const installs = (spec: object) =>
  create(INSTALLS, { ...parsedInstall(), metadata: { name: "another" }, spec } as ApiObject);
const NETWORK_STATUS = "k8s.v1.cni.cncf.io/network-status";

const BINDS = /binds the role multus to Multus/;
const GRANTS = /grants Multus only what Multus needs/;
const MOUNTS = /mount Multus' configuration and the directories/;
const STARTS = /start the daemon, or an entrypoint/;
const OF_THE_IMAGE = /run programs of the image/;
const ITS_CONTAINERS = /have Multus' containers/;
const OWN_PROGRAM = /runs only the image's own program/;
const OWN_TASK = /inspects, cleans or releases the node/;
const OWN_SERVICE = /operator's own Service/;
const SEES = /sees networks, pods and the templates/;
const ONE_TAINT = /removes the taint .* and no other/;
const OWN_NODE = /on its own node only/;

const ALLOWED_PLUGINS = { plugins: { image: { registry: "192.168.1.222:80", repository: "x" } } };
interface DhcpPod {
  containers: { securityContext: { capabilities: object }; volumeMounts: object[] }[];
  volumes: object[];
}
const dhcp = (change: (pod: DhcpPod) => object) => {
  const object = structuredClone(dhcpDaemon(parsedInstall(ALLOWED_PLUGINS))) as unknown as {
    spec: { template: { spec: DhcpPod } };
  };
  const pod = object.spec.template.spec;
  Object.assign(pod, change(pod));
  return apply(object as unknown as KubeObject);
};
const itsContainer = (more: object) =>
  dhcp(({ containers: [first] }) => ({ containers: [{ ...first, ...more }] }));
const DHCP_ATTACKS: Attack[] = [
  {
    title: "runs another program as the dhcp daemon",
    run: itsContainer({ command: ["sh", "-c", "reboot"] }),
    rejected: /run the dhcp daemon only/,
  },
  {
    title: "runs a privileged dhcp daemon",
    run: itsContainer({ securityContext: { privileged: true } }),
    rejected: /the dhcp daemon is not privileged/,
  },
  {
    title: "gives the dhcp daemon another capability",
    run: itsContainer({
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"], add: ["SYS_MODULE"] },
      },
    }),
    rejected: /the dhcp daemon is not privileged/,
  },
  {
    title: "mounts the host into the dhcp daemon",
    run: dhcp(({ volumes }) => ({ volumes: [...volumes, { name: "host", hostPath: { path: "/" } }] })),
    rejected: /the dhcp daemon mounts its socket's directory/,
  },
  {
    title: "mounts over the dhcp daemon's program",
    run: itsContainer({ volumeMounts: [{ name: "cni", mountPath: "/opt/cni/bin" }] }),
    rejected: /run the dhcp daemon only/,
  },
  {
    title: "gives the dhcp daemon the host's processes",
    run: dhcp(() => ({ hostPID: true })),
    rejected: /none of the host's process and IPC namespaces/,
  },
  {
    title: "gives the dhcp daemon another account",
    run: dhcp(() => ({ serviceAccountName: "default", serviceAccount: "default" })),
    rejected: /has Multus' account without its credentials/,
  },
  {
    title: "runs the dhcp daemon of an image from elsewhere",
    run: itsContainer({ image: "evil.example/plugins:1" }),
    rejected: /the dhcp daemon's image must be from a source in the chart's value multusImages/,
  },
];

/** Objects of whereabouts, changed. */
const ofWhereabouts = (kind: string, change: object) => {
  const found = whereaboutsObjects(parsedInstall({ whereabouts: { enabled: true } }));
  return apply({ ...(found.find((object) => object.kind === kind) as object), ...change });
};
const whereaboutsPods = (change: (pod: Pod) => object) => {
  const found = whereaboutsObjects(parsedInstall({ whereabouts: { enabled: true } })).find(
    ({ kind }) => kind === "DaemonSet",
  );
  const object = structuredClone(found) as unknown as { spec: { template: { spec: Pod } } };
  Object.assign(object.spec.template.spec, change(object.spec.template.spec));
  return apply(object);
};
const lease = (namespace: string, name: string) =>
  create(LEASES, {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, namespace },
    spec: {},
  });
const POOLS: ResourceType = {
  ...{
    group: "whereabouts.cni.cncf.io",
    version: "v1alpha1",
    kind: "IPPool",
    plural: "ippools",
    namespaced: true,
  },
};
const BINDS_WHEREABOUTS = /binds the roles whereabouts-cni to the account of whereabouts only/;
const GRANTS_WHEREABOUTS = /grants whereabouts only what whereabouts needs/;
const HELD = /writes its own Lease, and nothing of what it holds for whereabouts/;

/** What spec.whereabouts adds to what the account may write. */
const WHEREABOUTS_ATTACKS: Attack[] = [
  {
    title: "binds the role of whereabouts to a user",
    run: ofWhereabouts("ClusterRoleBinding", { subjects: [tenant] }),
    rejected: BINDS_WHEREABOUTS,
  },
  {
    title: "binds it in a namespace to a user",
    run: ofWhereabouts("RoleBinding", { subjects: [tenant] }),
    rejected: BINDS_WHEREABOUTS,
  },
  {
    title: "binds its own role to whereabouts",
    run: ofWhereabouts("ClusterRoleBinding", {
      roleRef: { apiGroup: RBAC, kind: "ClusterRole", name: "multus-operator" },
    }),
    rejected: BINDS_WHEREABOUTS,
  },
  {
    title: "grants the status of pods to whereabouts",
    run: ofWhereabouts("ClusterRole", {
      rules: [{ apiGroups: [""], resources: ["pods/status"], verbs: ["update"] }],
    }),
    rejected: GRANTS_WHEREABOUTS,
  },
  {
    title: "grants its DaemonSets to whereabouts",
    run: ofWhereabouts("Role", {
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["create", "delete"] }],
    }),
    rejected: GRANTS_WHEREABOUTS,
  },
  {
    title: "runs whereabouts with another account",
    run: whereaboutsPods(() => ({ serviceAccountName: "clusterrole-aggregation-controller" })),
    rejected: /run with its account/,
  },
  {
    title: "mounts the root of the host into whereabouts",
    run: whereaboutsPods(volume({ hostPath: { path: "/" } })),
    rejected: /mount its schedule and CNI's directories/,
  },
  {
    title: "mounts a Secret into whereabouts",
    run: whereaboutsPods(volume({ secret: { secretName: "x" } })),
    rejected: /mount its schedule and CNI's directories/,
  },
  {
    title: "runs another command in whereabouts",
    run: whereaboutsPods(first({ args: ["-c", "reboot"] })),
    rejected: /run its installer and its control loop/,
  },
  {
    title: "has the installer of whereabouts run a command",
    run: whereaboutsPods(first({ env: [{ name: "CNI_BIN_DIR", value: "/host/x $(reboot)" }] })),
    rejected: /have its environment/,
  },
  {
    title: "takes its API server's address from elsewhere",
    run: whereaboutsPods(first({ env: [{ name: "KUBERNETES_SERVICE_HOST", value: "192.168.1.5" }] })),
    rejected: /have its environment/,
  },
  {
    title: "hides the installer of whereabouts",
    run: whereaboutsPods((pod) =>
      first({
        volumeMounts: [...pod.containers[0].volumeMounts, { name: "cnibin", mountPath: "/install-cni.sh" }],
      })(pod),
    ),
    rejected: /mount directories of the host below/,
  },
  {
    title: "sees the host's processes from whereabouts",
    run: whereaboutsPods(() => ({ hostPID: true })),
    rejected: /process and IPC namespaces/,
  },
  {
    title: "takes the Lease of the scheduler",
    run: lease(KUBE_SYSTEM, "kube-scheduler-2"),
    rejected: HELD,
  },
  {
    title: "gives out addresses",
    run: create(POOLS, {
      apiVersion: "whereabouts.cni.cncf.io/v1alpha1",
      kind: "IPPool",
      metadata: { name: "x", namespace: KUBE_SYSTEM },
      spec: { range: "10.9.0.0/24", allocations: {} },
    }),
    rejected: HELD,
  },
];

const ATTACKS: Attack[] = [
  ...WHEREABOUTS_ATTACKS,
  // Cluster-admin by way of certificates: bind the role that approves, or grant the approval.
  { title: "binds its own role to a user", run: binding("multus-operator", tenant), rejected: BINDS },
  { title: "binds Multus' role to a user", run: binding("multus", tenant), rejected: BINDS },
  {
    title: "binds Multus' role to everyone",
    run: binding("multus", { kind: "Group", apiGroup: RBAC, name: "system:authenticated" }),
    rejected: BINDS,
  },
  {
    title: "binds Multus' role to an account of another namespace",
    run: binding("multus", { kind: "ServiceAccount", name: "multus", namespace: "shop" }),
    rejected: BINDS,
  },
  {
    title: "grants the approval of certificates to Multus",
    run: role({
      apiGroups: ["certificates.k8s.io"],
      resources: ["certificatesigningrequests/approval"],
      verbs: ["update"],
    }),
    rejected: GRANTS,
  },
  {
    title: "grants the signer to Multus",
    run: role({
      apiGroups: ["certificates.k8s.io"],
      resources: ["signers"],
      resourceNames: ["kubernetes.io/kube-apiserver-client"],
      verbs: ["approve"],
    }),
    rejected: GRANTS,
  },
  {
    title: "grants its DaemonSets' nodes to Multus",
    run: role({ apiGroups: [""], resources: ["nodes"], verbs: ["patch"] }),
    rejected: GRANTS,
  },
  {
    title: "grants its own role to Multus",
    run: role({
      apiGroups: [RBAC],
      resources: ["clusterroles"],
      resourceNames: ["multus"],
      verbs: ["patch"],
    }),
    rejected: GRANTS,
  },
  // Root on nodes, and every account of kube-system: by DaemonSets.
  {
    title: "runs a DaemonSet with another account of kube-system",
    run: daemonSet(() => ({ serviceAccountName: "clusterrole-aggregation-controller" })),
    rejected: /run with Multus' account/,
  },
  {
    title: "mounts the root of the host",
    run: daemonSet(volume({ hostPath: { path: "/" } })),
    rejected: MOUNTS,
  },
  {
    title: "mounts the kubelet's directory into the thin plugin",
    run: daemonSet(volume({ hostPath: { path: "/var/lib/kubelet" } })),
    rejected: MOUNTS,
  },
  {
    title: "mounts /run into a pod that does not restart CRI-O",
    run: daemonSet(volume({ hostPath: { path: "/run" } })),
    rejected: MOUNTS,
  },
  {
    title: "leaves CNI's directories by ..",
    run: daemonSet(volume({ hostPath: { path: "/opt/cni/bin/x..y" } })),
    rejected: MOUNTS,
  },
  {
    title: "mounts root's home into the daemon",
    run: daemonSet(volume({ hostPath: { path: "/root/.ssh" } }), { mode: "Thick" }),
    rejected: MOUNTS,
  },
  { title: "mounts a Secret", run: daemonSet(volume({ secret: { secretName: "x" } })), rejected: MOUNTS },
  {
    title: "mounts another ConfigMap",
    run: daemonSet(volume({ configMap: { name: "x" } })),
    rejected: MOUNTS,
  },
  {
    title: "mounts a token for another audience",
    run: daemonSet(
      volume({ projected: { sources: [{ serviceAccountToken: { path: "t", audience: "vault" } }] } }),
    ),
    rejected: MOUNTS,
  },
  {
    title: "sees the host's processes from the thin plugin",
    run: daemonSet(() => ({ hostPID: true })),
    rejected: /process namespace/,
  },
  {
    title: "shares the host's memory",
    run: daemonSet(() => ({ hostIPC: true })),
    rejected: /process namespace/,
  },
  {
    title: "runs a shell in place of Multus",
    run: daemonSet(first({ command: ["/bin/sh", "-c", "reboot"], args: [] })),
    rejected: STARTS,
  },
  {
    title: "runs chroot in place of the daemon",
    run: daemonSet(first({ command: ["/usr/sbin/chroot", "/hostroot"] }), { mode: "Thick" }),
    rejected: MOUNTS, // what is not the daemon gets none of its directories
  },
  {
    title: "gives the entrypoint a command as an argument",
    run: daemonSet(first({ args: ["--cni-conf-dir=/host$(reboot)"] })),
    rejected: STARTS,
  },
  {
    title: "adds a container",
    run: daemonSet((pod) => ({ containers: [...pod.containers, { name: "more", image: "evil" }] })),
    rejected: ITS_CONTAINERS,
  },
  {
    title: "adds an init container",
    run: daemonSet(() => ({ initContainers: [{ name: "install-multus-binary", image: "evil" }] })),
    rejected: /init container installs Multus/,
  },
  {
    title: "preloads a library",
    run: daemonSet(first({ env: [{ name: "LD_PRELOAD", value: "/host/opt/cni/bin/x.so" }] })),
    rejected: ITS_CONTAINERS,
  },
  {
    title: "runs a hook",
    run: daemonSet(first({ lifecycle: { postStart: { exec: { command: ["reboot"] } } } })),
    rejected: ITS_CONTAINERS,
  },
  {
    title: "runs an entrypoint that a ConfigMap holds",
    run: daemonSet(fromConfigMap({ command: ["/x/entrypoint.sh"] }, "/x")),
    rejected: OF_THE_IMAGE,
  },
  {
    title: "hides the image's entrypoint behind one that a ConfigMap holds",
    run: daemonSet(hidden("/thin_entrypoint", { subPath: "thin_entrypoint" })),
    rejected: OF_THE_IMAGE,
  },
  {
    title: "hides the daemon behind a program that a ConfigMap holds",
    run: daemonSet(hidden("/usr/src/multus-cni/bin"), { mode: "Thick" }),
    rejected: OF_THE_IMAGE,
  },
  {
    title: "hides the image's programs behind a directory of the host",
    run: daemonSet((pod) => ({
      ...first({
        volumeMounts: [...pod.containers[0].volumeMounts, { name: "more", mountPath: "/usr/bin" }],
      })(pod),
      ...volume({ hostPath: { path: "/opt/cni/bin" } })(pod),
    })),
    rejected: OF_THE_IMAGE,
  },
  {
    title: "runs an entrypoint of the host",
    run: daemonSet(first({ command: ["/host/opt/cni/bin/entrypoint"] })),
    rejected: OF_THE_IMAGE,
  },
  {
    title: "installs a shell as the plugin that reads Multus' configuration",
    run: daemonSet(first({ args: ["--multus-bin-file=/bin/bash"] })),
    rejected: STARTS,
  },
  {
    title: "installs a program that a ConfigMap holds",
    run: daemonSet(
      fromConfigMap({ args: ["--multus-bin-file=/tmp/multus-conf/multus"] }, "/tmp/multus-conf"),
    ),
    rejected: OF_THE_IMAGE,
  },
  {
    title: "reads a Secret into Multus' environment",
    run: daemonSet(
      first({ env: [{ name: "CNI_PATH", valueFrom: { secretKeyRef: { name: "x", key: "token" } } }] }),
    ),
    rejected: ITS_CONTAINERS,
  },
  {
    title: "runs an image from elsewhere",
    run: daemonSet(first({ image: "evil.example/anything:1" })),
    rejected: /multusImages/,
  },
  {
    title: "runs an image whose registry begins like an allowed one",
    run: daemonSet(first({ image: "ghcr.io/k8snetworkplumbingwg-evil/multus-cni:v4.3.0" })),
    rejected: /multusImages/,
  },
  // The dhcp daemon: another policy restricts it.
  ...DHCP_ATTACKS,
  // The same by pods.
  {
    title: "runs a script in a pod of its own image",
    run: task(first({ command: ["node", "-e", "…"] })),
    rejected: OWN_PROGRAM,
  },
  {
    title: "runs a script by the program's environment",
    run: task(first({ env: [{ name: "NODE_OPTIONS", value: "--require=/host/opt/cni/bin/x.js" }] })),
    rejected: OWN_PROGRAM,
  },
  {
    title: "runs a hook in a pod",
    run: task(first({ lifecycle: { postStart: { exec: { command: ["x"] } } } })),
    rejected: OWN_PROGRAM,
  },
  {
    title: "adds a container to a pod",
    run: task((pod) => ({ containers: [...pod.containers, { ...pod.containers[0], name: "more" }] })),
    rejected: OWN_PROGRAM,
  },
  { title: "runs another command of the program", run: task(first({ args: ["run"] })), rejected: OWN_TASK },
  {
    title: "gives a task another root of the host",
    run: task((pod) => first({ args: pod.containers[0].args.map((a) => a.replace("/host", "/")) })(pod)),
    rejected: OWN_TASK,
  },
  {
    title: "cleans a node in another node's name",
    run: task(() => ({ nodeName: "node-2" })),
    rejected: OWN_TASK,
  },
  {
    title: "inspects with directories that it may write",
    run: task(
      (pod) =>
        first({
          volumeMounts: pod.containers[0].volumeMounts.map((m) => ({ ...m, readOnly: false })),
        })(pod),
      INSPECT,
    ),
    rejected: /read-only/,
  },
  {
    title: "mounts a path below a directory, which may be a link",
    run: task((pod) =>
      first({
        volumeMounts: pod.containers[0].volumeMounts.map((m) => ({ ...m, subPath: "x" })),
      })(pod),
    ),
    rejected: /without subpaths or mount propagation/,
  },
  {
    title: "hides its own program behind a directory of the host",
    run: task((pod) =>
      first({
        volumeMounts: pod.containers[0].volumeMounts.map((m, i) =>
          i === 0 ? { ...m, mountPath: "/app" } : m,
        ),
      })(pod),
    ),
    rejected: /below \/host/,
  },
  {
    title: "runs a pod with another account",
    run: task(() => ({ serviceAccountName: "clusterrole-aggregation-controller" })),
    rejected: /Multus' account without its credentials/,
  },
  // Everything that is written to the cluster, by its webhook.
  { title: "turns its webhook on Secrets", run: webhooks(() => rule("", "secrets")), rejected: SEES },
  { title: "turns its webhook on everything", run: webhooks(() => rule("*", "*")), rejected: SEES },
  {
    title: "turns its webhook on exec and tokens",
    run: webhooks(() => rule("", "pods/exec", "serviceaccounts/token")),
    rejected: SEES,
  },
  {
    title: "sends what its webhook sees to an address of its own",
    run: webhooks(() => ({ clientConfig: { url: "https://evil.example/" } })),
    rejected: OWN_SERVICE,
  },
  {
    title: "sends what its webhook sees to another Service",
    run: webhooks(() => ({
      clientConfig: { service: { namespace: "shop", name: "multus-operator-webhook" } },
    })),
    rejected: OWN_SERVICE,
  },
  {
    title: "stops the cluster by its webhook",
    run: webhooks(() => ({ failurePolicy: "Fail" })),
    rejected: OWN_SERVICE,
  },
  {
    title: "reads and changes networks by a conversion webhook",
    run: definition({
      strategy: "Webhook",
      webhook: { conversionReviewVersions: ["v1"], clientConfig: { url: "https://evil.example/" } },
    }),
    rejected: /not converted/,
  },
  // Services and pods of others.
  {
    title: "moves a pod of another namespace into a Service",
    run: replaceStatus("pod-node-1", { metadata: { labels: { app: "web" } } }),
    rejected: /does not write the status of pods/,
  },
  {
    title: "gives a pod of another namespace another address",
    run: replaceStatus("pod-node-1", { status: { podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }] } }),
    rejected: /does not write the status of pods/,
  },
  // What it is told to do, and nodes.
  {
    title: "writes what it is told to install",
    run: patch({ type: INSTALLS, name: "multus" }, { spec: { image: { tag: "v3.4.2" } } }),
    rejected: /does not write the spec/,
  },
  {
    title: "takes the control plane's taint",
    run: patch(node("node-1"), {
      spec: { taints: [{ key: "multus-operator.dev/not-ready", effect: "NoSchedule" }] },
    }),
    rejected: ONE_TAINT,
  },
  {
    title: "drives all pods from a node",
    run: patch(node("node-1"), { spec: { taints: [{ key: "evil", effect: "NoExecute" }] } }),
    rejected: ONE_TAINT,
  },
  {
    title: "labels a node",
    run: patch(node("node-1"), { metadata: { labels: { "node-role.kubernetes.io/master": "" } } }),
    rejected: /taints of nodes, and nothing else/,
  },
  {
    title: "cordons a node",
    run: patch(node("node-1"), { spec: { unschedulable: true } }),
    rejected: /taints of nodes, and nothing else/,
  },
  // One node's Multus, in the name of another node.
  ...["certificate of node-1", "token of node-1"].flatMap((by): Attack[] => [
    {
      by,
      title: "reports a network of a pod on another node",
      run: replaceStatus("pod-node-2", report(NETWORK_STATUS)),
      rejected: OWN_NODE,
    },
    {
      by,
      title: "moves a pod of its node into a Service",
      run: replaceStatus("pod-node-1", { metadata: { labels: { app: "web" } } }),
      rejected: /its own annotations/,
    },
    {
      by,
      title: "changes another annotation of a pod",
      run: replaceStatus("pod-node-1", report("k8s.v1.cni.cncf.io/networks")),
      rejected: /its own annotations/,
    },
    {
      by,
      title: "gives a pod of its node another address",
      run: replaceStatus("pod-node-1", { status: { podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }] } }),
      rejected: /addresses/,
    },
    {
      by,
      title: "ends a pod of its node",
      run: replaceStatus("pod-node-1", { status: { phase: "Failed" } }),
      rejected: /phase/,
    },
    {
      by,
      title: "makes a pod of its node Ready",
      run: replaceStatus("pod-node-1", { status: { conditions: [{ type: "Ready", status: "True" }] } }),
      rejected: /conditions/,
    },
    {
      by,
      title: "keeps a pod of its node from being deleted",
      run: replaceStatus("pod-node-1", { metadata: { finalizers: ["example.com/forever"] } }),
      rejected: /finalizers/,
    },
  ]),
  // Whoever edits MultusInstalls, with bounds set in the chart.
  {
    by: "admin",
    title: "installs an image from elsewhere",
    run: installs({ image: { registry: "evil.example" } }),
    rejected: /spec\.image must be from a source in the chart's value multusImages/,
  },
  {
    by: "admin",
    title: "installs CNI plugins of an image from elsewhere",
    run: installs({ plugins: { install: "Missing", image: { registry: "evil.example", repository: "x" } } }),
    rejected: /spec\.plugins\.image must be from a source in the chart's value multusImages/,
  },
  {
    by: "admin",
    title: "runs a dhcp daemon of an image from elsewhere",
    run: installs({
      dhcp: { daemon: "Auto" },
      plugins: { image: { registry: "evil.example", repository: "x" } },
    }),
    rejected: /spec\.plugins\.image must be from a source in the chart's value multusImages/,
  },
  {
    title: "copies CNI plugins from an image from elsewhere",
    run: task((pod) => pod, {
      ...{ kind: "plugins", node: "node-1", binDir: "/opt/cni/bin", plugins: ["macvlan"] },
      image: { reference: "evil.example/plugins:1", pullPolicy: "Always", pullSecrets: [] },
    }),
    rejected: /the image of CNI plugins must be from a source in the chart's value multusImages/,
  },
  {
    by: "admin",
    title: "installs an image from another port of an allowed registry",
    run: installs({ image: { registry: "192.168.1.222:8080" } }),
    rejected: /spec\.image must be from a source in the chart's value multusImages/,
  },
  {
    by: "admin",
    title: "installs a whereabouts from elsewhere",
    run: installs({ whereabouts: { enabled: true, image: { registry: "evil.example" } } }),
    rejected: /spec\.whereabouts\.image must be from a source in the chart's value multusImages/,
  },
  {
    by: "admin",
    title: "has a taint removed that is not the chart's",
    run: installs({ nodes: { startupTaint: "dedicated" } }),
    rejected: /startupTaint must be the chart's startupTaint\.key/,
  },
].map((attack) => ({ by: "operator", ...attack }));

const nameIn = ({ run }: Attack, client: KubeClient) => answer(run(client));
async function answer(request: Promise<unknown>): Promise<string> {
  try {
    await request;
    return "taken";
  } catch (error) {
    if (error instanceof ApiError) return `${error.status} ${error.message}`;
    throw error;
  }
}
const clientOf = (by = "operator") => {
  const client = holders.get(by);
  if (!client) throw new Error(`no client for ${by}`);
  return client;
};

describe("without the policies, RBAC alone lets whoever holds the account of", () => {
  it.each(ATTACKS)("$by: $title", async (attack) => {
    expect(await nameIn(attack, clientOf(attack.by))).toBe("taken");
  });
});

describe("with the policies", () => {
  beforeAll(async () => {
    await applyRights(kubectl, ...VALUES, ...IMAGES);
    // The API server learns of each policy a moment later.
    for (const attack of ATTACKS)
      await waitUntil(
        `the policies to reject: ${attack.title}`,
        async () => (await nameIn(attack, clientOf(attack.by))) !== "taken",
      ).catch(() => undefined);
  });

  it.each(ATTACKS)("$by is rejected: $title", async (attack) => {
    expect(await nameIn(attack, clientOf(attack.by))).toMatch(attack.rejected);
  });
});

const SPECS: MultusInstallSpecInput[] = [
  {},
  { version: "v3.4.2", workload: { architectures: [...ARCHITECTURES] } },
  { version: "v3.9.3", entrypoint: { skipTLSVerify: true, kubeconfigMode: "600", restartCRIO: true } },
  { version: "v3.4.2", primaryNetwork: { source: "Inline", preset: "Calico" } },
  {
    distribution: "K3s",
    logging: { hostDir: "/opt/cni/log", file: "/opt/cni/log/multus.log", level: "debug" },
    isolation: { enabled: true, globalNamespaces: ["a", "b"] },
    cni: { additionalBinDir: "/opt/cni/bin/more" },
  },
  {
    image: {
      registry: "192.168.1.222:80",
      repository: "kube-ovn/multus-cni",
      pullSecrets: ["harbor"],
      layout: {
        command: ["bash", "/go/src/images/entrypoint.sh"],
        binaryFile: "/go/bin/multus",
        mountPrefix: "",
      },
    },
  },
  { mode: "Thick" },
  { mode: "Thick", ...WITH_CERTIFICATES },
  { mode: "Thick", distribution: "MicroK8s", ...WITH_CERTIFICATES },
  { mode: "Thick", distribution: "Talos", ...WITH_CERTIFICATES, cni: { additionalBinDir: "/usr/lib/cni" } },
  { mode: "Thick", distribution: "RKE2", ...WITH_CERTIFICATES, logging: { hostDir: "/var/log/multus" } },
];

describe("with the policies, the operator", () => {
  it.each(SPECS)("applies the dhcp daemon: %j", async (spec) => {
    const object = dhcpDaemon(parsedInstall({ ...spec, ...ALLOWED_PLUGINS }));
    expect(await answer(apply(object)(clientOf()))).toBe("taken");
  });

  it.each(SPECS)("applies what a MultusInstall renders: %j", async (spec) => {
    for (const object of renderInstall(parsedInstall(spec)).objects) {
      const adopted = object.kind === "ClusterRoleBinding" ? both(object) : object;
      expect(await answer(apply(adopted)(clientOf())), object.metadata.name).toBe("taken");
      if (object.kind !== "DaemonSet") continue;
      const { template } = object.spec as { template: unknown };
      for (const guard of rolloutGuard(parsedInstall(spec), template))
        expect(await answer(apply(guard)(clientOf())), guard.metadata.name).toBe("taken");
    }
  });

  it("applies the objects of admission", async () => {
    for (const object of policies(ADMISSION, {}))
      expect(await answer(apply(object)(clientOf()))).toBe("taken");
    expect(await answer(webhooks(() => ({}))(clientOf()))).toBe("taken");
  });

  it("creates the pods of its tasks, and the canary's probe", async () => {
    const half: NodeTask = { ...CLEAN, runs: "v4-thin", keepPrograms: true };
    for (const one of [CLEAN, half, INSPECT, { kind: "release", node: "node-1" } satisfies NodeTask])
      expect(await answer(task(() => ({}), one)(clientOf())), one.kind).toBe("taken");
    const probe = { node: "node-1", network: "net", revision: "1", image: IMAGE };
    const pod = probePod({ ...parsedInstall(), metadata: { name: "multus", uid: "1" } } as never, probe);
    expect(await answer(create(PODS, pod as ApiObject)(clientOf()))).toBe("taken");
  });

  it("takes its taint from a node, and writes its finalizer", async () => {
    const live = await kubectl.client.get<ApiObject & { spec: { taints: { key: string }[] } }>(
      node("node-1"),
    );
    const taints = live?.spec.taints.filter(({ key }) => key !== "multus-operator.dev/not-ready");
    expect(taints?.length).toBeGreaterThan(0);
    expect(await answer(patch(node("node-1"), { spec: { taints } })(clientOf()))).toBe("taken");
    const finalizers = ["multus-operator.dev/nodes"];
    const ref = { type: INSTALLS, name: "multus" };
    expect(await answer(patch(ref, { metadata: { finalizers } })(clientOf()))).toBe("taken");
  });

  it("adopts what was made by hand, whatever is in it", async () => {
    const made = renderInstall(parsedInstall()).objects.find(({ kind }) => kind === "DaemonSet");
    const byHand = structuredClone(made) as unknown as ApiObject & { spec: { template: { spec: Pod } } };
    byHand.metadata.name = "kube-multus-ds-arm";
    byHand.spec.template.spec.volumes?.push({ name: "more", hostPath: { path: "/srv" } });
    await kubectl.client.apply(refOf(byHand), byHand, { fieldManager: "kubectl" });
    expect(await answer(patch(refOf(byHand), { metadata: { labels: { tier: "node" } } })(clientOf()))).toBe(
      "taken",
    );
  });
});

describe("with the policies, Multus", () => {
  it.each(["certificate of node-1", "token of node-1"])("reports by the %s of pods on node-1", async (by) => {
    for (const key of [NETWORK_STATUS, "k8s.v1.cni.cncf.io/networks-status"])
      expect(await answer(replaceStatus("pod-node-1", report(key))(clientOf(by)))).toBe("taken");
  });
});

describe("with multusImages", () => {
  it.each(SPECS)("a MultusInstall is taken if its image is of one of them: %j", async (spec) => {
    const allowed = /^(ghcr\.io\/k8snetworkplumbingwg\/|docker\.io\/nfvpe\/multus:|192\.168\.1\.222:80\/)/;
    expect(imageReference(parsedInstall(spec).spec)).toMatch(allowed);
    expect(await answer(installs(spec)(clientOf("admin")))).toBe("taken");
  });
});
