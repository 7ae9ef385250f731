import { containerdConfiguration } from "../containerd-config.ts";
import { defaultNetwork } from "./default-network.ts";

export interface NodeFile {
  content: string;
  executable?: true;
}

export interface NodeImages {
  /** Archive in the image → the references under which containerd has it. */
  [archive: string]: readonly string[];
}

const LOAD = "/usr/local/sbin/load-images";
/** The file in which kind looks for the release. */
const VERSION = "/kind/version";
/** kind creates what it lists in the cluster. */
const DEFAULT_NETWORK = "/kind/manifests/default-cni.yaml";
const KUBELET_CONFIGURATION = "/etc/kubernetes/kubelet.conf.d";
const RESOLV_CONF = "/etc/kubernetes/resolv.conf";
const NODE_ADDRESS = "/etc/kubernetes/node-address";
const DOCKER_NAME_SERVER = "127.0.0.11:53";
export const ENTRYPOINT = "/usr/local/sbin/node-entrypoint";

/**
 * All text files of the node image: path → content. kind starts ENTRYPOINT in a privileged container with a volume at /var,
 * waits for systemd to reach its multi-user target, and runs kubeadm, whose kubelet service is here.
 */
export function nodeFiles(kubernetes: string, images: NodeImages): Record<string, NodeFile> {
  return {
    [ENTRYPOINT]: { content: ENTRYPOINT_SCRIPT, executable: true },
    [LOAD]: { content: loadScript(images), executable: true },
    "/etc/containerd/config.toml": { content: containerdConfiguration() },
    "/etc/systemd/system/containerd.service": { content: CONTAINERD_SERVICE },
    "/etc/systemd/system/load-images.service": { content: LOAD_SERVICE },
    "/etc/systemd/system/name-forwarder.service": { content: NAME_FORWARDER_SERVICE },
    "/etc/systemd/system/kubelet.service": { content: KUBELET_SERVICE },
    [`${KUBELET_CONFIGURATION}/10-machine.conf`]: { content: JSON.stringify(KUBELET) },
    [VERSION]: { content: kubernetes },
    [DEFAULT_NETWORK]: { content: JSON.stringify(defaultNetwork(), null, 2) },
  };
}

/** Units that systemd enables here; the rest of the links in /etc/systemd/system is Debian's. */
export const ENABLED_UNITS = [
  "containerd.service",
  "load-images.service",
  "name-forwarder.service",
  "kubelet.service",
];

/** Units that a container has no use for: the machine's own services, and what would download. */
export const MASKED_UNITS = [
  "apt-daily-upgrade.timer",
  "apt-daily.timer",
  "dpkg-db-backup.timer",
  "e2scrub_all.timer",
  "e2scrub_reap.service",
  "fstrim.timer",
  "getty.target",
  "systemd-logind.service",
  "systemd-udevd.service",
  "systemd-udevd-control.socket",
  "systemd-udevd-kernel.socket",
];

/**
 * - Mounts of pods propagate (Bidirectional, HostToContainer), which needs a shared root.
 * - With a read-only /sys, systemd leaves the machine's devices alone; with a read-only /proc/sys/fs, the machine's limits.
 * - kind sets the kubelet's cgroup root to /kubelet, and the kubelet does not create it.
 * - Docker's name server at 127.0.0.11 exists in this container only: in a pod, the address is the pod itself, and CoreDNS,
 *   which would forward names to itself, ends. The names of nodes are needed: kube-proxy finds the API server by one. So
 *   pods get this node's address, and a forwarder.
 */
const ENTRYPOINT_SCRIPT = `#!/bin/sh
set -eu
mount --make-rshared /
mount -o remount,ro /sys
mount --bind /proc/sys/fs /proc/sys/fs
mount -o remount,bind,ro /proc/sys/fs
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p /sys/fs/cgroup/kubelet
else
  for hierarchy in /sys/fs/cgroup/*/; do mkdir -p "$hierarchy/kubelet"; done
fi
address=$(ip -4 -o address show dev eth0 | sed -n 's|.* inet \\([0-9.]*\\)/.*|\\1|p')
echo "nameserver $address" > ${RESOLV_CONF}
echo "ADDRESS=$address" > ${NODE_ADDRESS}
: > /etc/machine-id
export container=docker
exec /lib/systemd/systemd --show-status=true
`;

function loadScript(images: NodeImages): string {
  const load = Object.entries(images).map(([archive, [first, ...more]]) =>
    [
      `ctr -n k8s.io images import --local ${archive}`,
      ...more.map((reference) => `ctr -n k8s.io images tag --force ${first} ${reference}`),
    ].join("\n"),
  );
  return `#!/bin/sh\nset -eu\n${load.join("\n")}\n`;
}

const CONTAINERD_SERVICE = `[Unit]
Description=containerd
[Service]
ExecStart=/usr/local/bin/containerd
Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=1
OOMScoreAdjust=0
[Install]
WantedBy=multi-user.target
`;

/** kind runs kubeadm when the target is reached: from then on, the kubelet would try to pull what is not there. */
const LOAD_SERVICE = `[Unit]
Description=Load the node's images
Requires=containerd.service
After=containerd.service
Before=multi-user.target kubelet.service
ConditionPathExists=!/var/lib/images-loaded
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=${LOAD}
ExecStartPost=/usr/bin/touch /var/lib/images-loaded
[Install]
WantedBy=multi-user.target
`;

/** A process for each question; it ends with the answer. */
const NAME_FORWARDER_SERVICE = `[Unit]
Description=Forward the names that pods ask for to Docker's name server
[Service]
EnvironmentFile=${NODE_ADDRESS}
ExecStart=/usr/bin/socat -t 3 UDP4-RECVFROM:53,bind=\${ADDRESS},fork UDP4:${DOCKER_NAME_SERVER}
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
`;

/** Files and variables are those that kubeadm writes and documents. */
const KUBELET_SERVICE = `[Unit]
Description=kubelet
After=containerd.service load-images.service
ConditionPathExists=/var/lib/kubelet/config.yaml
[Service]
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/bin/kubelet \\
  --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf \\
  --kubeconfig=/etc/kubernetes/kubelet.conf \\
  --config=/var/lib/kubelet/config.yaml \\
  --config-dir=${KUBELET_CONFIGURATION} \\
  $KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
`;

/** Over the configuration that kind gives kubeadm: this machine may have cgroup v1, on which containerd uses no systemd. */
const KUBELET = {
  apiVersion: "kubelet.config.k8s.io/v1beta1",
  kind: "KubeletConfiguration",
  cgroupDriver: "cgroupfs",
  failCgroupV1: false,
  enforceNodeAllocatable: [],
  resolvConf: RESOLV_CONF,
};
