import { expect, it } from "vitest";
import { templateOf } from "../../src/controllers/shared/applier.ts";
import { parseMultusInstall } from "../../src/crds/multus-install/multus-install.ts";
import { parsedInstall } from "../../src/crds/multus-install/parsed-install.ts";
import { importInstall } from "../../src/import/import.ts";
import { renderInstall } from "../../src/render/render.ts";
import { rolloutGuard } from "../../src/render/rollout-guard.ts";
import { differences } from "./equivalence.ts";
import { type UPSTREAM, upstreamManifest } from "./upstream-manifests.ts";

/** From Multus' own manifest to a MultusInstall and back to objects: what is another, in full. */

/** In every manifest: of the documented differences (docs/equivalence.md) those that no field could carry over. */
const ALWAYS = [
  "metadata.labels",
  "spec.names",
  "openAPIV3Schema",
  "rules",
  "spec.updateStrategy.rollingUpdate",
  "spec.minReadySeconds",
  "imagePullPolicy",
];

const MORE: Record<keyof typeof UPSTREAM, string[]> = {
  "v4 thin": ["args", "the object", "multus-cfg", "/tmp/multus-conf"],
  "v4 thick": ["template.metadata.annotations", "daemon-config.json"],
  "v3.4.2": [
    "args",
    "the object",
    "multus-cfg",
    "/tmp/multus-conf",
    "terminationGracePeriodSeconds",
    "terminationMessagePolicy",
    // docker.io/ is written out.
    "image",
    // The two architectures' DaemonSets differ in these, and the first counts.
    "ppc64le: spec.template.spec.containers.kube-multus.resources",
  ],
};

it.each(["v4 thin", "v4 thick", "v3.4.2"] as const)(
  "renders of the MultusInstall that %s was imported to what the manifest says",
  (name) => {
    const upstream = upstreamManifest(name);
    const { install, findings } = importInstall(upstream);
    const parsed = parseMultusInstall(install);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const found = differences(upstream, renderInstall(parsed.value).objects);
    const known = [...ALWAYS, ...MORE[name]];
    expect(found.filter(({ at }) => !known.some((part) => at.includes(part)))).toEqual([]);
    // What users set, they keep.
    const kept = /resources|tolerations|priorityClassName|nodeSelector|\.command|securityContext/;
    expect(
      found.filter(({ at }) => kept.test(at) && !at.includes("ppc64le")),
      "what a field carries over",
    ).toEqual([]);
    expect(findings.filter(({ kind, object }) => kind === "lost" && !object.includes("ppc64le"))).toEqual([]);
  },
);

it("warns about the token of the upstream thin manifest, which is never renewed", () => {
  const { install, findings } = importInstall(upstreamManifest("v4 thin"));
  expect(install.spec).toMatchObject({ entrypoint: { refreshKubeconfig: false } });
  expect(findings.map(({ message }) => message)).toContainEqual(expect.stringContaining("multus-cni #852"));
});

it("does not take the guard of a rollout for a second Multus", () => {
  const parsed = parsedInstall();
  const objects = renderInstall(parsed).objects;
  const [daemonSet] = objects.filter(({ kind }) => kind === "DaemonSet");
  const guard = rolloutGuard(parsed, templateOf(daemonSet ?? {}));
  expect(guard.map(({ kind }) => kind)).toContain("DaemonSet");
  const { findings } = importInstall([...guard, ...objects]);
  expect(findings.filter(({ kind }) => kind === "lost")).toEqual([]);
  expect(findings.map(({ message }) => message)).toContainEqual(
    expect.stringContaining("operator's rollout"),
  );
});
