import type { MultusInstallSpec } from "../../crds/multus-install/spec.ts";
import { flavourOf } from "../../multus/releases.ts";

/** Where Multus' log of a node is to be found. */
export type LogSource =
  | { from: "file"; file: string; directory: string }
  | { from: "pod" }
  | { from: "nothing"; remedy: string };

/**
 * The file where there is one; else the pod of the thick daemon, which logs to its standard error unless told
 * not to. The thin plugin's standard error is the container runtime's, out of reach of the API.
 */
export function logSourceOf(spec: MultusInstallSpec, podWanted: boolean): LogSource {
  const { file, hostDir, toStderr } = spec.logging;
  if (podWanted) return { from: "pod" };
  if (file !== undefined && hostDir !== undefined) return { from: "file", file, directory: hostDir };
  if (file !== undefined)
    return {
      from: "nothing",
      remedy: `Multus logs to ${file}, and no directory of the host is mounted for it: set spec.logging.hostDir of the MultusInstall`,
    };
  if (flavourOf(spec) === "v4-thick" && toStderr !== false) return { from: "pod" };
  return {
    from: "nothing",
    remedy:
      "Multus writes no log file here: set spec.logging.file, hostDir and level of the MultusInstall, such as file: /opt/cni/log/multus.log, hostDir: /opt/cni/log, level: verbose. What the Multus pod itself says: add --pod",
  };
}
