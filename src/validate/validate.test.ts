import { expect, it } from "vitest";
import { parseDocuments } from "./documents.ts";
import { findingLine, skippedLine, summaryLine } from "./summary.ts";
import { validateFiles } from "./validate.ts";

const validate = (source: string) => validateFiles([{ file: "f.yaml", documents: parseDocuments(source) }]);
const found = (source: string) =>
  validate(source).findings.map(({ name, path, severity, code }) => [name, path, severity, code]);
const nad = (spec: string, head = "apiVersion: k8s.cni.cncf.io/v1") =>
  `${head}\nkind: NetworkAttachmentDefinition\nmetadata: {name: n, namespace: apps}\nspec: ${spec}\n`;

it("places a finding in the file, with the object it is about", () => {
  const source = `# comment\n---\n${nad(`\n  config: |\n    {"cniVersion":"1.0.0","type":"macvlan",\n     "mode":"brige"}`)}`;
  expect(validate(source).findings).toEqual([
    {
      file: "f.yaml",
      document: 0,
      kind: "NetworkAttachmentDefinition",
      namespace: "apps",
      name: "n",
      path: "mode",
      severity: "error",
      code: "NOT_ONE_OF",
      message: expect.stringContaining('did you mean "bridge"?'),
      line: 9,
      column: 13,
    },
  ]);
});

it("accepts a NAD without a configuration, and one that the node has a file for", () => {
  for (const spec of ["", "{}", "{config: ''}"]) expect(found(nad(spec))).toEqual([]);
});

it.each([
  [nad("{config: {type: x}}"), "spec.config", "WRONG_TYPE"],
  [nad("{confg: ''}"), "spec.confg", "UNKNOWN_FIELD"],
  [nad("[]"), "spec", "WRONG_TYPE"],
  [nad("{}", "apiVersion: v1"), "apiVersion", "INVALID_VALUE"],
  ["apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition", "metadata.name", "MISSING_FIELD"],
  [nad("{config: '{'}"), "spec.config", "BAD_JSON"],
  [
    "apiVersion: multus-operator.dev/v1alpha1\nkind: MultusInstall\nmetadata: {name: m}\nspec: {verson: v4.3.0}",
    "spec.verson",
    "UNKNOWN_FIELD",
  ],
  [
    "apiVersion: multus-operator.dev/v1alpha1\nkind: MultusInstall\nmetadata: {name: m}\nspec: {mode: Thick, version: v3.4.2}",
    "spec.mode",
    "CONTRADICTION",
  ],
])("names the field of %j", (source, path, code) => {
  expect(found(source).map((finding) => finding.slice(1))).toEqual([[path, "error", code]]);
});

it("looks into Lists, and passes over what it does not know", () => {
  const source = `apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: c}}
- apiVersion: k8s.cni.cncf.io/v1
  kind: NetworkAttachmentDefinition
  metadata: {name: n}
  spec: {config: '{"type":"vlan"'}
---
apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinitionList
items: [{metadata: {name: m}, spec: {config: "5"}}]
---
just: text
`;
  const validation = validate(source);
  expect(
    validation.findings.map(({ name, document, line, column }) => [name, document, line, column]),
  ).toEqual([
    ["n", 0, 8, 33],
    ["m", 1, 12, 47],
  ]);
  expect(summaryLine(validation)).toBe("2 NetworkAttachmentDefinitions checked: 2 errors, 0 warnings");
  expect(skippedLine(validation)).toBe("not checked: 1 ConfigMap and 1 document without a kind");
});

it("prints no control characters, whatever the file holds", () => {
  const source =
    'apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {name: "a\\u001b[31m"}\nspec: {"\\u0007": 1}\n';
  for (const finding of validate(source).findings) expect(findingLine(finding)).not.toMatch(/\p{Cc}/u);
});
