import { expect, it } from "vitest";
import { parseDocuments } from "./documents.ts";
import { findingLine, skippedLine, summaryLine } from "./summary.ts";
import { validateFiles } from "./validate.ts";

const validate = (source: string) => validateFiles([{ file: "f.yaml", documents: parseDocuments(source) }]);
const found = (source: string) =>
  validate(source).findings.map(({ name, path, severity, code }) => [name, path, severity, code]);
const nad = (spec: string, head = "apiVersion: k8s.cni.cncf.io/v1") =>
  `${head}\nkind: NetworkAttachmentDefinition\nmetadata: {name: "n", namespace: apps}\nspec: ${spec}\n`;

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
  metadata: {name: "n"}
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
  expect(skippedLine(validation)).toBe("not checked: 1 document without a kind and 1 ConfigMap");
});

it("prints no control characters, whatever the file holds", () => {
  const source =
    'apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: {name: "a\\u001b[31m"}\nspec: {"\\u0007": 1}\n';
  for (const finding of validate(source).findings) expect(findingLine(finding)).not.toMatch(/\p{Cc}/u);
});

const pod = (networks: string, more = "") =>
  `apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  namespace: apps\n  annotations: {k8s.v1.cni.cncf.io/networks: ${networks}}\n${more}`;
const capable = nad(`{config: '{"cniVersion":"1.0.0","type":"x","capabilities":{"ips":true}}'}`);
const install = (spec: string) =>
  `apiVersion: multus-operator.dev/v1alpha1\nkind: MultusInstall\nmetadata: {name: m}\nspec: ${spec}\n`;

it.each([
  ["a good one", pod("n@if1")],
  ["a NAD that is not among the files", pod("elsewhere/other")],
  ["a capability that is declared", `${capable}---\n${pod(`'[{"name":"n","ips":["10.0.0.5"]}]'`)}`],
  ["one NAD twice", pod("'n,n'")],
])("accepts a pod's networks: %s", (_, source) => {
  expect(found(source)).toEqual([]);
});

const NETWORKS = 'metadata.annotations["k8s.v1.cni.cncf.io/networks"]';
it.each([
  ["no JSON", pod(`'[{"name": "n"'`), "error", "BAD_JSON"],
  ["a name that is none", pod("Bad_Name"), "error", "BAD_NAME"],
  ["a network without a name", pod("'n,'"), "error", "MISSING_NAME"],
  ["no string", pod("{name: n}"), "error", "WRONG_TYPE"],
  ["one interface twice", pod("'n@net2,n'"), "error", "DUPLICATE_INTERFACE"],
  ["the pod's own interface", pod("n@eth0"), "error", "DUPLICATE_INTERFACE"],
  [
    "two default routes",
    pod(`'[{"name":"a","default-route":["10.0.0.1"]},{"name":"b","default-route":["10.0.0.2"]}]'`),
    "error",
    "SECOND_DEFAULT_ROUTE",
  ],
  ["the host's network", pod('"n"', "spec: {hostNetwork: true}"), "warning", "IGNORED"],
  [
    "a capability that is not declared",
    `${capable}---\n${pod(`'[{"name":"n","portMappings":[{"hostPort":80,"containerPort":80}]}]'`)}`,
    "warning",
    "MISSING_CAPABILITY",
  ],
  [
    "isolation",
    `${install("{isolation: {enabled: true}}")}---\n${pod("other/n")}`,
    "error",
    "FORBIDDEN_NETWORK",
  ],
])("tells of a pod's networks: %s", (_, source, severity, code) => {
  expect(found(source)).toEqual([["p", NETWORKS, severity, code]]);
});

it("looks into pod templates, where other kinds keep them too", () => {
  const template = (kind: string, inner: string) =>
    `apiVersion: x/v1\nkind: ${kind}\nmetadata: {name: p}\nspec: ${inner}\n`;
  const metadata = "{metadata: {annotations: {k8s.v1.cni.cncf.io/networks: A}}}";
  const path = 'template.metadata.annotations["k8s.v1.cni.cncf.io/networks"]';
  for (const kind of ["Deployment", "Rollout"])
    expect(found(template(kind, `{template: ${metadata}}`))).toEqual([
      ["p", `spec.${path}`, "error", "BAD_NAME"],
    ]);
  expect(found(template("CronJob", `{jobTemplate: {spec: {template: ${metadata}}}}`))).toEqual([
    ["p", `spec.jobTemplate.spec.${path}`, "error", "BAD_NAME"],
  ]);
  expect(skippedLine(validate(template("Rollout", "{}")))).toBe("not checked: 1 Rollout");
});

it("warns of an annotation that no pod gets, and of a misspelt one", () => {
  const own = pod('"n"').replace("kind: Pod", "kind: Deployment");
  expect(found(own)).toEqual([["p", NETWORKS, "warning", "IGNORED"]]);
  expect(found(pod('"n"').replace("networks:", "network:"))).toMatchObject([
    ["p", 'metadata.annotations["k8s.v1.cni.cncf.io/network"]', "warning", "UNKNOWN_FIELD"],
  ]);
});

