/** A difference between Multus' own manifests and what this operator renders, and why it is intended. */
export interface DocumentedDifference {
  /** Matched against "Kind name: path.to.field". */
  where: RegExp;
  /** [upstream's, ours]: all values that occur there; each of them must occur. */
  values: readonly (readonly [upstream: unknown, ours: unknown])[];
  what: string;
  why: string;
}

/** Stands for any value, if upstream's is left out as a whole. */
export const ANY = Symbol("any value");

const MULTUS_CFG = { name: "multus-cni-config", items: [{ key: "cni-conf.json", path: "70-multus.conf" }] };
const OWNER = { "app.kubernetes.io/managed-by": "multus-operator", "multus-operator.dev/install": "multus" };
const EXISTS = { operator: "Exists" };
const EVENTS = { apiGroups: ["", "events.k8s.io"], resources: ["events"] };
const DIRECTORIES = ["--multus-autoconfig-dir=/host/etc/cni/net.d", "--cni-conf-dir=/host/etc/cni/net.d"];
const BINARIES = "--cni-bin-dir=/host/opt/cni/bin";

function rules(upstreamPods: string[], read: string[]): [unknown, unknown] {
  return [
    [
      { apiGroups: ["k8s.cni.cncf.io"], resources: ["*"], verbs: ["*"] },
      { apiGroups: [""], resources: ["pods", "pods/status"], verbs: upstreamPods },
      { ...EVENTS, verbs: ["create", "patch", "update"] },
    ],
    [
      { apiGroups: ["k8s.cni.cncf.io"], resources: ["network-attachment-definitions"], verbs: read },
      { apiGroups: [""], resources: ["pods"], verbs: read },
      { apiGroups: [""], resources: ["pods/status"], verbs: ["update"] },
      { ...EVENTS, verbs: ["create", "patch"] },
    ],
  ];
}

