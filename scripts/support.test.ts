import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { KUBERNETES_RELEASES } from "../test/cluster/families.ts";

const ROOT = resolve(import.meta.dirname, "..");
const text = (path: string) => readFileSync(join(ROOT, path), "utf8");
const [lowest] = Object.keys(KUBERNETES_RELEASES);

it("the lowest version of Kubernetes is the same in the chart, in README and in what is tested", () => {
  expect(text("charts/multus-operator/Chart.yaml")).toContain(`kubeVersion: ">=${lowest}.0-0"`);
  expect(text("README.md")).toContain(`Kubernetes ${lowest} or later`);
  expect(text("docs/reference/support.md")).toContain(`Kubernetes ${lowest} or later`);
});

it("no page names another lowest version", () => {
  const pages = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => join("docs", file));
  const named = [...pages, "README.md", "CONTRIBUTING.md"].flatMap((page) =>
    [...text(page).matchAll(/(?<!or )Kubernetes (1\.\d+) or later|makes (1\.\d+) the lowest/g)].map(
      ([, version, made]) => `${page}: ${version ?? made}`,
    ),
  );
  expect(named.filter((name) => !name.endsWith(`: ${lowest}`))).toEqual([]);
  for (const page of ["docs/adr/0001-server-side-apply-of-raw-json.md", "docs/adr/0010-admission.md"])
    expect(named).toContain(`${page}: ${lowest}`);
});

it("the tables of support.md name files that exist", () => {
  const page = text("docs/reference/support.md");
  const cells = (heading: string, column: number) =>
    (page.split(`| ${heading}`)[1] ?? "")
      .split(/\n(?!\|)/)[0]
      ?.split("\n")
      .slice(2)
      .flatMap((row) => (row.split("|")[column] ?? "").split(/[:;]/)[0]?.split(",") ?? [])
      .map((name) => name.trim());
  const lacks = (names: string[] = [], folders: string[]) =>
    names.filter((name) => !folders.some((folder) => existsSync(join(ROOT, folder.replace("*", name)))));

  const onKind = cells("File of `CLUSTER=kind make e2e`", 1);
  expect(onKind).toContain("walkthrough");
  expect(lacks(onKind, ["test/e2e/*.test.ts", "test/e2e/*.ts", "test/cluster/*.test.ts"])).toEqual([
    "All of these",
  ]);
  const byVersion = cells("What depends on the version", 2);
  expect(byVersion).toContain("kube/reflector");
  expect(lacks(byVersion, ["test/integration/*.test.ts"])).toEqual([]);
});

it("the table of tested versions has a row for each pinned release", () => {
  const table = text("docs/reference/support.md");
  for (const release of Object.values(KUBERNETES_RELEASES))
    expect(table).toMatch(new RegExp(`^\\| ${release.slice(1).replaceAll(".", "\\.")} `, "m"));
});
