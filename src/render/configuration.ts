import type { KubeObject } from "../crds/kube-object.ts";
import type { MultusInstall } from "../crds/multus-install/multus-install.ts";
import { daemonConfig } from "../multus/daemon-config.ts";
import { hostPaths } from "../multus/distributions.ts";
import { inlineConfig } from "../multus/inline-config.ts";
import { type Conflist, presetConflist } from "../multus/primary-network.ts";
import { flavourOf } from "../multus/releases.ts";
import { ownerLabels, UPSTREAM_LABELS } from "./labels.ts";

export const THIN_CONFIG = { name: "multus-cni-config", key: "cni-conf.json" };
export const DAEMON_CONFIG = { name: "multus-daemon-config", key: "daemon-config.json" };

/**
 * The ConfigMap that the workload mounts: the daemon's configuration, or the thin plugin's if the primary
 * network is inline. The thin plugin with source Auto or File reads none, and gets none.
 *
 * @param config the conflist of primaryNetwork.config
 */
export function configuration(install: MultusInstall, config: Conflist | undefined): KubeObject[] {
  const { spec } = install;
  const { preset } = spec.primaryNetwork;
  const delegate = preset ? presetConflist(preset, hostPaths(spec).confDir) : config;
  if (flavourOf(spec) === "v4-thick")
    return [configMap(install, DAEMON_CONFIG, daemonConfig(spec, delegate))];
  if (delegate) return [configMap(install, THIN_CONFIG, inlineConfig(spec, delegate))];
  return [];
}

function configMap(
  install: MultusInstall,
  { name, key }: { name: string; key: string },
  config: object,
): KubeObject {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name,
      namespace: install.spec.namespace,
      labels: { ...UPSTREAM_LABELS, ...ownerLabels(install) },
    },
    data: { [key]: `${JSON.stringify(config, null, 2)}\n` },
  };
}