it("compares the NADs of all files with each other and with the MultusInstall", () => {
  const macvlan = (name: string, version = "0.3.1") =>
    nad(
      `\n  config: |\n    {"cniVersion":"${version}","type":"macvlan","master":"eth0",\n     "ipam":{"type":"host-local","subnet":"10.0.0.0/24"}}`,
    ).replace('name: "n"', `name: ${name}`);
  const source = [macvlan("a"), macvlan("b", "1.0.0"), install("{version: v3.9.3}")].join("---\n");
  const codes = validate(source).findings.map(({ name, code, line }) => `${name} ${code} ${line}`);
  expect(codes).toEqual([
    "a ADDRESSES_PER_NODE 7",
    "a RANGES_OVERLAP 7",
    "b ADDRESSES_PER_NODE 15",
    "b CNI_VERSION_TOO_NEW 14",
    "b RANGES_OVERLAP 15",
  ]);
});

it("reads a pod's request as the release of the MultusInstall does", () => {
  const pod = `apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  namespace: apps\n  annotations:\n    k8s.v1.cni.cncf.io/networks: lan@net_1\n`;
  const codes = (version: string) =>
    validate([pod, install(`{version: ${version}}`)].join("---\n"))
      .findings.filter(({ kind }) => kind === "Pod")
      .map(({ code, severity }) => `${severity} ${code}`);
  expect(codes("v3.4.2")).toEqual(["error BAD_INTERFACE"]);
  expect(codes("v4.3.1")).toEqual([]);
});

it("says what has no effect for the network in the place of the cluster's own", () => {
  const pod = `apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    v1.multus-cni.io/default-network: infra/lan@net1\n`;
  expect(validate(pod).findings.map(({ code }) => code)).toEqual(["DEFAULT_NETWORK_INTERFACE"]);
});

it("finds a default network without an ipam, of one pod and of all", () => {
  const layer2 = nad(`{config: '{"cniVersion":"1.0.0","type":"macvlan","master":"eth1"}'}`);
  const of = (...documents: string[]) =>
    validate([layer2, ...documents].join("---\n"))
      .findings.filter(({ severity }) => severity === "error")
      .map(({ kind, code }) => `${kind} ${code}`);
  const annotated = (name: string) =>
    `apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: apps, annotations: {v1.multus-cni.io/default-network: ${name}}}\n`;
  expect(of(annotated("apps/n"))).toEqual(["Pod DEFAULT_NETWORK_WITHOUT_ADDRESS"]);
  const daemon = (network: string) =>
    install(`{version: v4.3.1, mode: Thick, namespace: apps, daemon: {clusterNetwork: "${network}"}}`);
  expect(of(daemon("n"))).toEqual(["NetworkAttachmentDefinition DEFAULT_NETWORK_WITHOUT_ADDRESS"]);
  expect(of(daemon("other"))).toEqual([]);
});

it("counts the gateway of the pod's default network", () => {
  const first = (gateways: string) =>
    `v1.multus-cni.io/default-network: '[{"name":"lan","namespace":"infra","default-route":[${gateways}]}]'`;
  const second = `k8s.v1.cni.cncf.io/networks: '[{"name":"n","default-route":["10.0.0.2"]}]'`;
  const of = (version: string, ...annotations: string[]) =>
    validate(
      `apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {${annotations.join(", ")}}}\n---\n${install(`{version: ${version}}`)}`,
    )
      .findings.filter(({ kind }) => kind === "Pod")
      .map(({ severity, code, path }) => `${severity} ${code} ${path}`);
  const NETWORK = 'metadata.annotations["v1.multus-cni.io/default-network"]';
  expect(of("v4.3.1", first('"10.0.0.1"'), second)).toEqual([`error SECOND_DEFAULT_ROUTE ${NETWORKS}`]);
  expect(of("v4.3.1", first('"fd00::1"'), second)).toEqual([]);
  expect(of("v4.3.1", first('"10.0.0.1", "10.0.0.2"'))).toEqual([`warning SECOND_DEFAULT_ROUTE ${NETWORK}`]);
  expect(of("v4.1.0", first('"10.0.0.1", "10.0.0.2"'))).toEqual([`error SECOND_DEFAULT_ROUTE ${NETWORK}`]);
});

it("says of a NAD that is in two files, and of one that is twice in a List", () => {
  const documents = parseDocuments(nad("{}"));
  const twoFiles = validateFiles([
    { file: "a.yaml", documents },
    { file: "b.yaml", documents },
  ]);
  expect(twoFiles.findings.map(findingLine)).toEqual([
    'b.yaml:3:18: warning: NetworkAttachmentDefinition apps/n: metadata.name: is also the name of another object in "a.yaml"; the one that is applied last takes effect [DUPLICATE_OBJECT]',
  ]);
  expect(found(`${nad("{}")}---\n${nad("{}").replace("apps", "other")}`)).toEqual([]);
});

it("finds keys that are set twice where an object is checked, in the object's own terms", () => {
  const source = `apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: ConfigMap, data: {a: x, a: y}}
- apiVersion: k8s.cni.cncf.io/v1
  kind: NetworkAttachmentDefinition
  metadata: {name: net}
  spec:
    config: ""
    config: '{"cniVersion": "1.0.0", "type": "x"}'
`;
  expect(validate(source).findings).toMatchObject([
    { name: "net", path: "spec.config", code: "DUPLICATE_KEY", severity: "warning", line: 10, column: 13 },
  ]);
});

it("checks what is meant by a misspelled kind", () => {
  expect(found(nad("{confg: ''}").replace("Attachment", "Attachement"))).toEqual([
    ["n", "kind", "error", "INVALID_VALUE"],
    ["n", "spec.confg", "error", "UNKNOWN_FIELD"],
  ]);
  expect(found("apiVersion: v1\nkind: NetworkPolicy\nmetadata: {name: x}\n")).toEqual([]);
});
