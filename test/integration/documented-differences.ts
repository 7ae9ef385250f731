/** A difference between what Multus' own manifests say and what this operator renders, and why it is meant. */
export interface DocumentedDifference {
  /** Matched against "Kind name: path.to.field". */
  where: RegExp;
  what: string;
  why: string;
}

export const DOCUMENTED_DIFFERENCES: readonly DocumentedDifference[] = [
  {
    where: /: metadata\.labels(\.(app\.kubernetes\.io\/managed-by|multus-operator\.dev\/install))?$/,
    what: "every object has two labels more",
    why: "the operator knows by them which objects are its own",
  },
  {
    where: /^CustomResourceDefinition .*: spec\.names\.(listKind|shortNames)$/,
    what: "the NAD CRD names its list kind, and has the short name nad everywhere",
    why: "the API server fills in the list kind itself; v3.4.2 and the thick manifest lack nad, which the thin one has",
  },
  {
    where: /^CustomResourceDefinition .*\.openAPIV3Schema\.properties\.(apiVersion|kind|metadata)$/,
    what: "the NAD CRD's schema leaves out apiVersion, kind and metadata",
    why: "the API server adds them to every schema",
  },
  {
    where: /^ClusterRole multus: rules$/,
    what: "Multus may read NADs, and not write them; it may list, watch and patch pods",
    why: "upstream gives every verb on all of k8s.cni.cncf.io, and Multus only reads there; the daemon's informer lists and watches",
  },
  {
    where: /^ConfigMap multus-cni-config: the object$/,
    what: "there is no ConfigMap multus-cni-config",
    why: "upstream's is not read with --multus-conf-file=auto; it comes with primaryNetwork.source: Inline",
  },
  {
    where: /^DaemonSet .*\.(volumeMounts\.\/tmp\/multus-conf|volumes\.multus-cfg)$/,
    what: "that ConfigMap is not mounted",
    why: "see above",
  },
  {
    where: /^DaemonSet .*: spec\.updateStrategy\.rollingUpdate$/,
    what: "maxUnavailable is written out, as 1",
    why: "a node whose Multus restarts attaches nothing meanwhile (multus-cni #1527): one at a time",
  },
  {
    where: /^DaemonSet .*: spec\.minReadySeconds$/,
    what: "a node counts as available after 5 s",
    why: "the daemon writes its configuration a second or two after it has started",
  },
  {
    where: /^DaemonSet .*: spec\.template\.metadata\.annotations$/,
    what: "the thick pods carry a checksum of their configuration",
    why: "the daemon reads it at its start only: another configuration must be another pod",
  },
  {
    where: /^DaemonSet .*: spec\.template\.spec\.priorityClassName$/,
    what: "priorityClassName is system-node-critical",
    why: "a node whose Multus was evicted fails its pods",
  },
  {
    where: /^DaemonSet .*: spec\.template\.spec\.tolerations$/,
    what: "the v3 pods tolerate NoExecute taints too",
    why: "as v4's do: a node that is not ready must keep its network",
  },
  {
    where: /^DaemonSet .*: spec\.template\.spec\.terminationGracePeriodSeconds$/,
    what: "the v3 pods end after 10 s",
    why: "as v4's do; entrypoint.sh sleeps and does not hear SIGTERM",
  },
  {
    where: /^DaemonSet .*\.image$/,
    what: "the image is that of the release",
    why: "upstream's manifests name moving tags or an older release (multus-cni #1065)",
  },
  {
    where: /^DaemonSet .*\.imagePullPolicy$/,
    what: "imagePullPolicy is written out",
    why: "spec.image.pullPolicy sets it",
  },
  {
    where: /^DaemonSet .*\.args$/,
    what: "the host's directories are named in the arguments, and v4 thin has --cleanup-config-on-exit",
    why: "they follow the distribution; v4 renews its token in the watch that the flag starts (multus-cni #852)",
  },
  {
    where: /^DaemonSet .*\.resources\.(limits|requests\.memory)$/,
    what: "there is no memory or CPU limit, and requests are the same for every architecture",
    why: "50Mi kills Multus when many pods start at once (multus-cni #1346)",
  },
  {
    where: /^DaemonSet kube-multus-ds-.*\.terminationMessagePolicy$/,
    what: "v3's last log lines become the termination message",
    why: "the status repeats them",
  },
];

/** docs/equivalence.md. */
export function differencesPage(): string {
  const rows = DOCUMENTED_DIFFERENCES.map(({ what, why }) => `| ${what} | ${why} |`);
  return `<!-- Written by test/integration/equivalence.test.ts; \`npx vitest run --project integration -u equivalence\` writes it anew. -->
# What differs from Multus' own manifests

The objects that the operator renders are compared, field by field, with the manifests that Multus ships:
multus-daemonset.yml and multus-daemonset-thick.yml of v4.3.0, and multus-daemonset.yml of v3.4.2. These are
all the differences; a test fails when there is another, and when one of these is there no more.

| Difference | Why |
|---|---|
${rows.join("\n")}
`;
}
