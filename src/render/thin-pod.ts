import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";
import { entrypointOf } from "../crds/multus-install/spec.ts";
import { hostPaths } from "../multus/distributions.ts";
import {
  CONFIG_MOUNT,
  entrypointArgs,
  entrypointEnvironment,
  INLINE_FILE,
  mountPrefix,
} from "../multus/entrypoint-flags.ts";
import { flavourOf } from "../multus/releases.ts";
import { THIN_CONFIG } from "./configuration.ts";
import { container, INSTALL_RESOURCES, MULTUS_RESOURCES, type PodParts } from "./container.ts";

/** The pod of the thin plugin: its entrypoint copies the binary and writes the configuration, then watches. */
export function thinPod(spec: MultusInstallSpec): PodParts {
  const { confDir, binDir } = hostPaths(spec);
  const prefix = mountPrefix(spec);
  const inline = spec.primaryNetwork.source === "Inline";
  const logDir = spec.logging.hostDir;
  const command = spec.image.layout?.command ?? [
    flavourOf(spec) === "v3" ? "/entrypoint.sh" : "/thin_entrypoint",
  ];
  // `systemctl restart crio` needs systemd's socket, as upstream's multus-daemonset-crio.yml mounts it.
  const restartsCRIO = flavourOf(spec) === "v3" && entrypointOf(spec).restartCRIO;
  const installs =
    flavourOf(spec) === "v4-thin" && spec.image.layout === undefined && !entrypointOf(spec).skipBinaryCopy;
  return {
    containers: [
      container({
        name: "kube-multus",
        spec,
        command,
        args: entrypointArgs(spec),
        env: entrypointEnvironment(spec),
        resources: spec.workload.resources ?? MULTUS_RESOURCES,
        volumeMounts: [
          { name: "cni", mountPath: prefix + confDir },
          { name: "cnibin", mountPath: prefix + binDir },
          ...(inline ? [{ name: "multus-cfg", mountPath: CONFIG_MOUNT }] : []),
          ...(logDir ? [{ name: "log", mountPath: logDir }] : []),
          ...(restartsCRIO ? [{ name: "run", mountPath: "/run", mountPropagation: "HostToContainer" }] : []),
        ],
      }),
    ],
    ...(installs ? { initContainers: [installer(spec, `${prefix}${binDir}`)] } : {}),
    volumes: [
      { name: "cni", hostPath: { path: confDir } },
      { name: "cnibin", hostPath: { path: binDir } },
      ...(inline
        ? [
            {
              name: "multus-cfg",
              configMap: { name: THIN_CONFIG.name, items: [{ key: THIN_CONFIG.key, path: INLINE_FILE }] },
            },
          ]
        : []),
      ...(logDir ? [{ name: "log", hostPath: { path: logDir, type: "DirectoryOrCreate" } }] : []),
      ...(restartsCRIO ? [{ name: "run", hostPath: { path: "/run" } }] : []),
    ],
  };
}

/** Copies the binaries atomically; a plain copy over a running binary fails with "text file busy" (multus-cni #1221). */
function installer(spec: MultusInstallSpec, target: string): object {
  return container({
    name: "install-multus-binary",
    spec,
    command: ["/install_multus"],
    args: ["--type", "thin", "--dest-dir", target],
    resources: spec.workload.installResources ?? INSTALL_RESOURCES,
    volumeMounts: [{ name: "cnibin", mountPath: target, mountPropagation: "Bidirectional" }],
  });
}
