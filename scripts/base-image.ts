/** Says whether `make image` may build on a base image: by its digest, since whoever can move a tag chooses what runs. */
import { parseArgs } from "node:util";

/** What the project is tested with; a tag, of which its registry says the digest. */
const USUAL = "gcr.io/distroless/nodejs24-debian12:nonroot";

/** What is wrong with a base image; undefined if it may be used. `byTag`, if it is not empty, allows one without a digest. */
export function baseProblem(base: string, byTag: string): string | undefined {
  if (/^[^@\s]+@sha256:[a-f0-9]{64}$/.test(base) || (base !== "" && byTag !== "")) return undefined;
  return `BASE must be an image with its digest (it is "${base}"):

  make image BASE=${USUAL}@sha256:…

To see the digest of the tag, ask its registry:

  docker buildx imagetools inspect ${USUAL} --format '{{.Manifest.Digest}}'

To build on a tag without a digest, set BASE_BY_TAG=1: the build then uses what the tag names at that moment.`;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { base: { type: "string", default: "" }, "by-tag": { type: "string", default: "" } },
  });
  const problem = baseProblem(values.base, values["by-tag"]);
  if (problem !== undefined) process.stderr.write(`${problem}\n`);
  process.exitCode = problem === undefined ? 0 : 1;
}
