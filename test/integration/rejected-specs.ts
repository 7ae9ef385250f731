/** A spec that must not get past the API server, with the operator switched off. */
export interface RejectedSpec {
  title: string;
  spec: unknown;
  /** The field that the message must name. */
  field: string;
  /** The way out, as told offline. */
  says?: RegExp;
}

const many = (count: number, make: (index: number) => string) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [make(index), "x"]));

const PLUGINS = { registry: "registry.example", repository: "cni-plugins" };

/** Mistakes that users make. */
const MISTAKES: RejectedSpec[] = [
  {
    title: "Thick with v3.4.2",
    spec: { version: "v3.4.2", mode: "Thick" },
    field: "spec.mode",
    says: /requires version v4\.0 or later/,
  },
  {
    title: "a misspelt field",
    spec: { cni: { confdir: "/etc/cni/net.d" } },
    field: "spec.cni.confdir",
    says: /did you mean confDir\?/,
  },
  {
    title: "a field that is not known at all",
    spec: { interfaces: 2 },
    field: "spec.interfaces",
    says: /known here: version, mode,/,
  },
  { title: "a misspelt mode", spec: { mode: "thick" }, field: "spec.mode", says: /one of Thin, Thick/ },
  {
    title: "a version without v",
    spec: { version: "4.3.0" },
    field: "spec.version",
    says: /such as v3\.4\.2 or v4\.3\.1/,
  },
  {
    title: "a registry with http://",
    spec: { image: { registry: "http://192.168.1.222:80" } },
    field: "spec.image.registry",
    says: /without http:/,
  },
  { title: "a short digest", spec: { image: { digest: "sha256:abc" } }, field: "spec.image.digest" },
  {
    title: "plugins without their image, which is not published",
    spec: { plugins: { install: "Missing" } },
    field: "spec.plugins.image",
    says: /requires registry and repository .* make plugins-image/,
  },
  {
    title: "the dhcp daemon without its image",
    spec: { dhcp: { daemon: "Auto" }, plugins: { image: { registry: "registry.example" } } },
    field: "spec.plugins.image",
    says: /requires registry and repository/,
  },
  {
    title: "plugins to install where nodes are not inspected",
    spec: { nodes: { inspection: "Off" }, plugins: { install: "Missing", image: PLUGINS } },
    field: "spec.plugins.install",
    says: /requires nodes\.inspection: OnChange/,
  },
  {
    title: "plugins to include while none are installed",
    spec: { plugins: { include: ["macvlan"] } },
    field: "spec.plugins.include",
    says: /has no effect with plugins\.install: Off/,
  },
  {
    title: "codes to deny with admission off",
    spec: { attachments: { admission: "Off", denyCodes: ["HOST_PATH"] } },
    field: "spec.attachments.denyCodes",
    says: /use Warn or Deny/,
  },
  {
    title: "a code that no finding has",
    spec: { attachments: { denyCodes: ["HOST_PATHS"] } },
    field: "spec.attachments.denyCodes[0]",
    says: /HOST_PATH/,
  },
  {
    title: "entrypoint settings for the daemon",
    spec: { mode: "Thick", entrypoint: {} },
    field: "spec.entrypoint",
    says: /mode: Thin only/,
  },
  {
    title: "daemon settings for the thin plugin",
    spec: { daemon: { metricsPort: 9091 } },
    field: "spec.daemon",
    says: /use mode: Thick/,
  },
  {
    title: "restartCRIO with v4",
    spec: { entrypoint: { restartCRIO: true } },
    field: "spec.entrypoint.restartCRIO",
    says: /v3 only/,
  },
  {
    title: "a renamed primary network beside a configuration that is deleted on exit",
    spec: { entrypoint: { renameConfFile: true } },
    field: "spec.entrypoint.renameConfFile",
    says: /refreshKubeconfig: false/,
  },
  {
    title: "an override that Inline never looks at",
    spec: {
      primaryNetwork: { source: "Inline", preset: "Calico" },
      entrypoint: { overrideNetworkName: true },
    },
    field: "spec.entrypoint.overrideNetworkName",
    says: /does nothing/,
  },
  {
    title: "Inline with both preset and config",
    spec: { primaryNetwork: { source: "Inline", preset: "Calico", config: '{"plugins":[]}' } },
    field: "spec.primaryNetwork.source",
    says: /exactly one of preset and config/,
  },
  {
    title: "Inline with a daemon before v4.1.0",
    spec: { version: "v4.0.2", mode: "Thick", primaryNetwork: { source: "Inline", preset: "Calico" } },
    field: "spec.primaryNetwork.source",
    says: /v4\.1\.0/,
  },
  {
    title: "Inline with another cluster network",
    spec: {
      mode: "Thick",
      primaryNetwork: { source: "Inline", preset: "Calico" },
      daemon: { clusterNetwork: "primary" },
    },
    field: "spec.daemon.clusterNetwork",
  },
  {
    title: "Inline with an auxiliary chain",
    spec: {
      mode: "Thick",
      primaryNetwork: { source: "Inline", preset: "Calico" },
      daemon: { auxiliaryCNIChainName: "chain" },
    },
    field: "spec.daemon.auxiliaryCNIChainName",
  },
  {
    title: "File without a file",
    spec: { primaryNetwork: { source: "File" } },
    field: "spec.primaryNetwork.file",
  },
  {
    title: "a readiness file with the entrypoint of v3.4",
    spec: { version: "v3.4", primaryNetwork: { readinessFile: "/run/x" } },
    field: "spec.primaryNetwork.readinessFile",
    says: /v3\.4\.1 or later/,
  },
  {
    title: "an auxiliary chain before v4.2.1",
    spec: { version: "v4.2.0", mode: "Thick", daemon: { auxiliaryCNIChainName: "chain" } },
    field: "spec.daemon.auxiliaryCNIChainName",
    says: /v4\.2\.1 or later/,
  },
  {
    title: "connectionLimit before v4.3.0",
    spec: { version: "v4.2.4", mode: "Thick", daemon: { connectionLimit: 10 } },
    field: "spec.daemon.connectionLimit",
    says: /v4\.3\.0 or later/,
  },
  {
    title: "architectures with v4",
    spec: { workload: { architectures: ["amd64"] } },
    field: "spec.workload.architectures",
    says: /v3 only/,
  },
  {
    title: "a directory of another distribution",
    spec: { distribution: "Kubernetes", cni: { confDir: "/var/snap/microk8s/current/args/cni-network" } },
    field: "spec.cni.confDir",
    says: /distribution/,
  },
  {
    title: "certificates of daemons for a release that has none",
    spec: { version: "v4.0.2", mode: "Thick", daemon: { perNodeCertificate: { enabled: true } } },
    field: "spec.daemon.perNodeCertificate",
    says: /v4\.1\.0/,
  },
  {
    title: "certificates of daemons for the thin plugin",
    spec: { daemon: { perNodeCertificate: { enabled: true } } },
    field: "spec.daemon",
  },
  {
    title: "a kubelet's kubeconfig of another distribution",
    spec: {
      mode: "Thick",
      distribution: "RKE2",
      daemon: {
        perNodeCertificate: { bootstrapKubeconfig: "/var/lib/rancher/k3s/agent/kubelet.kubeconfig" },
      },
    },
    field: "spec.daemon.perNodeCertificate.bootstrapKubeconfig",
    says: /distribution/,
  },
  {
    title: "certificates that live for years",
    spec: { mode: "Thick", daemon: { perNodeCertificate: { certDuration: "8760h" } } },
    field: "spec.daemon.perNodeCertificate.certDuration",
    says: /10m to 720h/,
  },
  {
    title: "a log file outside its directory",
    spec: { logging: { hostDir: "/opt/cni/log", file: "/opt/cni/multus.log" } },
    field: "spec.logging.file",
  },
  {
    title: "a request above its limit",
    spec: { workload: { resources: { requests: { memory: "1Gi" }, limits: { memory: "512Mi" } } } },
    field: "spec.workload.resources",
    says: /above its limit/,
  },
  {
    title: "an update of no node at once",
    spec: { workload: { updateStrategy: { maxUnavailable: "0%" } } },
    field: "spec.workload.updateStrategy.maxUnavailable",
    says: /such as 1 or 10%/,
  },
  {
    title: "a toleration that Kubernetes rejects",
    spec: { workload: { tolerations: [{ operator: "Exists", key: "a", value: "b" }] } },
    field: "spec.workload.tolerations[0]",
  },
];

