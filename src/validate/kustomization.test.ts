import { expect, it } from "vitest";
import { parseDocuments } from "./documents.ts";
import { skippedLine } from "./summary.ts";
import { validateFiles } from "./validate.ts";

const nad = (name: string, config: string) =>
  `apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {name: ${name}}\nspec: {config: '${config}'}\n`;
const LAN = '{"cniVersion":"1.0.0","type":"macvlan"}';
const BROKEN = '{"cniVersion":"1.0.0","type":"macvlan","mode":"brige"}';
const validate = (files: Record<string, string>) =>
  validateFiles(Object.entries(files).map(([file, text]) => ({ file, documents: parseDocuments(text) })));
const codes = (files: Record<string, string>) =>
  validate(files).findings.map(({ file, code }) => `${file} ${code}`);

it.each([
  ["patches", "patches:\n- target: {kind: NetworkAttachmentDefinition}\n  path: ../patch.yaml\n"],
  ["patchesJson6902", "patchesJson6902:\n- {target: {kind: A, name: b, version: v1}, path: ../patch.yaml}\n"],
  ["patchesStrategicMerge", "patchesStrategicMerge:\n- ../patch.yaml\n- |\n  kind: A\n"],
])("does not check a file of %s as an object", (_, text) => {
  const files = { "./a/patch.yaml": nad("_x_", BROKEN), "a/b/nad.yaml": nad("lan", LAN) };
  expect(codes({ ...files, "a/b/kustomization.yaml": text })).toEqual([]);
  expect(codes({ ...files, "a/b/other.yaml": text })).not.toEqual([]);
  const component = `apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n${text}`;
  const found = validate({ ...files, "a/b/other.yaml": component });
  expect(found.findings).toEqual([]);
  expect(skippedLine(found)).toBe("not checked: 1 patch of a Kustomization and 1 Component");
});

it("takes directories as separate if there is a Kustomization", () => {
  const files = {
    "a/nad.yaml": nad("lan", LAN),
    "b/nad.yaml": nad("lan", LAN),
    "b/more.yaml": nad("lan", LAN),
  };
  expect(codes(files)).toEqual(["b/nad.yaml DUPLICATE_OBJECT", "b/more.yaml DUPLICATE_OBJECT"]);
  const overlay = "resources: [nad.yaml, more.yaml]\n";
  expect(codes({ ...files, "b/kustomization.yml": overlay })).toEqual(["b/more.yaml DUPLICATE_OBJECT"]);
});

it("counts kinds that are left out", () => {
  const kinds = (count: number) =>
    Array.from({ length: count }, (_, n) => `kind: Patch${"abcdefghij"[n]}\n`).join("---\n");
  expect(skippedLine(validate({ "a.yaml": kinds(9) }))).toMatch(/1 Patchh and 1 more kind$/);
  expect(skippedLine(validate({ "a.yaml": kinds(10) }))).toMatch(/ and 2 more kinds$/);
  expect(skippedLine(validate({ "a.yaml": "a: 1\n---\nb: 2\n" }))).toBe(
    "not checked: 2 documents without a kind",
  );
});
