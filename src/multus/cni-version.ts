import { newestOfLibrary } from "../cni/spoken-version.ts";
import { parseRelease } from "./releases.ts";

/**
 * The newest cniVersion whose results the libcni in a Multus release reads (go.mod of each release's tag):
 * libcni 0.7 and 0.8 up to v3.9, 1.1 in v4.0, 1.2 and 1.3 later. Multus calls the plugin all the same, and fails
 * on what comes back. Undefined for releases before v3.
 *
 * @param version of the MultusInstall, such as v3.4.2
 */
export function newestCniVersion(version: string): string | undefined {
  const { major, minor } = parseRelease(version);
  if (!(major >= 3)) return undefined;
  if (major === 3) return newestOfLibrary("v0.8.0");
  return newestOfLibrary(major === 4 && minor === 0 ? "v1.1.0" : "v1.3.0");
}