export const DOCUMENTED_DIFFERENCES: readonly DocumentedDifference[] = [
  {
    where: /: metadata\.labels(\.(app\.kubernetes\.io\/managed-by|multus-operator\.dev\/install))?$/,
    values: [[undefined, OWNER], ...Object.values(OWNER).map((value) => [undefined, value] as const)],
    what: "every object has two more labels",
    why: "the operator recognizes its own objects by them",
  },
  {
    where: /^CustomResourceDefinition .*: spec\.names\.(listKind|shortNames)$/,
    values: [
      [undefined, "NetworkAttachmentDefinitionList"],
      [["net-attach-def"], ["nad", "net-attach-def"]],
    ],
    what: "the NAD CRD sets its list kind, and always has the short name nad",
    why: "the API server fills in the list kind itself; v3.4.2 lacks nad, which v4 has",
  },
  {
    where: /^CustomResourceDefinition .*\.openAPIV3Schema\.properties\.(apiVersion|kind|metadata)$/,
    values: [[ANY, undefined]],
    what: "the NAD CRD's schema leaves out apiVersion, kind and metadata",
    why: "the API server adds them to every schema",
  },
  {
    where: /^ClusterRole multus: rules$/,
    values: [
      rules(["get", "update"], ["get"]),
      rules(["get", "list", "update", "watch"], ["get", "list", "watch"]),
    ],
    what: "Multus may only read NADs and pods, and update pods/status",
    why: "upstream grants every verb on all of k8s.cni.cncf.io and `update` of pods and events; Multus uses none of these",
  },
  {
    where: /^ConfigMap multus-cni-config: the object$/,
    values: [[ANY, undefined]],
    what: "there is no ConfigMap multus-cni-config",
    why: "Multus does not read upstream's with --multus-conf-file=auto; the operator renders one with primaryNetwork.source: Inline",
  },
  {
    where: /^ConfigMap multus-cni-config: data\.cni-conf\.json\.cniVersion$/,
    values: [[undefined, "0.3.1"]],
    what: "with source: Inline, the Multus configuration has a cniVersion",
    why: "without one the runtime assumes 0.1.0, whose results have no interfaces",
  },
  {
    where: /^DaemonSet .*\.(volumeMounts\.\/tmp\/multus-conf|volumes\.multus-cfg)$/,
    values: [
      [{ name: "multus-cfg", mountPath: "/tmp/multus-conf" }, undefined],
      [{ name: "multus-cfg", configMap: MULTUS_CFG }, undefined],
    ],
    what: "that ConfigMap is not mounted",
    why: "see above",
  },
  {
    where: /^DaemonSet .*\.volumes\.multus-cfg\.configMap\.items$/,
    values: [[MULTUS_CFG.items, [{ key: "cni-conf.json", path: "00-multus.conf" }]]],
    what: "with source: Inline, the file on the node is 00-multus.conf",
    why: "70-multus.conf sorts after 10-calico.conflist, and the runtime uses the first: Multus would never be called",
  },
  {
    where: /^DaemonSet kube-multus-ds: spec\.updateStrategy\.rollingUpdate$/,
    values: [[undefined, { maxUnavailable: 1 }]],
    what: "maxUnavailable is set, to 1",
    why: "while Multus restarts on a node, no pod there is attached (multus-cni #1527): one node at a time",
  },
  {
    where: /^DaemonSet kube-multus-ds-.*: spec\.updateStrategy\.rollingUpdate$/,
    values: [[undefined, { maxSurge: 1, maxUnavailable: 0 }]],
    what: "the next pod of v3 starts before the previous one terminates",
    why: "if the pod of v3.4 is gone, its token is rejected, and pods start without their networks (TryLoadPodDelegates)",
  },
  {
    where: /^DaemonSet .*: spec\.minReadySeconds$/,
    values: [[undefined, 5]],
    what: "a node counts as available after 5 s",
    why: "the daemon writes its configuration a second or two after it has started",
  },
  {
    where: /^DaemonSet .*: spec\.template\.metadata\.annotations$/,
    values: [[undefined, ANY]],
    what: "pods with a configuration carry a checksum of it",
    why: "Multus reads it at its start only, so a new configuration requires a new pod",
  },
  {
    where: /^DaemonSet .*: spec\.template\.spec\.priorityClassName$/,
    values: [[undefined, "system-node-critical"]],
    what: "priorityClassName is system-node-critical",
    why: "on a node whose Multus was evicted, pods fail",
  },
  {
    where: /^DaemonSet .*: spec\.template\.spec\.tolerations$/,
    values: [
      [
        [{ ...EXISTS, effect: "NoSchedule" }],
        [
          { ...EXISTS, effect: "NoSchedule" },
          { ...EXISTS, effect: "NoExecute" },
        ],
      ],
    ],
    what: "the v3 pods tolerate NoExecute taints too",
    why: "as v4's do: a node that is not Ready must keep its network",
  },
  {
    where: /^DaemonSet .*: spec\.template\.spec\.terminationGracePeriodSeconds$/,
    values: [[undefined, 10]],
    what: "the v3 pods terminate after 10 s",
    why: "as v4's do; entrypoint.sh sleeps and ignores SIGTERM",
  },
  {
    where: /^DaemonSet .*\.image$/,
    values: [
      ["ghcr.io/k8snetworkplumbingwg/multus-cni:snapshot", "ghcr.io/k8snetworkplumbingwg/multus-cni:v4.3.0"],
      [
        "ghcr.io/k8snetworkplumbingwg/multus-cni:snapshot-thick",
        "ghcr.io/k8snetworkplumbingwg/multus-cni:v4.3.0-thick",
      ],
      ["nfvpe/multus:v3.4.1", "docker.io/nfvpe/multus:v3.4.2"],
      ["nfvpe/multus:latest-ppc64le", "docker.io/nfvpe/multus:v3.4.2"],
    ],
    what: "the image is that of the release",
    why: "upstream's manifests name moving tags or an older release (multus-cni #1065)",
  },
  {
    where: /^DaemonSet .*\.imagePullPolicy$/,
    values: [[undefined, "IfNotPresent"]],
    what: "imagePullPolicy is set",
    why: "spec.image.pullPolicy sets it",
  },
  {
    where: /^DaemonSet .*\.args$/,
    values: [
      [
        ["--multus-conf-file=auto", ...DIRECTORIES],
        ["--multus-conf-file=auto", ...DIRECTORIES, BINARIES, "--cleanup-config-on-exit=true"],
      ],
      [
        ["--type", "thin"],
        ["--type", "thin", "--dest-dir", "/host/opt/cni/bin"],
      ],
      [
        ["--multus-conf-file=auto", "--cni-version=0.3.1"],
        ["--multus-conf-file=auto", ...DIRECTORIES, BINARIES, "--cni-version=0.3.1"],
      ],
      [
        ["--multus-conf-file=auto", "--cni-version=0.3.1"],
        [
          "--multus-conf-file=/tmp/multus-conf/00-multus.conf",
          ...DIRECTORIES,
          BINARIES,
          "--cni-version=0.3.1",
        ],
      ],
    ],
    what: "the arguments name the host's directories, and v4 thin has --cleanup-config-on-exit; with source: Inline they name the file instead of auto",
    why: "the directories depend on the distribution; v4 renews its token in the watch that the flag starts (multus-cni #852)",
  },
  {
    where: /^DaemonSet .*\.resources\.(limits|requests\.memory)$/,
    values: [
      [{ cpu: "100m", memory: "50Mi" }, undefined],
      [{ cpu: "100m", memory: "90Mi" }, undefined],
      ["90Mi", "50Mi"],
    ],
    what: "there is no memory or CPU limit, and requests are the same for every architecture",
    why: "with 50Mi, Multus is OOM-killed when many pods start at once (multus-cni #1346)",
  },
  {
    where: /^DaemonSet kube-multus-ds-.*\.terminationMessagePolicy$/,
    values: [[undefined, "FallbackToLogsOnError"]],
    what: "v3's last log lines become the termination message",
    why: "the status shows them",
  },
];

/** docs/equivalence.md. */
export function differencesPage(): string {
  const rows = DOCUMENTED_DIFFERENCES.map(({ what, why }) => `| ${what} | ${why} |`);
  return `<!-- Written by test/integration/equivalence.test.ts; \`npx vitest run --project integration equivalence --update\` regenerates it. -->
# What differs from Multus' own manifests

The objects that the operator renders are compared, field by field, with the manifests that Multus ships:
multus-daemonset.yml and multus-daemonset-thick.yml of v4.3.0, and multus-daemonset.yml of v3.4.2, the latter
also with its ConfigMap in use. This table lists all differences. A test fails if there is another one, if a
value on either side changes, or if a listed difference no longer exists.

| Difference | Why |
|---|---|
${rows.join("\n")}
`;
}
