/** One Go module of test/cluster/tools/<family> and the programs built from it. */
export interface Family {
  /** Program name → Go package. */
  programs: Record<string, string>;
  ldflags?: string;
  env?: Record<string, string>;
  /** Built when one of its programs is asked for by name; not part of `--all`. */
  optional?: true;
}

/** Minor version → the release of kube-apiserver that the tests can run against, the oldest first. */
export const KUBERNETES_RELEASES = { "1.30": "v1.30.14", "1.33": "v1.33.13", "1.36": "v1.36.3" } as const;

export type KubernetesMinor = keyof typeof KUBERNETES_RELEASES;

/** What the test cluster and all tests run on, if nothing else is asked for. */
export const DEFAULT_KUBERNETES = "1.36";

/** The name under which a program of the Kubernetes release is built. */
export function kubernetesProgram(name: string, minor: KubernetesMinor): string {
  return minor === DEFAULT_KUBERNETES ? name : `${name}-${minor}`;
}

/** One Go module a family, since their requirements clash in one. The order is that of `--all`. */
export const FAMILIES: Record<string, Family> = {
  kubernetes: {
    programs: programs("k8s.io/kubernetes/cmd", [
      "kube-apiserver",
      "kube-controller-manager",
      "kube-scheduler",
      "kube-proxy",
      "kubectl",
      "kubelet",
    ]),
    ldflags: kubernetesVersion("1.36"),
  },
  "kubernetes-1.30": olderKubernetes("1.30"),
  "kubernetes-1.33": olderKubernetes("1.33"),
  etcd: { programs: { etcd: "go.etcd.io/etcd/server/v3" } },
  containerd: {
    programs: programs("github.com/containerd/containerd/v2/cmd", [
      "containerd",
      "containerd-shim-runc-v2",
      "ctr",
    ]),
  },
  "cni-plugins": {
    programs: {
      ...programs("github.com/containernetworking/plugins/plugins/main", [
        "bridge",
        "macvlan",
        "ptp",
        "host-device",
        "loopback",
        "ipvlan",
        "vlan",
        "tap",
        "dummy",
      ]),
      ...programs("github.com/containernetworking/plugins/plugins/ipam", ["host-local", "static", "dhcp"]),
      ...programs("github.com/containernetworking/plugins/plugins/meta", [
        "portmap",
        "tuning",
        "sbr",
        "vrf",
        "bandwidth",
        "firewall",
      ]),
    },
  },
  "multus-v4": {
    programs: {
      ...programs("gopkg.in/k8snetworkplumbingwg/multus-cni.v4/cmd", [
        "multus",
        "multus-daemon",
        "multus-shim",
        "install_multus",
        "thin_entrypoint",
        "kubeconfig_generator",
        "cert-approver",
      ]),
      passthru: "gopkg.in/k8snetworkplumbingwg/multus-cni.v4/cmd/passthru-cni",
    },
  },
  "multus-v3": {
    programs: { "multus-v3": "gopkg.in/intel/multus-cni.v3/multus" },
    // Its entrypoint writes https://[10.96.0.1]:443. net/url rejects brackets around IPv4 since 2025, and
    // with it every pod fails: "host must be a URL or a host:port pair".
    env: { GOTOOLCHAIN: "go1.21.13" },
  },
  whereabouts: {
    programs: {
      whereabouts: "github.com/k8snetworkplumbingwg/whereabouts/cmd",
      "ip-control-loop": "github.com/k8snetworkplumbingwg/whereabouts/cmd/controlloop",
    },
    ldflags: "-X github.com/k8snetworkplumbingwg/whereabouts/pkg/version.Version=v0.9.3",
  },
  helm: { programs: { helm: "helm.sh/helm/v4/cmd/helm" } },
  registry: { programs: { registry: "github.com/distribution/distribution/v3/cmd/registry" } },
  crane: { programs: { crane: "github.com/google/go-containerregistry/cmd/crane" } },
  kind: { programs: { kind: "sigs.k8s.io/kind" } },
  // For the node image that `make kind-node-image` builds.
  kubeadm: {
    programs: { kubeadm: "k8s.io/kubernetes/cmd/kubeadm" },
    ldflags: kubernetesVersion("1.36"),
    optional: true,
  },
  coredns: { programs: { coredns: "github.com/coredns/coredns" }, optional: true },
  // The plugin acts as calico or as calico-ipam by the name it is called by.
  calico: {
    programs: { calico: "github.com/projectcalico/calico/cni-plugin/cmd/calico" },
    ldflags: "-X github.com/projectcalico/calico/pkg/buildinfo.Version=v3.31.0",
  },
};

function programs(prefix: string, names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `${prefix}/${name}`]));
}

/** The servers whose behavior the operator depends on; the rest of a cluster is that of the default release. */
function olderKubernetes(minor: KubernetesMinor): Family {
  const servers = ["kube-apiserver", "kube-controller-manager", "kube-scheduler"];
  return {
    programs: Object.fromEntries(
      servers.map((name) => [kubernetesProgram(name, minor), `k8s.io/kubernetes/cmd/${name}`]),
    ),
    ldflags: kubernetesVersion(minor),
    optional: true,
  };
}

function kubernetesVersion(minor: KubernetesMinor): string {
  const variable = "-X k8s.io/component-base/version";
  return `${variable}.gitVersion=${KUBERNETES_RELEASES[minor]} ${variable}.gitMajor=1 ${variable}.gitMinor=${minor.split(".")[1]}`;
}
