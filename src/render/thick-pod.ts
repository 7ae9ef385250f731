import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";
import { hasCertificates } from "../multus/daemon-config.ts";
import { bootstrapKubeconfig, hostPaths } from "../multus/distributions.ts";
import { DAEMON_CONFIG } from "./configuration.ts";
import { container, INSTALL_RESOURCES, MULTUS_RESOURCES, type PodParts } from "./container.ts";

const BIN = "/usr/src/multus-cni/bin";

/** A host directory mounted into the daemon's container. */
interface HostMount {
  name: string;
  host: string;
  mountPath: string;
  propagate?: true;
  readOnly?: true;
  /** The kubelet says that it is missing, where Kubernetes would make it. */
  mustExist?: true;
}

/** The pod of the thick daemon, as upstream's multus-daemonset-thick.yml mounts it. */
export function thickPod(spec: MultusInstallSpec): PodParts {
  const { confDir, binDir, netnsDir } = hostPaths(spec);
  const logDir = spec.logging.hostDir;
  const mounts: HostMount[] = [
    { name: "cni", host: confDir, mountPath: `/host${confDir}` },
    // The daemon runs plugins inside a chroot of the host: the path must be the same on both sides.
    { name: "cnibin", host: binDir, mountPath: binDir },
    { name: "host-run", host: "/run", mountPath: "/host/run" },
    { name: "host-var-lib-cni-multus", host: "/var/lib/cni/multus", mountPath: "/var/lib/cni/multus" },
    {
      name: "host-var-lib-kubelet",
      host: "/var/lib/kubelet",
      mountPath: "/var/lib/kubelet",
      propagate: true,
    },
    { name: "host-run-k8s-cni-cncf-io", host: "/run/k8s.cni.cncf.io", mountPath: "/run/k8s.cni.cncf.io" },
    { name: "host-run-netns", host: netnsDir, mountPath: "/run/netns", propagate: true },
    { name: "hostroot", host: "/", mountPath: "/hostroot", propagate: true },
    { name: "multus-conf-dir", host: "/etc/cni/multus/net.d", mountPath: "/etc/cni/multus/net.d" },
    ...(logDir ? [{ name: "log", host: logDir, mountPath: logDir }] : []),
    ...kubeletKubeconfig(spec),
  ];
  return {
    hostPID: true,
    containers: [
      container({
        name: "kube-multus",
        spec,
        command: [`${BIN}/multus-daemon`],
        env: [
          { name: "MULTUS_NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
          // The daemon searches the key binDir and this, and has no CNI_PATH of a runtime (seen with 4.3.0).
          ...(spec.cni.additionalBinDir ? [{ name: "CNI_PATH", value: binDir }] : []),
        ],
        resources: spec.workload.resources ?? MULTUS_RESOURCES,
        volumeMounts: [
          ...mounts.map(({ name, mountPath, propagate, readOnly }) => ({
            name,
            mountPath,
            ...(readOnly ? { readOnly } : {}),
            ...(propagate ? { mountPropagation: "HostToContainer" } : {}),
          })),
          { name: DAEMON_CONFIG.name, mountPath: "/etc/cni/net.d/multus.d", readOnly: true },
        ],
      }),
    ],
    initContainers: [
      container({
        name: "install-multus-binary",
        spec,
        command: [`${BIN}/install_multus`, "-d", `/host${binDir}`, "-t", "thick"],
        resources: spec.workload.installResources ?? INSTALL_RESOURCES,
        volumeMounts: [{ name: "cnibin", mountPath: `/host${binDir}`, mountPropagation: "Bidirectional" }],
      }),
    ],
    volumes: [
      ...mounts.map(({ name, host, mustExist }) => ({
        name,
        hostPath: { path: host, ...(mustExist ? { type: "Directory" } : {}) },
      })),
      {
        name: DAEMON_CONFIG.name,
        configMap: { name: DAEMON_CONFIG.name, items: [{ key: DAEMON_CONFIG.key, path: DAEMON_CONFIG.key }] },
      },
    ],
  };
}

/** The directory of the kubelet's kubeconfig, at its own place, since the file names others beside it. */
function kubeletKubeconfig(spec: MultusInstallSpec): HostMount[] {
  const file = bootstrapKubeconfig(spec);
  const directory = file.slice(0, file.lastIndexOf("/"));
  if (!hasCertificates(spec) || `${directory}/`.startsWith("/var/lib/kubelet/")) return [];
  const name = "host-kubelet-kubeconfig";
  return [{ name, host: directory, mountPath: directory, readOnly: true, mustExist: true }];
}
