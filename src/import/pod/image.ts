import { show } from "../../cni/finding.ts";
import { firstReleaseOf } from "../../crds/multus-install/field-releases.ts";
import { compareReleases } from "../../crds/multus-install/release.ts";
import { FLAGS } from "../../multus/entrypoint-flags.ts";
import { type Flavour, NEWEST_RELEASE, upstreamImage } from "../../multus/releases.ts";
import type { Draft } from "../draft.ts";
import type { Findings } from "../finding.ts";
import type { Flags } from "../manifest/flags.ts";
import type { ImageReference } from "../manifest/image-reference.ts";
import type { Container, PodSpec } from "../manifest/objects.ts";

/** What upstream's manifests give the pods to end from v4.3.1 on, s; 10 before. */
const SECONDS_TO_END = 30;

/** The tags that upstream's images of v3 had, and that its workflows give to v4's. */
const NOW_V4 = ["latest", "snapshot", "stable"];

function isUpstreamSinceV37({ registry, repository }: ImageReference): boolean {
  const upstream = upstreamImage({ version: "v3.7", mode: "Thin" });
  return registry === upstream.registry && repository === upstream.repository;
}

/** What is assumed of v3 as long as nothing shows a later script. */
const OLD_V3 = "v3.4.2";
const isLater = (first: string | undefined, than: string) =>
  first !== undefined && compareReleases(first, than) > 0;

/** What of a manifest shows for which release it was written. */
interface Written {
  flavour: Flavour;
  flags: Flags;
  /** terminationGracePeriodSeconds of the pods. */
  secondsToEnd: unknown;
}

/**
 * The Multus release that an image's tag names; else the newest of the flavour that the manifest fits, with a
 * note. Its flags are what counts: the image itself stays the one that the manifest names.
 */
export function versionOf(image: ImageReference, written: Written, findings: Findings): string {
  // Vendors' tags begin with the release: v4.0.2-eksbuild.1_thick, v4.2.3-build20250908.
  const named =
    /^v(3\.[4-9]|4\.[0-9]{1,2})(\.[0-9]{1,2})?(?![0-9.])/.exec(image.tag ?? "")?.[0] ?? withV(image);
  const { flavour } = written;
  const major = flavour === "v3" ? "v3" : "v4";
  if (named?.startsWith(major)) return named;
  const version = assumedVersion(image, written);
  const tag = image.tag === undefined ? "an image without a tag" : `the tag ${show(image.tag)}`;
  findings.note(
    "image",
    `${tag} is not a release of ${major === "v3" ? "v3 (v3.4 and later)" : major}: ${version} is assumed; set the right release in spec.version`,
  );
  if (flavour === "v3" && isUpstreamSinceV37(image) && NOW_V4.includes(image.tag ?? "latest"))
    findings.broken(
      "image",
      `${tag} has been an image of v4 since v4.0.0, which has no /entrypoint.sh: Multus does not start on a node that pulls it now. Set image.tag to a release such as ${version}, or import a manifest of v4`,
    );
  return version;
}

function assumedVersion(image: ImageReference, { flavour, flags, secondsToEnd }: Written): string {
  if (flavour !== "v3") return secondsToEnd === SECONDS_TO_END ? NEWEST_RELEASE : "v4.3.0";
  const isNewScript =
    isUpstreamSinceV37(image) ||
    FLAGS.some(({ name, field }) => flags.has(name) && isLater(firstReleaseOf(field), OLD_V3)) ||
    flags.get("cni-version")?.startsWith("1.");
  return isNewScript ? "v3.9.3" : OLD_V3;
}

/**
 * Bitnami's tags leave out the v: 4.2.2-debian-12-r2. Of OpenShift's, such as 4.20, only those that are not later than
 * Multus' own releases can be mistaken, and those have three numbers.
 */
function withV({ tag = "" }: ImageReference): string | undefined {
  const [named, minor] = /^4\.([0-9])\.[0-9]{1,2}(?=-|$)/.exec(tag) ?? [];
  const newest = NEWEST_RELEASE.split(".")[1];
  return named !== undefined && Number(minor) <= Number(newest) ? `v${named}` : undefined;
}

/** Fills spec.image with what differs from the image that follows from version and mode, and from the kubelet's defaults. */
export function readImage(draft: Draft, image: ImageReference, pod: PodSpec, main: Container): void {
  const upstream = upstreamImage(draft);
  if (image.registry !== upstream.registry) draft.image.registry = image.registry;
  if (image.repository !== upstream.repository) draft.image.repository = image.repository;
  if (image.digest !== undefined) draft.image.digest = image.digest;
  else if ((image.tag ?? "latest") !== upstream.tag) draft.image.tag = image.tag ?? "latest";
  const pullPolicy = pullPolicyOf(main.imagePullPolicy, image);
  if (pullPolicy !== "IfNotPresent") draft.image.pullPolicy = pullPolicy as never;
  if (pod.imagePullSecrets.length > 0) draft.image.pullSecrets = pod.imagePullSecrets.map(({ name }) => name);
}

/** The kubelet's own default: Always for :latest and for no tag, IfNotPresent for all others. */
export function pullPolicyOf(written: string | undefined, { tag, digest }: ImageReference): string {
  return written ?? ((tag ?? "latest") === "latest" && digest === undefined ? "Always" : "IfNotPresent");
}
