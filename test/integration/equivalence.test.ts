import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { afterAll, expect, it } from "vitest";
import { parseMultusInstall } from "../../src/crds/multus-install/multus-install.ts";
import type { MultusInstallSpecInput } from "../../src/crds/multus-install/spec.ts";
import { objectsOf, renderInstall } from "../../src/render/render.ts";
import { moduleDirectory } from "../cluster/binaries.ts";
import { DOCUMENTED_DIFFERENCES, differencesPage } from "./documented-differences.ts";
import { differences } from "./equivalence.ts";

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

const met = new Set<RegExp>();

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
])(
  "renders what Multus' own manifest for $name says, but for the documented differences",
  ({ module, file, spec }) => {
    const found = differences(withParsedData(upstream(module, file)), withParsedData(rendered(spec)));
    const undocumented = found.filter(({ at }) => {
      const documented = DOCUMENTED_DIFFERENCES.filter(({ where }) => where.test(at));
      for (const { where } of documented) met.add(where);
      return documented.length === 0;
    });
    expect(undocumented).toEqual([]);
  },
);

afterAll(() => {
  const stale = DOCUMENTED_DIFFERENCES.filter(({ where }) => !met.has(where)).map(({ what }) => what);
  expect(stale, "documented differences that do not occur").toEqual([]);
});

it("documents the differences in docs/equivalence.md", async () => {
  await expect(differencesPage()).toMatchFileSnapshot("../../docs/equivalence.md");
});
