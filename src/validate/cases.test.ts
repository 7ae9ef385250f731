import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { parseDocuments } from "./documents.ts";
import { findingLine, summaryLine } from "./summary.ts";
import { validateFiles } from "./validate.ts";

/** After files and reports of users: what `validate` prints for each. */
const CASES: Record<string, string[]> = {
  "validate-closing-quote-at-parents-column": [
    "1 NetworkAttachmentDefinition and 1 Pod checked: 0 errors, 0 warnings",
  ],
  "validate-duplicate-key": [
    "f:7:11: warning: NetworkAttachmentDefinition a: metadata.labels: is a duplicate key; kubectl uses the last value [DUPLICATE_KEY]",
    "1 NetworkAttachmentDefinition checked: 0 errors, 1 warning",
  ],
  "validate-yaml-merge-key": [
    expect.stringMatching(
      /^f:9:\d+: \w+: NetworkAttachmentDefinition m1: ipam\.type: .*host-local/,
    ) as string,
    expect.stringMatching(
      /^f:9:\d+: \w+: NetworkAttachmentDefinition m2: ipam\.type: .*host-local/,
    ) as string,
    expect.stringMatching(/^2 NetworkAttachmentDefinitions checked/) as string,
  ],
  "validate-kind-misspelled": [
    'f:3:7: error: NetworkAttachementDefinition lan: kind: unknown kind; did you mean NetworkAttachmentDefinition? (it is "NetworkAttachementDefinition") [INVALID_VALUE]',
    expect.stringContaining('did you mean "bridge"?') as string,
    expect.stringMatching(/^1 NetworkAttachementDefinition checked: 1 error/) as string,
  ],
  "validate-name-that-the-api-server-rejects": [
    'f:4:18: error: NetworkAttachmentDefinition Iot_Net: metadata.name: must be a lowercase DNS name of at most 253 characters: a-z, 0-9, - and . (it is "Iot_Net") [INVALID_VALUE]',
    "1 NetworkAttachmentDefinition checked: 1 error, 0 warnings",
  ],
  "validate-annotation-next-to-annotations": [
    'f:7:32: error: Pod p: metadata["k8s.v1.cni.cncf.io/networks"]: unknown field; it belongs below annotations or labels: indent it [UNKNOWN_FIELD]',
    "1 Pod checked: 1 error, 0 warnings",
  ],
};

const read = (name: string) =>
  readFileSync(resolve(import.meta.dirname, "../../test/cases", `${name}.yaml`), "utf8");

it.each(Object.entries(CASES))("%s", (name, expected) => {
  const validation = validateFiles([{ file: "f", documents: parseDocuments(read(name)) }]);
  expect([...validation.findings.map(findingLine), summaryLine(validation)]).toEqual(expected);
});

it("validate-helm-template", () => {
  expect(parseDocuments(read("validate-helm-template"))).toMatchObject([{ error: { line: 2 } }]);
});
