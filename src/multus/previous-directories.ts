import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";
import { hostPaths } from "./distributions.ts";

/** Directories of the nodes that Multus had and no longer has. Each is absent if it is still the same. */
export interface PreviousDirectories {
  confDir?: string;
  binDir?: string;
}

/** What a spec no longer has of an earlier one; undefined if nothing. Plugins are called from the additional directory, too. */
export function previousDirectories(
  spec: MultusInstallSpec,
  earlier: MultusInstallSpec,
): PreviousDirectories | undefined {
  const [now, then] = [hostPaths(spec), hostPaths(earlier)];
  const hasConfDir = now.confDir === then.confDir;
  const hasBinDir = [now.binDir, spec.cni.additionalBinDir].includes(then.binDir);
  if (hasConfDir && hasBinDir) return undefined;
  return {
    ...(hasConfDir ? {} : { confDir: then.confDir }),
    ...(hasBinDir ? {} : { binDir: then.binDir }),
  };
}
