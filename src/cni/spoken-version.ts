/**
 * The newest CNI version that a program built with this version of github.com/containernetworking/cni speaks
 * (pkg/version, Current, of the library's tags): the plugins ask that library (skel) whether they know the
 * cniVersion of what they are given, and it refuses later ones. A plugin may support fewer ("incompatible CNI
 * versions"), never more. Undefined where the version is none.
 *
 * @param library such as v1.3.0
 */
export function newestOfLibrary(library: string): string | undefined {
  const [, major, minor] = /^v(\d+)\.(\d+)\./.exec(library) ?? [];
  if (major === undefined) return undefined;
  if (major === "0") return Number(minor) < 7 ? "0.3.1" : "0.4.0";
  return major === "1" && Number(minor) < 2 ? "1.0.0" : "1.1.0";
}

/**
 * The newest cniVersion whose results the libcni in a Multus release reads (go.mod of each release's tag):
 * libcni 0.7 and 0.8 up to v3.9, 1.1 in v4.0, 1.2 and 1.3 later. Multus calls the plugin all the same, and fails
 * on what comes back. Undefined for releases before v3.
 *
 * @param release such as v3.4.2
 */
export function newestCniVersion(release: string): string | undefined {
  const [major = 0, minor = 0] = release.replace(/^v/, "").split(".").map(Number);
  if (!(major >= 3)) return undefined;
  if (major === 3) return newestOfLibrary("v0.8.0");
  return newestOfLibrary(major === 4 && minor === 0 ? "v1.1.0" : "v1.3.0");
}
