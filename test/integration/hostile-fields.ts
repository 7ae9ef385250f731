/**
 * For each field of MultusInstall.spec values that are right, and what a hostile author would write there. The fields
 * themselves come from the schema: one without an entry here fails hostile-installs.test.ts, and one without a right
 * value test/faults/spec-space.test.ts.
 */
export interface FieldEntry {
  /** Taken by the API server, so that a rejection is the hostile value's doing. */
  right: unknown;
  /** Further right values, in addition to what test/faults/spec-space-values.ts derives from the schema. */
  alsoRight?: readonly unknown[];
  /** Beside what is derived from the schema: type, bounds, and texts that no name or path may have. */
  hostile?: readonly unknown[];
  /** The spec around the field, if the field alone is not right. */
  within?: Record<string, unknown>;
  /** Why the field takes any text. The derived texts are not tried then. */
  freeText?: string;
}

const PLUGINS = { registry: "registry.example", repository: "cni-plugins" };
const THICK = { mode: "Thick", daemon: {} };
const V3 = { version: "v3.4.2" };
const WHEREABOUTS = { whereabouts: { enabled: true } };
const LOG = { logging: { hostDir: "/opt/cni/log" } };
const certificate = { mode: "Thick", daemon: { perNodeCertificate: { enabled: true } } };
const inline = { primaryNetwork: { source: "Inline" } };
const conflist = (plugin: object, more: object = {}) =>
  JSON.stringify({ name: "net", plugins: [plugin], ...more });
const shell = ["-c", "reboot"];

const PATHS = [
  "/",
  "/etc",
  "/root/.ssh",
  "/proc/1/root",
  "/etc/cni/net.d/../../shadow",
  "/etc/cni/net.dx",
  "~/x",
];
const AMOUNTS = ["-1", "1e9", "0x10", "NaN", "1.5.5"];
const TAINTS = [
  "node-role.kubernetes.io/control-plane",
  "node.kubernetes.io/unschedulable",
  "node.kubernetes.io/unreachable",
  "node.cloudprovider.kubernetes.io/uninitialized",
  "kubernetes.io/x",
  "a.k8s.io/x",
];
const map = (...keys: string[]) => keys.map((key) => ({ [key]: "x" }));

