/**
 * The configuration of a node's containerd, and of the one that fills a node's image store.
 * restrict_oom_score_adj: a machine without CAP_SYS_RESOURCE cannot lower a score, and runc dies trying.
 *
 * @param root holds images and snapshots
 * @param state holds sockets and what runs
 */
export function containerdConfiguration(root = "/var/lib/containerd", state = "/run/containerd"): string {
  return `version = 3
root = "${root}"
state = "${state}"
disabled_plugins = ["io.containerd.nri.v1.nri"]
[grpc]
  address = "${state}/containerd.sock"
[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = "registry.k8s.io/pause:test"
  [plugins.'io.containerd.cri.v1.images'.registry]
    config_path = "/etc/containerd/certs.d"
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["/opt/cni/bin"]
    conf_dir = "/etc/cni/net.d"
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      SystemdCgroup = false
`;
}
