import { isDeepStrictEqual } from "node:util";
import { afterAll, expect, it } from "vitest";
import { parsedInstall } from "../../src/crds/multus-install/parsed-install.ts";
import type { MultusInstallSpecInput } from "../../src/crds/multus-install/spec.ts";
import { renderInstall } from "../../src/render/render.ts";
import { ANY, DOCUMENTED_DIFFERENCES, differencesPage } from "./documented-differences.ts";
import { type Difference, differences } from "./equivalence.ts";
import { upstreamManifest } from "./upstream-manifests.ts";

type KubeLike = Parameters<typeof differences>[0][number];

function rendered(spec: MultusInstallSpecInput): KubeLike[] {
  return renderInstall(parsedInstall(spec)).objects;
}

/** JSON inside a ConfigMap is compared as JSON: its white space is irrelevant. */
function withParsedData(objects: KubeLike[]): KubeLike[] {
  return objects.map((object) => {
    const { data } = object as { data?: Record<string, string> };
    if (!data) return object;
    return {
      ...object,
      data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, sorted(JSON.parse(text))])),
    };
  });
}

function sorted(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The pairs of values on the list that this difference is one of. */
function documented({ at, upstream, ours }: Difference): (readonly [unknown, unknown])[] {
  const is = (value: unknown, listed: unknown) => listed === ANY || isDeepStrictEqual(value, listed);
  return DOCUMENTED_DIFFERENCES.filter(({ where }) => where.test(at)).flatMap(({ values }) =>
    values.filter((pair) => is(upstream, pair[0]) && is(ours, pair[1])),
  );
}

/** The delegate in the ConfigMap that v3.4.2's manifest brings and does not use. */
const UPSTREAM_DELEGATE = {
  cniVersion: "0.3.1",
  name: "default-cni-network",
  plugins: [
    { type: "flannel", name: "flannel.1", delegate: { isDefaultGateway: true, hairpinMode: true } },
    { type: "portmap", capabilities: { portMappings: true } },
  ],
};

const met = new Set<readonly [unknown, unknown]>();

it.each([
  { name: "v4 thin", manifest: "v4 thin" as const, spec: { version: "v4.3.0" } },
  {
    name: "v4 thick",
    manifest: "v4 thick" as const,
    spec: { version: "v4.3.0", mode: "Thick" as const },
  },
  {
    name: "v3.4.2",
    manifest: "v3.4.2" as const,
    spec: { version: "v3.4.2", workload: { architectures: ["amd64" as const, "ppc64le" as const] } },
  },
  {
    name: "v3.4.2 with its ConfigMap in use",
    manifest: "v3.4.2" as const,
    spec: {
      version: "v3.4.2",
      primaryNetwork: { source: "Inline" as const, config: JSON.stringify(UPSTREAM_DELEGATE) },
      workload: { architectures: ["amd64" as const, "ppc64le" as const] },
    },
  },
])(
  "renders the same as Multus' own manifest for $name, except for the documented differences",
  ({ manifest, spec }) => {
    const found = differences(withParsedData(upstreamManifest(manifest)), withParsedData(rendered(spec)));
    const undocumented = found.filter((difference) => {
      const pairs = documented(difference);
      for (const pair of pairs) met.add(pair);
      return pairs.length === 0;
    });
    expect(undocumented).toEqual([]);
  },
);

afterAll(() => {
  const stale = DOCUMENTED_DIFFERENCES.flatMap(({ what, values }) =>
    values.filter((pair) => !met.has(pair)).map((values) => ({ what, values })),
  );
  expect(stale, "documented differences that do not occur").toEqual([]);
});

it("documents the differences in docs/equivalence.md", async () => {
  await expect(differencesPage()).toMatchFileSnapshot("../../docs/equivalence.md");
});
