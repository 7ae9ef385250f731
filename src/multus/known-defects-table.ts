import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";

/** A defect of Multus releases, read in their sources and in upstream's issues. */
export interface KnownDefect {
  /** Stable, for tests and for code that looks one up. */
  id: string;
  /** The first and the last release that have it, and the one that fixes it; without the two, none does yet. */
  first: string;
  last?: string;
  fixedIn?: string;
  modes: readonly MultusInstallSpec["mode"][];
  /** What must hold in addition to release and mode: "if …", "when …". */
  condition: string;
  consequence: string;
  /** What to do without another release, if anything helps. */
  remedy?: string;
  /** Issues and pull requests of multus-cni. */
  issues: readonly number[];
  /**
   * Whether an install is exposed to it, if its spec decides that. Without it the defect depends on a network or
   * a pod, and is reported there (`explain`, the NAD's findings) and in the documentation.
   */
  exposes?: (spec: MultusInstallSpec) => boolean;
}

const THIN = ["Thin"] as const;
const THICK = ["Thick"] as const;
const BOTH = ["Thin", "Thick"] as const;

const readsFile = ({ primaryNetwork }: MultusInstallSpec) => primaryNetwork.source !== "Inline";

/**
 * Filled from the changes between the tags v3.4 to v4.3.0, the main branch up to v4.3.1, and the issues; each was read
 * in the sources of the first and the last release that it names. The first two leak addresses.
 */
