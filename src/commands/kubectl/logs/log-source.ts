import type { MultusInstallSpec } from "../../../crds/multus-install/spec.ts";
import { flavourOf } from "../../../multus/releases.ts";

/** Where the log that Multus writes on a node is. */
export type LogSource =
  | { from: "file"; file: string; directory: string }
  | { from: "pod" }
  | { from: "nothing"; remedy: string };

/**
 * The file if there is one; else the pod of the thick daemon, which logs to its standard error unless the spec turns
 * that off. The thin plugin's standard error belongs to the container runtime, and the API cannot reach it.
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
      "Multus writes no log file here: set spec.logging.file, hostDir and level of the MultusInstall, such as file: /opt/cni/log/multus.log, hostDir: /opt/cni/log, level: verbose. For the output of the Multus pod itself, add --pod",
  };
}
