import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { loadAll } from "js-yaml";
import { afterAll, expect, it } from "vitest";
import { parseMultusInstall } from "../../src/crds/multus-install/multus-install.ts";
import type { MultusInstallSpecInput } from "../../src/crds/multus-install/spec.ts";
import { objectsOf, renderInstall } from "../../src/render/render.ts";
import { moduleDirectory } from "../cluster/binaries.ts";
import { ANY, DOCUMENTED_DIFFERENCES, differencesPage } from "./documented-differences.ts";
import { type Difference, differences } from "./equivalence.ts";

const V4 = ["multus-v4", "gopkg.in/k8snetworkplumbingwg/multus-cni.v4"] as const;
const V3 = ["multus-v3", "gopkg.in/intel/multus-cni.v3"] as const;

type KubeLike = Parameters<typeof differences>[0][number];

function upstream([family, module]: readonly [string, string], file: string): KubeLike[] {
  const text = readFileSync(join(moduleDirectory(family, module), file), "utf8");
  return loadAll(text).filter((document) => document !== null && document !== undefined) as KubeLike[];
}

function rendered(spec: MultusInstallSpecInput): KubeLike[] {
  const parsed = parseMultusInstall({
    apiVersion: "multus-operator.dev/v1alpha1",
    kind: "MultusInstall",
    metadata: { name: "multus" },
    spec,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return objectsOf(renderInstall(parsed.value));
}

/** JSON inside of a ConfigMap is compared as JSON: its white space says nothing. */
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
  { name: "v4 thin", module: V4, file: "deployments/multus-daemonset.yml", spec: { version: "v4.3.0" } },
  {
    name: "v4 thick",
    module: V4,
    file: "deployments/multus-daemonset-thick.yml",
    spec: { version: "v4.3.0", mode: "Thick" as const },
  },
  {
    name: "v3.4.2",
    module: V3,
    file: "images/multus-daemonset.yml",
    spec: { version: "v3.4.2", workload: { architectures: ["amd64" as const, "ppc64le" as const] } },
  },
  {
    name: "v3.4.2 with its ConfigMap in use",
    module: V3,
    file: "images/multus-daemonset.yml",
    spec: {
      version: "v3.4.2",
      primaryNetwork: { source: "Inline" as const, config: JSON.stringify(UPSTREAM_DELEGATE) },
      workload: { architectures: ["amd64" as const, "ppc64le" as const] },
    },
  },
])(
  "renders what Multus' own manifest for $name says, but for the documented differences",
  ({ module, file, spec }) => {
    const found = differences(withParsedData(upstream(module, file)), withParsedData(rendered(spec)));
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
