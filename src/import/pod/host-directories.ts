import { DISTRIBUTIONS } from "../../crds/multus-install/distribution.ts";
import { isBelow, PERMITTED_HOST_PATHS } from "../../crds/multus-install/permitted-host-paths.ts";
import { multusInstallSpec } from "../../crds/multus-install/spec.ts";
import { hostPaths } from "../../multus/distributions.ts";
import type { Draft, HostDirectories } from "../draft.ts";
import { trim } from "../manifest/mounts.ts";

const standardPaths = (distribution: (typeof DISTRIBUTIONS)[number]) =>
  hostPaths(multusInstallSpec.parse({ distribution }));

/**
 * Sets the distribution whose directories these are, else the first that allows them, with the directories
 * that are not its own. Comes last, since the second plugin directory must be allowed too.
 */
export function readHostDirectories(draft: Draft, directories: HostDirectories): void {
  const { confDir, binDir, netnsDir } = directories;
  const matches = DISTRIBUTIONS.filter((name) => {
    const paths = standardPaths(name);
    return netnsDir === undefined || trim(paths.netnsDir) === netnsDir;
  });
  const allowed = matches.filter((name) => isAllowed(name, directories, draft));
  const exact = allowed.find((name) => {
    const paths = standardPaths(name);
    return paths.confDir === confDir && paths.binDir === binDir;
  });
  const distribution = exact ?? allowed[0];
  if (distribution === undefined) {
    // Of several distributions at once, which Auto alone lets through.
    draft.cni.confDir = confDir;
    draft.cni.binDir = binDir;
    return;
  }
  // Named, not Auto: the manifest's directories hold, whatever the cluster is.
  draft.distribution = distribution;
  const standard = standardPaths(distribution);
  if (confDir !== standard.confDir) draft.cni.confDir = confDir;
  if (binDir !== standard.binDir) draft.cni.binDir = binDir;
}

function isAllowed(
  name: (typeof DISTRIBUTIONS)[number],
  { confDir, binDir }: HostDirectories,
  { cni: { additionalBinDir: additional }, daemon }: Draft,
): boolean {
  const { common, own } = PERMITTED_HOST_PATHS;
  const kubelet = [...common.kubelet, ...own[name].kubelet];
  const kubeconfig = daemon.perNodeCertificate?.bootstrapKubeconfig;
  if (kubeconfig !== undefined && !kubelet.includes(kubeconfig)) return false;
  const conf = [...common.conf, ...own[name].conf];
  const bin = [...common.bin, ...own[name].bin];
  const standard = standardPaths(name);
  return (
    (confDir === standard.confDir || isBelow(conf, confDir)) &&
    (binDir === standard.binDir || isBelow(bin, binDir)) &&
    (additional === undefined || isBelow(bin, additional))
  );
}