export const FIELDS: Record<string, FieldEntry> = {
  version: {
    right: "v4.3.0",
    alsoRight: ["v3.4", "v3.4.2", "v3.7.1", "v3.9.3", "v4.0", "v4.0.2", "v4.2.4", "v4.99.99"],
    hostile: ["v2.0.0", "v3.3", "v5.0.0", "v4.3.0-rc1", "latest", "v4.3.0@sha256:x"],
  },
  mode: { right: "Thin" },
  image: { right: {} },
  "image.registry": {
    right: "192.168.1.222:80",
    alsoRight: ["r".repeat(253)],
    hostile: ["https://evil.example", "user:password@evil.example", "evil.example/path", "evil.example:"],
  },
  "image.repository": {
    right: "kube-ovn/multus-cni",
    hostile: ["/multus", "multus/", "Multus", "a//b", "multus:tag", "multus@sha256:x"],
  },
  "image.tag": { right: "v4.3.0", hostile: ["v1@sha256:x", "-x", "a:b", "a/b"] },
  "image.digest": {
    right: `sha256:${"a".repeat(64)}`,
    hostile: ["sha256:", `sha512:${"a".repeat(128)}`, `sha256:${"A".repeat(64)}`, `md5:${"a".repeat(32)}`],
  },
  "image.pullPolicy": { right: "Always" },
  "image.pullSecrets": { right: ["harbor"], hostile: [["harbor", "harbor"]] },
  "image.pullSecrets[]": {
    right: "harbor",
    alsoRight: ["a-b.c"],
    hostile: ["a..b", "a.-b", "kube-system/harbor", "Harbor", "-x"],
  },
  dhcp: { right: { daemon: "Auto" }, within: { plugins: { image: PLUGINS } } },
  "dhcp.daemon": { right: "Auto", within: { plugins: { image: PLUGINS } } },
  plugins: { right: { install: "Missing", image: PLUGINS } },
  "plugins.install": { right: "Missing", within: { plugins: { image: PLUGINS } } },
  "plugins.image": { right: PLUGINS },
  "plugins.image.registry": {
    right: "192.168.1.222:80",
    hostile: ["https://evil.example", "evil.example/path"],
  },
  "plugins.image.repository": {
    right: "kube-ovn/cni-plugins",
    hostile: ["/plugins", "plugins/", "Plugins", "a//b", "plugins:tag", "plugins@sha256:x"],
  },
  "plugins.image.tag": { right: "v1.9.1", hostile: ["v1@sha256:x", "-x", "a:b", "a/b"] },
  "plugins.image.digest": {
    right: `sha256:${"a".repeat(64)}`,
    hostile: ["sha256:", `md5:${"a".repeat(32)}`],
  },
  "plugins.image.pullPolicy": { right: "Always" },
  "plugins.image.pullSecrets": { right: ["harbor"], hostile: [["harbor", "harbor"]] },
  "plugins.image.pullSecrets[]": { right: "harbor", hostile: ["kube-system/harbor", "Harbor", "-x"] },
  "plugins.include": {
    right: ["macvlan", "bridge"],
    hostile: [["macvlan", "macvlan"]],
    within: { plugins: { install: "Missing", image: PLUGINS } },
  },
  "plugins.include[]": {
    right: "macvlan",
    hostile: ["../macvlan", "multus", "sh", "MacVlan", "whereabouts"],
    within: { plugins: { install: "Missing", image: PLUGINS } },
  },
  "image.layout": { right: {} },
  "image.layout.command": {
    right: ["bash", "/usr/src/multus-cni/images/entrypoint.sh"],
    alsoRight: [["/bin/sh", "/opt/entrypoint-2.sh"]],
    hostile: [
      ["/bin/sh"],
      ["/bin/sh", ...shell],
      ["sh", "/host/opt/cni/bin/x"],
      ["/usr/sbin/chroot", "/proc/1/root"],
      ["/usr/bin/nsenter", "/entrypoint.sh"],
      ["python3", "/entrypoint.sh"],
      ["entrypoint.sh"],
      ["/tmp/../entrypoint.sh/../../bin/sh"],
      [],
    ],
  },
  "image.layout.command[]": { right: "/entrypoint.sh", hostile: ["/bin/cat", "-c", "/entrypoint.sh;reboot"] },
  "image.layout.binaryFile": {
    right: "/bin/multus",
    alsoRight: ["/usr/src/multus-cni/rhel8/bin/multus", "/opt/my-multus.v3"],
    hostile: [
      "multus",
      "/usr/../etc/shadow",
      "/",
      "/a//b",
      "/bin/bash",
      "/multus/bin/sh",
      "/multus/../bin/sh",
    ],
  },
  "image.layout.mountPrefix": { right: "/host" },
  namespace: { right: "kube-system", hostile: ["kube-system/../default", "Kube", "-x", "*"] },
  distribution: { right: "K3s" },
  primaryNetwork: { right: {} },
  "primaryNetwork.source": { right: "Auto" },
  "primaryNetwork.file": {
    right: "10-calico.conflist",
    within: { primaryNetwork: { source: "File" } },
    hostile: [
      "00-multus.conf",
      "00-multus.conflist",
      "00-multus.conflist-guard.conf",
      "../10-calico.conflist",
      "/etc/shadow",
      ".hidden",
      "multus.d/multus.kubeconfig",
    ],
  },
  "primaryNetwork.preset": { right: "Calico", within: inline },
  "primaryNetwork.config": {
    right: conflist({ type: "bridge" }),
    alsoRight: [
      conflist({ type: "bridge" }, { cniVersion: "1.1.0", disableCheck: true }),
      conflist({ type: "ptp" }),
      conflist({ type: "bridge", mtu: "1500" }),
      conflist({ type: "flannel", delegate: { isDefaultGateway: true } }).padEnd(16_384),
    ],
    within: inline,
    hostile: [
      "null",
      "[]",
      '"x"',
      conflist({ type: "multus" }),
      conflist({ type: "multus", kubeconfig: "/etc/kubernetes/admin.conf", logFile: "/etc/cron.d/x" }),
      conflist({ type: "multus-shim", daemonSocketDir: "/tmp" }),
      conflist({ type: "MULTUS" }),
      conflist({ type: "/bin/sh" }),
      conflist({ type: "../../../bin/sh" }),
      conflist({ type: "sub/dir" }),
      conflist({ type: "." }),
      conflist({ type: ".." }),
      conflist({ type: "sh;reboot" }),
      conflist({ type: "bridge", ipam: { type: "../../bin/sh" } }),
      conflist({ type: "flannel", delegate: { type: "multus" } }),
      conflist({ type: "bridge", logFile: "/opt/cni/log/../../etc/cron.d/x" }),
      conflist({ type: "mu\\ltus" }).replace("mu\\\\ltus", "m\\u0075ltus"),
      '{"name":"net","plugins":[{"\\u0074ype":"multus"}]}',
      '{"name":"net","plugins":[{"Type" :\t"multus"}]}',
      '{"name":"net","plugins":[{"type":"bridge","x":"\u0007"}]}',
    ],
  },
  "primaryNetwork.readinessFile": {
    right: "/run/cni/ready",
    alsoRight: ["/etc/cni/net.d/10-calico.conflist"],
    hostile: ["ready", "/run/../etc/x", "/run/", "//x"],
  },
  cni: { right: {} },
  "cni.version": { right: "1.0.0", hostile: ["0.2.0", "2.0.0"] },
  "cni.confDir": {
    right: "/etc/cni/net.d",
    alsoRight: ["/etc/cni/multus/net.d"],
    hostile: [...PATHS, "/etc/cni", "/etc/cni/net.d/", "/etc/kubernetes"],
  },
  "cni.binDir": { right: "/opt/cni/bin", hostile: [...PATHS, "/usr/bin", "/bin", "/opt/cni/bin/.hidden"] },
  "cni.additionalBinDir": { right: "/opt/cni/bin/x", hostile: [...PATHS, "/tmp", "/usr/local/bin"] },
  isolation: { right: {} },
  "isolation.enabled": { right: true },
  "isolation.globalNamespaces": { right: ["shared"] },
  "isolation.globalNamespaces[]": { right: "shared", hostile: ["a,b", "*", "A", "a/b"] },
  "isolation.systemNamespaces": { right: ["kube-system"], within: { mode: "Thick" } },
  "isolation.systemNamespaces[]": {
    right: "kube-system",
    within: { mode: "Thick" },
    hostile: ["a,b", "*", "A"],
  },
  logging: { right: {} },
  "logging.level": { right: "debug" },
  "logging.file": {
    right: "/opt/cni/log/multus.log",
    within: LOG,
    hostile: ["/etc/cron.d/x", "/opt/cni/log/../../etc/x", "/opt/cni/log", "/opt/cni/logs/x", "multus.log"],
  },
  "logging.hostDir": {
    right: "/opt/cni/log",
    hostile: [...PATHS, "/var/log", "/etc/cron.d", "/opt/cni/logs"],
  },
  "logging.toStderr": { right: true },
  "logging.rotation": { right: {}, within: { mode: "Thick" } },
  "logging.rotation.maxAge": { right: 5, within: { mode: "Thick" }, hostile: [36_500] },
  "logging.rotation.maxSize": { right: 5, within: { mode: "Thick" }, hostile: [1_000_000] },
  "logging.rotation.maxBackups": { right: 5, within: { mode: "Thick" }, hostile: [10_000] },
  "logging.rotation.compress": { right: true, within: { mode: "Thick" } },
  entrypoint: { right: {} },
  "entrypoint.overrideNetworkName": { right: true },
  "entrypoint.renameConfFile": { right: false, within: { entrypoint: { refreshKubeconfig: false } } },
  "entrypoint.skipBinaryCopy": { right: true },
  "entrypoint.skipTLSVerify": { right: true },
  "entrypoint.kubeconfigMode": { right: "600", within: V3, hostile: ["777", "644", "666", "4600", "602"] },
  "entrypoint.refreshKubeconfig": { right: true },
  "entrypoint.restartCRIO": { right: true, within: V3 },
  daemon: { right: {}, within: { mode: "Thick" } },
  "daemon.metricsPort": {
    right: 9091,
    within: THICK,
    hostile: [22, 53, 80, 443, 1023, 2379, 2380, 6443, 10248, 10249, 10250, 10255, 10256, 10257, 10259],
  },
  "daemon.connectionLimit": { right: 10, within: THICK, hostile: [1_000_000] },
  "daemon.capabilities": {
    right: { portMappings: true },
    within: THICK,
    hostile: ["a b", '"', "", "1", "-x", "x".repeat(64)].map((key) => ({ [key]: true })),
  },
  "daemon.capabilities{}": { right: true, within: THICK },
  "daemon.retryDeleteOnError": { right: true, within: THICK },
  "daemon.overrideNetworkName": { right: true, within: THICK },
  "daemon.auxiliaryCNIChainName": {
    right: "chain",
    within: THICK,
    hostile: ["multus.d", "a/b", "..", ".hidden"],
  },
  "daemon.clusterNetwork": {
    right: "calico",
    within: THICK,
    hostile: ["/etc", "a/b", "..", "00-multus.conf", "multus-cni-network", "multus-rollout-guard"],
  },
  "daemon.defaultNetworks": { right: ["net"], within: THICK },
  "daemon.defaultNetworks[]": {
    right: "net",
    within: THICK,
    hostile: ["../x", "a/b", "/etc/cni/net.d/x", "00-multus.conf", "multus-cni-network"],
  },
  "daemon.perNodeCertificate": { right: {}, within: THICK },
  "daemon.perNodeCertificate.enabled": { right: true, within: certificate },
  "daemon.perNodeCertificate.bootstrapKubeconfig": {
    right: "/etc/kubernetes/kubelet.conf",
    within: certificate,
    hostile: [
      "/etc/kubernetes/admin.conf",
      "/etc/kubernetes/super-admin.conf",
      "/etc/kubernetes/controller-manager.conf",
      "/etc/kubernetes/pki/ca.key",
      "/var/lib/kubelet/pki/kubelet-client-current.pem",
      "/var/lib/rancher/k3s/agent/client-ca.crt",
      "/var/lib/rancher/k3s/server/cred/admin.kubeconfig",
      "/var/snap/microk8s/current/credentials/client.config",
      "/etc/kubernetes/kubelet.conf/../admin.conf",
      "/root/.kube/config",
    ],
  },
  "daemon.perNodeCertificate.certDuration": {
    right: "24h",
    alsoRight: ["10m", "1h30m", "720h"],
    within: certificate,
    hostile: ["0s", "1s", "9m", "721h", "8760h", "-1h", "99999h", "1d"],
  },
  workload: { right: {} },
  ...amounts("workload.resources"),
  ...amounts("workload.installResources"),
  "workload.nodeSelector": { right: { "kubernetes.io/os": "linux" }, hostile: map("a b", "", "a/b/c", "-") },
  "workload.nodeSelector{}": { right: "linux", hostile: ["a b", "-x", "a,b", "a=b"] },
  "workload.tolerations": {
    right: [{ operator: "Exists" }],
    alsoRight: [
      [{ key: "dedicated", operator: "Equal", value: "x", effect: "NoSchedule" }, { operator: "Exists" }],
    ],
    hostile: [[{}], [{ operator: "Exists", value: "x" }]],
  },
  "workload.tolerations[]": {
    right: { operator: "Exists" },
    alsoRight: [
      { key: "dedicated" },
      { key: "dedicated", operator: "Equal", value: "x", effect: "NoSchedule" },
    ],
  },
  "workload.tolerations[].key": { right: "dedicated", hostile: ["a b", "/x", "a/b/c", "-"] },
  "workload.tolerations[].operator": { right: "Exists" },
  "workload.tolerations[].value": {
    right: "",
    within: { workload: { tolerations: [{ key: "dedicated" }] } },
    hostile: ["a b", "-x"],
  },
  "workload.tolerations[].effect": { right: "NoExecute" },
  "workload.tolerations[].tolerationSeconds": {
    right: 30,
    within: { workload: { tolerations: [{ key: "dedicated", operator: "Exists", effect: "NoExecute" }] } },
    hostile: [31_536_000],
  },
  "workload.affinity": { right: {} },
  "workload.affinity.nodeAffinity": { right: {} },
  required: { right: { nodeSelectorTerms: [{}] } },
  "required.nodeSelectorTerms": { right: [{}], alsoRight: [[{ matchExpressions: [] }]], hostile: [[]] },
  "required.nodeSelectorTerms[]": { right: {} },
  preferred: { right: [] },
  "preferred[]": { right: { weight: 1, preference: {} }, hostile: [{ weight: 1 }, { preference: {} }] },
  "preferred[].weight": { right: 1 },
  "preferred[].preference": { right: {} },
  requirements: { right: [{ key: "zone", operator: "In", values: ["a"] }] },
  "requirements[]": {
    right: { key: "zone", operator: "In", values: ["a"] },
    alsoRight: [
      { key: "kubernetes.io/os", operator: "Exists" },
      { key: "zone", operator: "DoesNotExist" },
      { key: "zone", operator: "Gt", values: ["5"] },
      { key: "zone", operator: "Lt", values: ["5"] },
      { key: "kubernetes.io/os", operator: "NotIn", values: ["windows"] },
    ],
    hostile: [{ key: "zone" }, { operator: "Exists" }],
  },
  "requirements[].key": { right: "zone", hostile: ["a b", "a/b/c", "", "-"] },
  "requirements[].operator": { right: "In", hostile: ["Exists", "DoesNotExist", "Gt", "Lt"] },
  "requirements[].values": { right: ["a"], hostile: [[]] },
  "requirements[].values[]": { right: "a", hostile: ["a b", "-x"] },
  fieldRequirements: { right: [{ key: "metadata.name", operator: "In", values: ["node-1"] }] },
  "fieldRequirements[]": {
    right: { key: "metadata.name", operator: "In", values: ["node-1"] },
    alsoRight: [{ key: "metadata.name", operator: "NotIn", values: ["node-9"] }],
    hostile: [
      { key: "metadata.name", operator: "In" },
      { key: "metadata.name", values: ["node-1"] },
    ],
  },
  "fieldRequirements[].key": { right: "metadata.name", hostile: ["zone", "spec.providerID"] },
  "fieldRequirements[].operator": { right: "In", hostile: ["Exists", "Gt"] },
  "fieldRequirements[].values": {
    right: ["node-1"],
    alsoRight: [["node-9"]],
    hostile: [[], ["node-1", "node-2"]],
  },
  "fieldRequirements[].values[]": { right: "node-1", hostile: ["a..b", "a b", "Node-1", "-x"] },
  "workload.priorityClassName": { right: "", hostile: ["System", "a/b", "-x"] },
  "workload.updateStrategy": { right: {} },
  "workload.updateStrategy.type": { right: "OnDelete" },
  "workload.updateStrategy.maxUnavailable": {
    right: "10%",
    alsoRight: [100_000],
    hostile: [0, -1, "0%", "101%", "9999%", 1_000_000],
  },
  "workload.labels": {
    right: { team: "x" },
    hostile: map(
      "name",
      "app",
      "tier",
      "k8s-app",
      "component",
      "app.kubernetes.io/name",
      "app.kubernetes.io/instance",
      "app.kubernetes.io/component",
      "kubernetes.io/config.mirror",
      "node.kubernetes.io/x",
      "a.k8s.io/x",
      "multus-operator.dev/install",
      "multus-operator.dev/node-task",
      "a b",
    ),
  },
  "workload.labels{}": { right: "x", hostile: ["a b", "-x"] },
  "workload.annotations": {
    right: { note: "x" },
    hostile: map(
      "kubernetes.io/config.mirror",
      "kubernetes.io/config.source",
      "container.apparmor.security.beta.kubernetes.io/kube-multus",
      "scheduler.alpha.kubernetes.io/critical-pod",
      "k8s.v1.cni.cncf.io/networks",
      "k8s.v1.cni.cncf.io/network-status",
      "v1.multus-cni.io/default-network",
      "multus-operator.dev/config-checksum",
      "a b",
    ),
  },
  "workload.annotations{}": {
    right: "any text, in\nlines",
    alsoRight: ["", "x".repeat(4096)],
    freeText: "an annotation's value is any text; only what a terminal takes for a command is rejected",
    hostile: ["\u001b[2J", "x\u0000", "\u0007", "\u009b31m", "\u007f"],
  },
  "workload.architectures": { right: ["amd64"], within: V3, hostile: [[], ["amd64", "amd64"]] },
  "workload.architectures[]": { right: "amd64", within: V3 },
  rollout: { right: {} },
  "rollout.canary": { right: { probe: "net" }, hostile: [{ nodes: 1 }] },
  "rollout.canary.nodes": { right: 1, within: { rollout: { canary: { probe: "net" } } }, hostile: [5000] },
  "rollout.canary.probe": { right: "net", hostile: ["a/b", "Net", "net@eth0", "-x"] },
  "rollout.rollback": { right: true },
  nodes: { right: {} },
  "nodes.inspection": { right: "Off" },
  "nodes.startupTaint": {
    within: { workload: { tolerations: [{ key: "dedicated", operator: "Exists" }] } },
    right: "multus-operator.dev/not-ready",
    hostile: [...TAINTS, "a b", "a/b/c", ""],
  },
  attachments: { right: {} },
  "attachments.admission": { right: "Deny" },
  "attachments.denyCodes": { right: ["HOST_PATH"] },
  "attachments.denyCodes[]": { right: "HOST_PATH", hostile: ["HOST_PATHS", "host_path", "*", ""] },
  uninstall: { right: {} },
  "uninstall.nodes": { right: "Leave" },
  "uninstall.timeout": {
    right: "5m",
    alsoRight: ["0s", "90s", "24h"],
    hostile: ["25h", "99999h", "99999h99999m99999s", "-1h", "1d", "1y", "h"],
  },
  "uninstall.networkDefinitions": { right: "Keep" },
  "uninstall.addressPools": { right: "Keep" },
  whereabouts: { right: {}, alsoRight: [{ enabled: true }] },
  "whereabouts.enabled": { right: true },
  "whereabouts.version": {
    right: "v0.9.3",
    within: WHEREABOUTS,
    hostile: ["v0.9.4", "v0.8.0", "v1.0.0", "0.9.3", "latest", "v0.9.3@sha256:x"],
  },
  "whereabouts.image": { right: {}, within: WHEREABOUTS },
  "whereabouts.image.registry": {
    right: "192.168.1.222:80",
    within: WHEREABOUTS,
    hostile: ["https://evil.example", "user:password@evil.example", "evil.example/path"],
  },
  "whereabouts.image.repository": {
    right: "mirror/whereabouts",
    within: WHEREABOUTS,
    hostile: ["/whereabouts", "whereabouts/", "a//b", "whereabouts:tag", "whereabouts@sha256:x"],
  },
  "whereabouts.image.tag": { right: "v0.9.3", within: WHEREABOUTS, hostile: ["v1@sha256:x", "-x", "a:b"] },
  "whereabouts.image.digest": {
    right: `sha256:${"a".repeat(64)}`,
    within: WHEREABOUTS,
    hostile: ["sha256:", `sha256:${"A".repeat(64)}`, `md5:${"a".repeat(32)}`],
  },
  "whereabouts.image.pullPolicy": { right: "Always", within: WHEREABOUTS },
  "whereabouts.image.pullSecrets": {
    right: ["harbor"],
    within: WHEREABOUTS,
    hostile: [["harbor", "harbor"]],
  },
  "whereabouts.image.pullSecrets[]": {
    right: "harbor",
    within: WHEREABOUTS,
    hostile: ["kube-system/harbor", "Harbor", "-x"],
  },
  "whereabouts.reconcilerSchedule": {
    right: "30 4 * * *",
    alsoRight: ["*/5 * * * *", "0 */4 1,15 1-6 1-5"],
    within: WHEREABOUTS,
    hostile: [
      ...["", "@daily", "* * * *", "* * * * * *", "60 4 * * *", "0 24 * * *", "0 0 0 * *", "0 0 * 13 *"],
      ...["0 0 * * 7", "*/0 * * * *", "0 4 * * MON", "TZ=UTC 0 4 * * *", "0 4 * * *\n* * * * *", "$(reboot)"],
    ],
  },
  adopt: { right: true },
  paused: { right: true },
};

function amounts(path: string): Record<string, FieldEntry> {
  return {
    [path]: { right: {}, hostile: [{ requests: { cpu: "2" }, limits: { cpu: "1" } }] },
    [`${path}.requests`]: { right: {} },
    [`${path}.requests.cpu`]: {
      right: "100m",
      alsoRight: ["16", "0"],
      hostile: [...AMOUNTS, "17", "999999999999999"],
    },
    [`${path}.requests.memory`]: {
      right: "50Mi",
      alsoRight: ["64Gi", "1.5Gi"],
      hostile: [...AMOUNTS, "65Gi", "999999999999999Ti"],
    },
    [`${path}.limits`]: { right: {} },
    [`${path}.limits.cpu`]: { right: "100m", alsoRight: ["10m"], hostile: [...AMOUNTS, "0", "1m", "9m"] },
    [`${path}.limits.memory`]: {
      right: "50Mi",
      alsoRight: ["8Mi"],
      hostile: [...AMOUNTS, "0", "1", "1m", "7Mi", "1Ki"],
    },
  };
}
