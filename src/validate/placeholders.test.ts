import { expect, it } from "vitest";
import { parseDocuments } from "./documents.ts";
import { validateFiles } from "./validate.ts";

const found = (source: string) =>
  validateFiles([{ file: "f", documents: parseDocuments(source) }]).findings.map(
    ({ path, severity, code, line }) => [line, path, severity, code],
  );

const variable = (name: string) => ["$", "{", name, "}"].join("");
const nad = (name: string, config: string) =>
  `apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {name: ${name}}\nspec:\n  config: '${config}'\n`;
const pod = (networks: string) =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    k8s.v1.cni.cncf.io/networks: '${networks}'\nspec: {}\n`;

it.each([
  ["a name of a Go template", nad('"net-{{.Replica}}"', ""), [[3, "metadata.name"]]],
  ["a name of envsubst", nad(`"net-${variable("N")}"`, ""), [[3, "metadata.name"]]],
  ["a value", nad("a", `{"cniVersion":"1.0.0","type":"macvlan","mac":"${variable("MAC")}"}`), [[5, "mac"]]],
  [
    "a number",
    nad("a", `{"cniVersion":"1.0.0","type":"macvlan","mtu":${variable("MTU")}}`),
    [[5, "spec.config"]],
  ],
  ["a whole configuration", nad("a", "_replaced_"), [[5, "spec.config"]]],
  ["a whole configuration in angle brackets", nad("a", "<config>"), [[5, "spec.config"]]],
  ["a whole name", nad("_ignored_", ""), [[3, "metadata.name"]]],
  ["a request", pod("$(NET)@net1"), [[6, 'metadata.annotations["k8s.v1.cni.cncf.io/networks"]']]],
  [
    "a request in JSON",
    pod('[{"name": $NAME}]'),
    [[6, 'metadata.annotations["k8s.v1.cni.cncf.io/networks"]']],
  ],
])("warns that %s cannot be checked before it is rendered", (_, source, expected) => {
  expect(found(source)).toEqual(expected.map((place) => [...place, "warning", "PLACEHOLDER"]));
});

it("finds what is wrong next to a placeholder", () => {
  const config = `{"cniVersion":"1.0.0","type":"macvlan","mac":"${variable("MAC")}","mode":"brige"}`;
  expect(found(nad("a", config))).toEqual([
    [5, "mode", "error", "NOT_ONE_OF"],
    [5, "mac", "warning", "PLACEHOLDER"],
  ]);
  expect(found(nad("a", '{"cniVersion":"1.0.0",}'))).toEqual([[5, "spec.config", "error", "BAD_JSON"]]);
});
