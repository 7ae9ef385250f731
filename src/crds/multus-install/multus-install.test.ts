import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { imageReference } from "../../multus/releases.ts";
import { formatProblem } from "../field-problem.ts";
import { parseMultusInstall } from "./multus-install.ts";
import { multusInstallStatus } from "./status.ts";

const install = (spec: unknown, rest: object = {}) => ({
  apiVersion: "multus-operator.dev/v1alpha1",
  kind: "MultusInstall",
  metadata: { name: "multus" },
  spec,
  ...rest,
});

function problemsOf(object: unknown): string[] {
  const parsed = parseMultusInstall(object);
  return parsed.ok ? [] : parsed.problems.map(formatProblem);
}

describe("parseMultusInstall", () => {
  test("fills in the defaults, and leaves alone what the API server added", () => {
    const parsed = parseMultusInstall(
      install(undefined, {
        metadata: { name: "multus", uid: "1", managedFields: [] },
        status: { whatever: 1 },
      }),
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(parsed.value.spec).toMatchObject({
      version: "v4.3.1",
      mode: "Thin",
      namespace: "kube-system",
      distribution: "Auto",
      primaryNetwork: { source: "Auto" },
      paused: false,
    });
    expect(parsed.value.metadata).toMatchObject({ uid: "1", managedFields: [] });
  });

  // The table of wrong specs, which the API server must reject as well, is in test/integration.
  test.each([
    [{ mode: "thick" }, 'spec.mode: must be one of Thin, Thick; did you mean Thick? (it is "thick")'],
    [
      { attachments: { admission: false } },
      'spec.attachments.admission: must be one of Off, Warn, Deny; write "Off" in quotes: YAML reads it as false without them (it is false)',
    ],
    [{ paused: "yes" }, 'spec.paused: must be of type boolean (it is "yes")'],
    [{ image: { pullSecrets: Array(9).fill("a") } }, "spec.image.pullSecrets: must have at most 8 items"],
    [
      { image: { pullSecrets: ["a", "a"] } },
      "spec.image.pullSecrets: must not contain a value more than once",
    ],
    [{ workload: { architectures: [] } }, "spec.workload.architectures: must have at least 1 item"],
    [
      { image: { pullSecrets: [{ name: "harbor" }] } },
      "spec.image.pullSecrets[0]: must be of type string (it is an object)",
    ],
    [{ image: [{ registry: "quay.io" }] }, "spec.image: must be of type object (it is a list)"],
    [
      { daemon: { metricsPort: 0 }, mode: "Thick" },
      "spec.daemon.metricsPort: must be at least 1024 (it is 0)",
    ],
    [
      { workload: { tolerations: [{ kye: "a" }] } },
      "spec.workload.tolerations[0].kye: unknown field; did you mean key?",
    ],
    [
      { logging: { file: "x\u0000" } },
      'spec.logging.file: must be an absolute path without . and .. (it is "x\\u0000")',
    ],
  ])("%j is rejected in words", (spec, expected) => {
    expect(problemsOf(install(spec))).toContain(expected);
  });

  test.each([
    ["matchFields", { key: "zone", operator: "In", values: ["a"] }, /key: must be metadata\.name/],
    ["matchFields", { key: "metadata.name", operator: "Exists" }, /operator: must be one of In, NotIn/],
    [
      "matchFields",
      { key: "metadata.name", operator: "In", values: ["a", "b"] },
      /values: must have at most 1 item$/,
    ],
    ["matchExpressions", { key: "cores", operator: "Gt", values: ["many"] }, /Gt and Lt compare integers/],
    ["matchFields", { key: "metadata.name", operator: "In", values: ["a".repeat(200)] }, undefined],
    ["matchExpressions", { key: "cores", operator: "Gt", values: ["8"] }, undefined],
  ])("an affinity's %s %j", (list, requirement, problem) => {
    const terms = { nodeSelectorTerms: [{ [list]: [requirement] }] };
    const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: terms };
    const problems = problemsOf(install({ workload: { affinity: { nodeAffinity } } })).join("\n");
    if (problem) expect(problems).toMatch(problem);
    else expect(problems).toBe("");
  });

  test.each([
    [
      { limits: { cpu: "17" } },
      /must not have a cpu request above 16, or a limit above it without a request/,
    ],
    [{ requests: { memory: "65Gi" } }, /must not have a memory request above 64Gi/],
    [{ limits: { cpu: "17" }, requests: { cpu: "1" } }, /^$/],
    [{ limits: { memory: "64Gi" } }, /^$/],
  ])("resources %j: a request is the limit if it is not set", (resources, problems) => {
    expect(problemsOf(install({ workload: { resources } })).join("\n")).toMatch(problems);
  });

  test.each([
    ["a.b-c", true],
    ["a..b", false],
    ["a.-b", false],
    ["a-.b", false],
  ])("the name of an object %s is right: %j", (name, isRight) => {
    expect(problemsOf(install({ image: { pullSecrets: [name] } })).length).toBe(isRight ? 0 : 1);
  });

  test("has room in the status for the longest image that a spec may name", () => {
    const image = { registry: "r".repeat(253), repository: "r".repeat(255), tag: "t".repeat(128) };
    const parsed = parseMultusInstall(install({ image }));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    const reference = imageReference(parsed.value.spec);
    expect(multusInstallStatus.parse({ image: reference }).image).toBe(reference);
  });

  test("names every fault of the values at once, and the contradictions once the values are right", () => {
    expect(problemsOf(install({ mode: "thick", version: "1", cni: { confdir: "/" } }))).toHaveLength(3);
    expect(problemsOf(install({ mode: "Thick", version: "v3.4.2", entrypoint: {} }))).toEqual([
      "spec.mode: Thick requires version v4.0 or later; use mode: Thin or a v4 release",
      "spec.entrypoint: is for mode: Thin only; remove it or use mode: Thin",
    ]);
  });

  test("rejects another kind, another API, and a name that cannot be a label's value", () => {
    expect(problemsOf(install({}, { kind: "Pod" }))).toEqual(['kind: must be MultusInstall (it is "Pod")']);
    expect(problemsOf({ metadata: { name: "multus" } })).toEqual([
      "apiVersion: Required: it must be multus-operator.dev/v1alpha1",
      "kind: Required: it must be MultusInstall",
    ]);
    expect(problemsOf(install({}, { apiVersion: "v1" }))[0]).toContain("apiVersion");
    expect(problemsOf(install({}, { metadata: { name: "a".repeat(64) } }))[0]).toMatch(
      /^metadata\.name: .* 63 characters/,
    );
    expect(problemsOf(install({}, { metadata: {} }))).toEqual(["metadata.name: Required"]);
  });

  test("whatever it is given, it answers, and its messages are bounded", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.jsonValue().map((spec) => install(spec)),
        ),
        (object) => {
          const parsed = parseMultusInstall(object);
          if (parsed.ok) return;
          expect(parsed.problems.length).toBeGreaterThan(0);
          for (const { message } of parsed.problems) expect(message.length).toBeLessThan(600);
        },
      ),
    );
  });
});
