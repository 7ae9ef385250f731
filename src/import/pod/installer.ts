import { isDeepStrictEqual } from "node:util";
import { show } from "../../cni/finding.ts";
import type { Flavour } from "../../multus/releases.ts";
import { INSTALL_RESOURCES } from "../../render/container.ts";
import type { Draft } from "../draft.ts";
import type { Findings } from "../finding.ts";
import { Mounts } from "../manifest/mounts.ts";
import type { Container, PodSpec } from "../manifest/objects.ts";

/** install_multus of v4, or a `cp` of older manifests, which fails while the old binary runs (multus-cni #1221). */
export function isInstaller({ command, args }: Container): boolean {
  return [...command, ...args].some((word) => /install_multus|\bcp\b/.test(word));
}

/** The host's directory that the installer writes to. */
export function installDirectory(pod: PodSpec): string | undefined {
  const installer = pod.initContainers.find(isInstaller);
  const words = installer ? [...installer.command, ...installer.args] : [];
  const at = words.findIndex((word) => word === "-d" || word === "--dest-dir");
  const inside = at < 0 ? "/host/opt/cni/bin" : words[at + 1];
  return installer && inside !== undefined ? new Mounts(pod, installer).hostPathOf(inside) : undefined;
}

/** Reports installers of another image than that of Multus' container. */
export function checkInstallerImages({ initContainers }: PodSpec, main: Container, findings: Findings): void {
  for (const { name, image } of initContainers.filter(isInstaller))
    if (image !== main.image)
      findings.changed(
        `initContainers ${name}`,
        "uses the image of the Multus container: both must be the same release",
      );
}

/** Fills spec.workload.installResources, and reports other init containers. */
export function readInstaller(draft: Draft, initContainers: readonly Container[], findings: Findings): void {
  const [installer, ...others] = initContainers.toSorted(
    (a, b) => Number(isInstaller(b)) - Number(isInstaller(a)),
  );
  for (const other of [...others, ...(installer && !isInstaller(installer) ? [installer] : [])])
    findings.lost(`initContainers ${other.name}`, "the operator runs Multus' own installer only");
  if (installer && isInstaller(installer) && !isDeepStrictEqual(installer.resources, INSTALL_RESOURCES))
    draft.workload.installResources = (installer.resources ?? {}) as never;
}

/** With image.layout, thin_entrypoint copies the binary; without, an init container does so. */
export function readInstallation(draft: Draft, hasInstaller: boolean, findings: Findings): void {
  if (!hasInstaller && !draft.entrypoint.skipBinaryCopy) draft.image.layout ??= {};
  if (hasInstaller && draft.image.layout !== undefined)
    findings.changed(
      "initContainers",
      "are not imported: with image.layout the entrypoint copies the binary",
    );
}

/** Where the operator calls the installer, as upstream's images have it. */
const INSTALLER: Partial<Record<Flavour, string>> = {
  "v4-thin": "/install_multus",
  "v4-thick": "/usr/src/multus-cni/bin/install_multus",
};

/** Vendors' images may have the installer elsewhere (RKE2's hardened ones: /install_multus for both). */
export function checkInstaller(
  { name, command, args }: Container,
  flavour: Flavour,
  findings: Findings,
): void {
  const path = [...command, ...args].find((word) => /(^|\/)install_multus$/.test(word));
  const expected = INSTALLER[flavour];
  if (path !== undefined && expected !== undefined && path !== expected)
    findings.broken(
      `initContainers ${name} command`,
      `the image has the installer at ${show(path)}, but the operator calls ${expected}: without this file in the image, every Multus pod fails. Use the upstream image, or add the file to yours`,
    );
}
