import {
  MULTUS_INSTALL,
  MULTUS_INSTALL_API_VERSION,
  type MultusInstall,
  parseMultusInstall,
} from "./multus-install.ts";
import type { MultusInstallSpecInput } from "./spec.ts";

/** For tests: the MultusInstall "multus" with this spec and all defaults. Throws an Error if the spec is not valid. */
export function parsedInstall(spec: MultusInstallSpecInput | object = {}): MultusInstall {
  const parsed = parseMultusInstall({
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: MULTUS_INSTALL.kind,
    metadata: { name: "multus" },
    spec,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}