export const TABLE = [
  {
    // LoadDelegateNetConfFromConfList (pkg/types/conf.go) marshals a struct that has a few of the fields only.
    id: "primary-del-stripped",
    first: "v4.2.1",
    last: "v4.3.0",
    fixedIn: "v4.3.1",
    modes: THICK,
    condition:
      "if the primary network's file on the node is a .conflist of a plugin that needs its settings to release an address (Calico, Canal, anything with host-local)",
    consequence:
      "DEL gets a configuration without the plugin's settings: addresses of deleted pods are never released, until the range is used up and no pod starts",
    remedy:
      "set primaryNetwork.source: Inline with the primary network's preset or config, which DEL gets completely, or mode: Thin; then release the addresses that leaked (docs/guides/upgrade.md)",
    issues: [1449, 1454, 1450, 1521, 1536],
    // A NAD's configuration is kept whole (getKubernetesDelegate of pkg/k8sclient).
    exposes: (spec) => readsFile(spec) && spec.daemon?.clusterNetwork === undefined,
  },
  {
    // cmdDel of every release: the list is marshalled again from the same struct when it has no cniVersion.
    id: "list-without-version",
    first: "v3.4",
    last: "v4.3.0",
    fixedIn: "v4.3.1",
    modes: BOTH,
    condition:
      "if a NetworkAttachmentDefinition has a list of plugins without a cniVersion next to `plugins`, and its IPAM needs its settings to release an address (host-local, whereabouts)",
    consequence:
      "DEL gets a configuration without the IPAM's settings and fails (`no IP ranges specified`): in mode Thin pods stay Terminating, in mode Thick their addresses stay allocated",
    remedy: "set cniVersion next to `plugins` in the NetworkAttachmentDefinition",
    issues: [755, 1521, 1536],
  },
  {
    // createMultusConfig of cmd/thin_entrypoint takes the first file, and 00-multus.conf is that.
    id: "delegates-to-itself",
    first: "v4.0.0",
    last: "v4.0.2",
    fixedIn: "v4.1.0",
    modes: THIN,
    condition: "once Multus' own file is on the node (with refreshKubeconfig, immediately)",
    consequence:
      "Multus treats its own configuration as the primary network's and calls itself endlessly: no pod starts on the node",
    issues: [1130, 1324, 1142],
    exposes: readsFile,
  },
  {
    // main of cmd/thin_entrypoint writes the kubeconfig with --multus-conf-file=auto only.
    id: "inline-without-kubeconfig",
    first: "v4.0.0",
    last: "v4.0.2",
    fixedIn: "v4.1.0",
    modes: THIN,
    condition: "with primaryNetwork.source: Inline",
    consequence: "the kubeconfig that the configuration names is never written: every new pod fails",
    issues: [1295, 1317],
    exposes: (spec) => !readsFile(spec),
  },
  {
    id: "file-not-read",
    first: "v4.0.0",
    last: "v4.0.2",
    fixedIn: "v4.1.0",
    modes: THIN,
    condition: "with primaryNetwork.source: File",
    consequence:
      "the flag --multus-master-cni-file-name is not read: Multus delegates to the first file by name instead",
    remedy: "rename the file so that it sorts first",
    issues: [1226, 1270],
    exposes: ({ primaryNetwork }) => primaryNetwork.source === "File",
  },
  {
    // postRequest of pkg/server/api/shim.go waits for the daemon's API at DEL as at ADD.
    id: "del-waits-for-daemon",
    first: "v4.0.0",
    last: "v4.0.2",
    fixedIn: "v4.1.0",
    modes: THICK,
    condition: "while the daemon does not run on a node",
    consequence: "pods there cannot be deleted: DEL waits for the daemon and fails",
    remedy: "restore the daemon; the kubelet then deletes the pods",
    issues: [1146, 1279],
    exposes: () => true,
  },
  {
    id: "readiness-file-not-awaited",
    first: "v4.0.0",
    last: "v4.0.2",
    fixedIn: "v4.1.0",
    modes: THICK,
    condition: "with primaryNetwork.readinessFile",
    consequence:
      "the daemon does not wait for the file before it starts, and each DEL fails while the file is missing",
    remedy: "remove primaryNetwork.readinessFile",
    issues: [1131, 1235],
    exposes: ({ primaryNetwork }) => primaryNetwork.readinessFile !== undefined,
  },
  {
    id: "memory-without-bound",
    first: "v4.0.0",
    last: "v4.2.4",
    fixedIn: "v4.3.0",
    modes: THICK,
    condition: "with workload.resources.limits.memory, when many pods start at once",
    consequence:
      "the daemon serves any number of concurrent requests and is OOM-killed; while it restarts, no pod starts on the node",
    remedy: "remove the limit",
    issues: [1346, 1416],
    exposes: ({ workload }) => workload.resources?.limits?.memory !== undefined,
  },
  {
    // PerNodeK8sClient of pkg/k8sclient/kubeconfig.go; the certificate's file is replaced by way of none.
    id: "certificate-rotation-race",
    first: "v4.1.0",
    last: "v4.3.0",
    fixedIn: "v4.3.1",
    modes: THICK,
    condition: "with daemon.perNodeCertificate, when the daemon restarts while its certificate is renewed",
    consequence: "the daemon exits at its start with `failed to find any PEM data`, and restarts",
    issues: [1482, 1483],
    exposes: ({ daemon }) => daemon?.perNodeCertificate?.enabled === true,
  },
  {
    // network-attachment-definition-client 1.7.1 and 1.7.3 (go.mod), CreateNetworkStatuses.
    id: "status-without-addresses",
    first: "v4.1.0",
    last: "v4.1.1",
    fixedIn: "v4.1.2",
    modes: BOTH,
    condition:
      "if a plugin's result assigns its addresses to no interface (Calico), or has several interfaces",
    consequence: "the network-status of pods has no addresses, or the wrong interface as the default",
    issues: [1335, 1336, 1341],
    exposes: () => true,
  },
  {
    // The daemon wants a container and a pod for STATUS and GC, which have none (pkg/server/server.go).
    id: "status-command-fails",
    first: "v4.2.0",
    last: "v4.2.4",
    fixedIn: "v4.3.0",
    modes: THICK,
    condition: "with cni.version: 1.1.0",
    consequence: "the runtime's STATUS command fails, and the node is reported as NotReady",
    remedy: "set cni.version to 1.0.0 or earlier, or remove it",
    issues: [1490],
    exposes: ({ cni }) => cni.version === "1.1.0",
  },
  {
    // entrypoint.sh up to v3.6 writes no `capabilities`, and the runtime passes hostPorts only to who declares them (libcni).
    id: "host-ports-dropped",
    first: "v3.4",
    last: "v3.6",
    fixedIn: "v3.7",
    modes: THIN,
    condition: "with primaryNetwork.source: Auto, if a pod has a hostPort",
    consequence:
      "the port is not opened on the node, and nothing reports it: Multus' own file does not declare the capability portMappings, and the primary network's portmap plugin gets no ports",
    remedy:
      "set primaryNetwork.source: Inline with the primary network's preset or config, whose file declares it, and restart the pods",
    issues: [544, 545, 568],
    exposes: readsFile,
  },
  {
    // MergeCNIRuntimeConfig of types/conf.go changes Multus' own runtimeConfig, which there is if the runtime passes ports.
    id: "request-reaches-next-network",
    first: "v3.4",
    last: "v3.6",
    fixedIn: "v3.7",
    modes: THIN,
    condition:
      "with primaryNetwork.source: Inline, if a pod with a hostPort requests `ips`, `mac` or `bandwidth` of one network and not of the next, whose plugin declares the same capability",
    consequence: "the next network gets the same addresses, MAC address or limits",
    remedy: "request them of each network",
    issues: [607],
  },
  {
    // The case of "--multus-bin-file" in entrypoint.sh is a second "--cni-bin-dir".
    id: "binary-file-ignored",
    first: "v3.9",
    last: "v3.9.3",
    fixedIn: "v4.0.0",
    modes: THIN,
    condition: "with image.layout.binaryFile",
    consequence:
      "the flag --multus-bin-file is not read: the entrypoint copies /usr/src/multus-cni/bin/multus, and exits if the image does not have that file",
    remedy: "put the program at that path in the image, and remove image.layout.binaryFile",
    issues: [718],
    exposes: ({ image }) => image.layout?.binaryFile !== undefined,
  },
  {
    id: "delete-hangs-with-cri-o",
    first: "v3.7",
    last: "v3.7.1",
    fixedIn: "v3.7.2",
    modes: THIN,
    condition: "with CRI-O",
    consequence: 'pods cannot be deleted: `requested interface name "eth0" already assigned`',
    issues: [669, 677],
    exposes: () => true,
  },
  {
    // cmdDel returns the error of getting the pod.
    id: "del-needs-the-pod",
    first: "v3.6",
    last: "v3.8",
    fixedIn: "v3.9",
    modes: THIN,
    condition: "if Multus cannot read the pod: its token is rejected, or the API server does not respond",
    consequence: "DEL fails without calling any plugin: pods stay Terminating",
    remedy: "restart the Multus pod on the node, which writes its kubeconfig again",
    issues: [822, 592],
  },
  {
    // entrypoint.sh of v3, createKubeConfig of cmd/thin_entrypoint.
    id: "brackets-in-kubeconfig",
    first: "v3.4.1",
    last: "v4.2.2",
    fixedIn: "v4.2.3",
    modes: THIN,
    condition: "if the image was built with Go 1.24.8, 1.25.2 or later, and the API server's address is IPv4",
    consequence:
      "every new pod fails with `host must be a URL or a host:port pair`: Go rejects brackets around IPv4 addresses",
    remedy: "build the image with an earlier Go (images/multus/Dockerfile.v3 does)",
    issues: [1452],
  },
  {
    // thin_entrypoint of v4.0.0 to v4.0.2 renews it as later ones do, in the watch of --cleanup-config-on-exit (main), but
    // has delegates-to-itself there: the first release that helps is v4.1.0.
    id: "token-never-renewed",
    first: "v3.4",
    last: "v3.9.3",
    fixedIn: "v4.1.0",
    modes: THIN,
    condition: "once the token in Multus' kubeconfig has expired",
    consequence: "new pods fail, or start without their networks",
    remedy: "restart the Multus pods before the token expires; the status reports a token that has",
    issues: [852, 929, 1263],
  },
  {
    // CmdDel: the error that is looked at is that of reading the file, not that of its content.
    id: "damaged-cache-leaks",
    first: "v4.0.0",
    modes: BOTH,
    condition: "if a node loses power while Multus writes a pod's record in /var/lib/cni/multus",
    consequence: "DEL of that pod succeeds without calling any plugin: its addresses stay allocated",
    remedy: "release the addresses by hand",
    issues: [1087],
  },
  {
    // emptyCNIResult of pkg/multus: a result of CNI 1.0 that says it is one of 0.3 or 0.4.
    id: "panic-at-deleted-pod",
    first: "v4.2.4",
    modes: BOTH,
    condition: "if a pod is deleted while it starts, and Multus' cniVersion is below 1.0.0",
    consequence: "ADD of that pod ends in a Go panic instead of an empty result; other pods are not affected",
    issues: [1497, 1505],
  },
  {
    id: "shim-newer-than-daemon",
    first: "v4.3.1",
    modes: THICK,
    condition:
      "if the shim on a node is v4.3.1 or later and the daemon is an earlier release, for example because of two images or a tag that moves",
    consequence:
      "every new pod there fails with `CmdAdd (shim): timed out waiting for the condition`, while the DaemonSet is complete: the shim waits for /readyz, which earlier daemons do not serve",
    remedy:
      "run one release in both containers, as the operator renders it: set a release or a digest, and restart the Multus pod on the node",
    issues: [1525],
  },
  {
    // pkg/draclient lists resource.k8s.io/v1 only.
    id: "claims-need-kubernetes-1.34",
    first: "v4.3.1",
    modes: BOTH,
    condition:
      "if a pod has a resource claim and requests a NetworkAttachmentDefinition with a resourceName, on Kubernetes before 1.34",
    consequence: "the pod does not start: Multus reads resource.k8s.io/v1, which is not served there",
    remedy: "use v4.3.0 or Kubernetes 1.34 or later",
    issues: [1492],
  },
] as const satisfies readonly KnownDefect[];
