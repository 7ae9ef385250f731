/** One Go module of test/cluster/tools/<family> and the programs built from it. */
export interface Family {
  /** Program name → Go package. */
  programs: Record<string, string>;
  ldflags?: string;
  env?: Record<string, string>;
}

const KUBERNETES = "v1.36.3";
const version = "-X k8s.io/component-base/version";

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
    ldflags: `${version}.gitVersion=${KUBERNETES} ${version}.gitMajor=1 ${version}.gitMinor=36`,
  },
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
    // Its entrypoint writes https://[10.96.0.1]:443. net/url refuses brackets around IPv4 since 2025, and
    // with it every pod fails: "host must be a URL or a host:port pair".
    env: { GOTOOLCHAIN: "go1.21.13" },
  },
  helm: { programs: { helm: "helm.sh/helm/v4/cmd/helm" } },
  registry: { programs: { registry: "github.com/distribution/distribution/v3/cmd/registry" } },
  crane: { programs: { crane: "github.com/google/go-containerregistry/cmd/crane" } },
  kind: { programs: { kind: "sigs.k8s.io/kind" } },
  // The plugin acts as calico or as calico-ipam by the name it is called by.
  calico: {
    programs: { calico: "github.com/projectcalico/calico/cni-plugin/cmd/calico" },
    ldflags: "-X github.com/projectcalico/calico/pkg/buildinfo.Version=v3.31.0",
  },
};

function programs(prefix: string, names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `${prefix}/${name}`]));
}
