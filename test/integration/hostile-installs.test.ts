import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MULTUS_INSTALL, parseMultusInstall } from "../../src/crds/multus-install/multus-install.ts";
import { ApiError } from "../../src/kube/errors.ts";
import type { ApiObject } from "../../src/kube/resource.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { FIELDS } from "./hostile-fields.ts";
import { entryName, type FieldCase, hostileCases, rightCase, schemaFields } from "./hostile-installs.ts";
import { applyInstallDefinition } from "./install-controller.ts";

/**
 * Whoever may write a MultusInstall has root on the nodes by its image (docs/security.md). What the fields beside it
 * would do to a cluster is rejected all the same, by the API server alone: no operator runs here.
 */

let plane: BorrowedControlPlane;
let kubectl: Kubectl;

beforeAll(async () => {
  plane = await borrowControlPlane();
  kubectl = new Kubectl(plane.kubeconfig);
  await applyInstallDefinition(kubectl);
});

afterAll(async () => {
  await plane?.stop();
});

const install = (spec: unknown): ApiObject => ({
  apiVersion: `${MULTUS_INSTALL.group}/${MULTUS_INSTALL.version}`,
  kind: MULTUS_INSTALL.kind,
  metadata: { name: "multus" },
  spec,
});

async function dryRun(spec: unknown, fieldValidation: "Strict" | "Ignore"): Promise<ApiObject | ApiError> {
  try {
    return await kubectl.client.json<ApiObject>({
      method: "POST",
      path: `/apis/${MULTUS_INSTALL.group}/${MULTUS_INSTALL.version}/${MULTUS_INSTALL.plural}`,
      query: { dryRun: "All", fieldValidation },
      body: install(spec),
    });
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

const shown = ({ path, value }: FieldCase) => `spec.${path}: ${JSON.stringify(value).slice(0, 120)}`;
/** The field, or the group that it is in: `spec.workload.resources` for a limit. */
const names = ({ path }: FieldCase, message: string) => {
  const parts = path.replaceAll(/\[\]|\{\}/g, "").split(".");
  return parts.some((_, index) => message.includes(`spec.${parts.slice(0, index + 1).join(".")}`));
};

const fields = schemaFields();
const known = fields.flatMap(({ entry, ...field }) => (entry ? [{ ...field, entry }] : []));

describe("each field of a MultusInstall", () => {
  it("has hostile values, and none is listed that does not exist", () => {
    expect(fields.filter(({ entry }) => !entry).map(({ path }) => path)).toEqual([]);
    const paths = new Set(fields.map(({ path }) => entryName(path)));
    expect(Object.keys(FIELDS).filter((path) => !paths.has(path))).toEqual([]);
    // What a type and bounds cannot say has to be thought of by a person, once for each field.
    const thought = known.filter(({ schema: { type, enum: words } }) =>
      words ? false : type === "string" || (type === "integer" && words === undefined),
    );
    const none = thought.filter(({ entry }) => !entry.hostile?.length).map(({ path }) => path);
    expect(none).toEqual(none.filter((path) => path.endsWith("[].weight")));
  });

  it.each(known)("spec.$path takes what is right", async ({ path, entry }) => {
    const { spec } = rightCase(path, entry);
    // Ignore accepts all that Strict accepts.
    const answer = await dryRun(spec, "Strict");
    expect(answer instanceof ApiError ? answer.message : "", JSON.stringify(spec)).toBe("");
    expect(parseMultusInstall(install(spec)).ok, JSON.stringify(spec)).toBe(true);
  });

  it.each(known)("spec.$path rejects what is hostile", async ({ path, schema, entry }) => {
    const cases = hostileCases(path, schema, entry);
    expect(cases.length).toBeGreaterThanOrEqual(3);
    const taken: string[] = [];
    // Strict rejects all that Ignore rejects, and unknown fields: one value of each field shows that.
    for (const [index, one] of cases.entries())
      for (const validation of index === 0 ? (["Strict", "Ignore"] as const) : (["Ignore"] as const)) {
        const answer = await dryRun(one.spec, validation);
        if (!(answer instanceof ApiError)) taken.push(`${validation}: ${shown(one)}`);
        else if (![400, 422].includes(answer.status) || !names(one, answer.message))
          taken.push(`${validation}: ${shown(one)} is rejected with ${answer.message.slice(0, 200)}`);
      }
    for (const one of cases)
      if (parseMultusInstall(install(one.spec)).ok) taken.push(`offline: ${shown(one)}`);
    expect(taken).toEqual([]);
  });
});

it("counts: at least 150 of them were thought of by a person", () => {
  const all = known.flatMap(({ path, schema, entry }) => hostileCases(path, schema, entry));
  const listed = new Set(all.filter(({ from }) => from === "list").map(({ spec }) => JSON.stringify(spec)));
  expect(listed.size).toBeGreaterThanOrEqual(150);
  expect(new Set(all.map(({ spec }) => JSON.stringify(spec))).size).toBeGreaterThan(listed.size);
  console.info(`${all.length} hostile MultusInstalls, ${listed.size} of them listed by hand`);
});

it("drops a field that the schema does not know, wherever it stands, if it does not reject it", async () => {
  const groups = known.filter(
    ({ schema }) => schema.type === "object" && !("additionalProperties" in schema),
  );
  for (const { path, entry } of groups) {
    const unknown = { ...(entry.right as object), hostPath: { path: "/" } };
    const { spec } = rightCase(path, { ...entry, right: unknown });
    const strict = await dryRun(spec, "Strict");
    expect(strict instanceof ApiError ? strict.message : "", path).toContain("hostPath");
    const pruned = await dryRun(spec, "Ignore");
    if (pruned instanceof ApiError) throw pruned;
    expect(JSON.stringify(pruned.spec), path).not.toContain("hostPath");
  }
});