/** What a hostile author would write. */
const HOSTILE: RejectedSpec[] = [
  {
    title: "a file of the host in place of the kubelet's kubeconfig",
    spec: {
      mode: "Thick",
      daemon: { perNodeCertificate: { bootstrapKubeconfig: "/var/lib/kubelet/../../etc/x" } },
    },
    field: "spec.daemon.perNodeCertificate.bootstrapKubeconfig",
  },
  {
    title: "/etc/shadow as confDir",
    spec: { cni: { confDir: "/etc/shadow" } },
    field: "spec.cni.confDir",
    says: /must be one of/,
  },
  {
    title: "a confDir with ..",
    spec: { cni: { confDir: "/etc/cni/net.d/../../shadow" } },
    field: "spec.cni.confDir",
  },
  {
    title: "a confDir that begins like an allowed one",
    spec: { cni: { confDir: "/etc/cni/net.dx" } },
    field: "spec.cni.confDir",
  },
  { title: "a relative binDir", spec: { cni: { binDir: "opt/cni/bin" } }, field: "spec.cni.binDir" },
  { title: "a binDir of the system", spec: { cni: { binDir: "/usr/bin" } }, field: "spec.cni.binDir" },
  {
    title: "a binDir with a line break",
    spec: { cni: { binDir: "/opt/cni/bin\n/usr/bin" } },
    field: "spec.cni.binDir",
  },
  {
    title: "an additionalBinDir in /tmp",
    spec: { cni: { additionalBinDir: "/tmp/bin" } },
    field: "spec.cni.additionalBinDir",
  },
  { title: "the root as log directory", spec: { logging: { hostDir: "/" } }, field: "spec.logging.hostDir" },
  {
    title: "a path as the primary network's file",
    spec: { primaryNetwork: { source: "File", file: "../../passwd" } },
    field: "spec.primaryNetwork.file",
    says: /file name without a directory/,
  },
  {
    title: "a readiness file with ..",
    spec: { primaryNetwork: { readinessFile: "/run/../etc/shadow" } },
    field: "spec.primaryNetwork.readinessFile",
  },
  {
    title: "a conflist of a megabyte",
    spec: { primaryNetwork: { source: "Inline", config: "x".repeat(1_000_000) } },
    field: "spec.primaryNetwork.config",
  },
  {
    title: "a command with a shell script in it",
    spec: { image: { layout: { command: ["bash", "-c", "rm -rf /host/etc; sleep 1"] } } },
    field: "spec.image.layout.command",
  },
  {
    title: "a path as the daemon's cluster network",
    spec: { mode: "Thick", daemon: { clusterNetwork: "/etc/shadow" } },
    field: "spec.daemon.clusterNetwork",
  },
  {
    title: "a path as a default network",
    spec: { mode: "Thick", daemon: { defaultNetworks: ["../x"] } },
    field: "spec.daemon.defaultNetworks[0]",
  },
  {
    title: "the daemon's socket directory",
    spec: { mode: "Thick", daemon: { socketDir: "/" } },
    field: "spec.daemon.socketDir",
  },
  {
    title: "the daemon's chroot",
    spec: { mode: "Thick", daemon: { chrootDir: "/" } },
    field: "spec.daemon.chrootDir",
  },
  {
    title: "a thousand labels",
    spec: { workload: { labels: many(1000, (index) => `label-${index}`) } },
    field: "spec.workload.labels",
  },
  {
    title: "a thousand node labels",
    spec: { workload: { nodeSelector: many(1000, (index) => `label-${index}`) } },
    field: "spec.workload.nodeSelector",
  },
  {
    title: "a label's key with a blank",
    spec: { workload: { labels: { "a b": "c" } } },
    field: "spec.workload.labels",
    says: /must have keys like/,
  },
  {
    title: "a label that says who owns the pods",
    spec: { workload: { labels: { "multus-operator.dev/install": "other" } } },
    field: "spec.workload.labels",
    says: /reserved/,
  },
  {
    title: "capabilities without end",
    spec: {
      mode: "Thick",
      daemon: { capabilities: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`c${i}`, true])) },
    },
    field: "spec.daemon.capabilities",
  },
  {
    title: "an affinity that is no affinity",
    spec: { workload: { affinity: { hostPath: "/" } } },
    field: "spec.workload.affinity.hostPath",
  },
  {
    title: "a hundred pull secrets",
    spec: { image: { pullSecrets: Array.from({ length: 100 }, (_, index) => `secret-${index}`) } },
    field: "spec.image.pullSecrets",
  },
  {
    title: "a namespace with a slash",
    spec: { namespace: "kube-system/../default" },
    field: "spec.namespace",
  },
  {
    title: "a global namespace that would be two",
    spec: { isolation: { globalNamespaces: ["a,b"] } },
    field: "spec.isolation.globalNamespaces[0]",
  },
];

export const REFUSED: readonly RejectedSpec[] = [...MISTAKES, ...HOSTILE];
