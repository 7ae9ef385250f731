import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { customResourceDefinitions } from "../../src/crds/definitions.ts";
import { formatProblem } from "../../src/crds/field-problem.ts";
import { MULTUS_INSTALL, parseMultusInstall } from "../../src/crds/multus-install/multus-install.ts";
import { RULES } from "../../src/crds/multus-install/rules.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { type Connection, connect } from "../../src/kube/connection.ts";
import { ApiError } from "../../src/kube/errors.ts";
import type { ApiObject, ResourceType } from "../../src/kube/resource.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { untilEstablished } from "../cluster/established.ts";
import { multusInstallSpecs } from "./multus-install-specs.ts";
import { REFUSED } from "./rejected-specs.ts";

const CRDS: ResourceType = {
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  namespaced: false,
};

interface Definition extends ApiObject {
  status?: { conditions?: { type: string; status: string; message: string }[] };
}

let plane: ControlPlane;
let connection: Connection;
let client: KubeClient;

const install = (spec: unknown, name = "multus"): ApiObject => ({
  apiVersion: `${MULTUS_INSTALL.group}/${MULTUS_INSTALL.version}`,
  kind: MULTUS_INSTALL.kind,
  metadata: { name },
  spec,
});

/** What the API server stores of a MultusInstall, or its rejection; nothing is stored, and unknown fields count as kubectl counts them. */
async function dryRun(object: ApiObject): Promise<ApiObject | ApiError> {
  try {
    return await client.json<ApiObject>({
      method: "POST",
      path: `/apis/${MULTUS_INSTALL.group}/${MULTUS_INSTALL.version}/${MULTUS_INSTALL.plural}`,
      query: { dryRun: "All", fieldValidation: "Strict" },
      body: object,
    });
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** A broken rule's own message. Older releases, such as 1.30, put the value's type in front: `Invalid value: "object": …`. */
function ruleMessage(message: string): string {
  return message.replace(/^Invalid value: (?:"(?:object|array|string|integer|number|boolean)": )?/, "");
}

beforeAll(async () => {
  plane = await startControlPlane();
  connection = connect({ kubeconfig: plane.kubeconfig });
  client = new KubeClient(connection);
  for (const crd of customResourceDefinitions()) {
    await client.create<ApiObject>(CRDS, crd as ApiObject);
    await untilEstablished({ client }, crd.metadata.name);
  }
});

afterAll(async () => {
  await connection?.close();
  await plane?.stop();
});

describe("the CustomResourceDefinitions", () => {
  test("are structural, and no name is taken", async () => {
    for (const crd of customResourceDefinitions()) {
      const stored = await client.get<Definition>({ type: CRDS, name: crd.metadata.name });
      const conditions = stored?.status?.conditions ?? [];
      expect(conditions.filter(({ type }) => type === "NonStructuralSchema")).toEqual([]);
      expect(conditions.find(({ type }) => type === "NamesAccepted")?.status).toBe("True");
    }
  });

  test("kubectl explain tells what primaryNetwork is for, and what each of its fields sets", async () => {
    // The aggregated OpenAPI document follows the CRD by a moment.
    let text = "";
    await waitUntil("kubectl explain to know the kind", async () => {
      text = await plane.kubectl("explain", "multusinstall.spec.primaryNetwork").catch(() => "");
      return text !== "";
    });
    expect(text).toMatch(/KIND:\s+MultusInstall/);
    expect(text).toContain("The network that Multus delegates each pod's first interface to");
    expect(text).toMatch(/source\s+<string>/);
    expect(text).toMatch(/enum: Auto, File, Inline/);
    expect(text.replaceAll(/\s+/g, " ")).toContain("--multus-master-cni-file-name");
  });

  test("kubectl get shows the columns, and finds the kind by its short name", async () => {
    await client.create({ ...MULTUS }, install({}, "columns"));
    expect(await plane.kubectl("get", "mi")).toMatch(
      /^NAME +READY +REASON +VERSION +MODE +DESIRED +UPDATED +AVAILABLE +FAILING +AGE\n/,
    );
    expect(await plane.kubectl("get", "mi", "-o", "wide")).toMatch(/ AGE +NETWORKS +INVALID +PODS +IMAGE\b/);
    await client.delete({ type: MULTUS, name: "columns" });
  });
});

const MULTUS: ResourceType = { ...MULTUS_INSTALL };

describe("a MultusInstall", () => {
  test.each([
    ["without a spec", undefined],
    ["with an empty spec", {}],
    ["with an empty group of fields", { image: {}, logging: {}, entrypoint: {}, workload: {} }],
    ["in Thick mode", { mode: "Thick", daemon: {} }],
  ])("%s gets the same defaults from the API server as offline", async (_, spec) => {
    const stored = await dryRun(install(spec));
    const parsed = parseMultusInstall(install(spec));
    if (stored instanceof ApiError) throw stored;
    if (!parsed.ok) throw new Error(parsed.problems.map(formatProblem).join("; "));
    expect(stored.spec).toEqual(parsed.value.spec);
  });

  test.each(REFUSED)("$title is rejected by both, and $field is named", async ({ spec, field, says }) => {
    const rejection = await dryRun(install(spec));
    if (!(rejection instanceof ApiError)) throw new Error("the API server took it");
    expect(rejection.message).toContain(field);
    const offline = parseMultusInstall(install(spec));
    if (offline.ok) throw new Error("parseMultusInstall took it");
    expect(offline.problems.map(({ path }) => path)).toContain(field);
    if (says) {
      expect(offline.problems.map(formatProblem).join("\n")).toMatch(says);
    }
  });

  test("has a name that fits into a label's value", async () => {
    const names = ["a".repeat(63), "a".repeat(64), "multus.example.com"];
    const answers = await Promise.all(names.map((name) => dryRun(install({}, name))));
    expect(answers.map((answer) => answer instanceof ApiError)).toEqual([false, true, false]);
    expect(answers[1]).toHaveProperty(
      "message",
      expect.stringContaining("metadata.name must have at most 63"),
    );
    expect(names.map((name) => parseMultusInstall(install({}, name)).ok)).toEqual([true, false, true]);
  });

  test("cannot move to another namespace", async () => {
    await client.create(MULTUS, install({ namespace: "one" }, "moving"));
    const ref = { type: MULTUS, name: "moving" };
    await expect(client.patch(ref, { spec: { namespace: "two" } })).rejects.toThrow(
      /spec\.namespace.*is immutable; delete the MultusInstall and create it again/,
    );
    await expect(client.patch(ref, { spec: null })).rejects.toThrow(/spec\.namespace.*is immutable/);
    await client.patch(ref, { spec: { version: "v4.2.4" } });
    await client.delete(ref);
  });

  test("is judged alike by the API server and offline, whatever its spec", async () => {
    const verdicts = { taken: 0, rejected: 0 };
    const broken = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(multusInstallSpecs(), { minLength: 8, maxLength: 8 }), async (specs) => {
        await Promise.all(
          specs.map(async (spec) => {
            const answer = await dryRun(install(spec));
            const offline = parseMultusInstall(install(spec));
            const said = answer instanceof ApiError ? answer.message : "taken";
            const found = offline.ok ? "taken" : offline.problems.map(formatProblem).join("; ");
            const where = `${JSON.stringify(spec)}\nAPI server: ${said}\noffline: ${found}`;
            expect(offline.ok, where).toBe(!(answer instanceof ApiError));
            verdicts[offline.ok ? "taken" : "rejected"]++;
            if (offline.ok || !(answer instanceof ApiError)) return;
            // Where only rules between fields are broken, they are the same rules.
            if (offline.problems.some(({ code }) => code !== "CONTRADICTION")) return;
            expect(
              answer.causes.map((cause) => `${cause.field}: ${ruleMessage(cause.message)}`).toSorted(),
              where,
            ).toEqual(offline.problems.map(formatProblem).toSorted());
            for (const problem of offline.problems) broken.add(formatProblem(problem));
          }),
        );
      }),
      { numRuns: 75 },
    );
    // A generator that makes only right or only wrong specs would prove nothing, nor one that breaks few rules.
    expect(verdicts.taken).toBeGreaterThan(40);
    expect(verdicts.rejected).toBeGreaterThan(60);
    expect(broken.size).toBeGreaterThan(RULES.length * 0.7);
  });
});
