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
