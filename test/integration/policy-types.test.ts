import { afterAll, beforeAll, expect, it } from "vitest";
import { policies } from "../../src/admission/policies.ts";
import { parsedInstall } from "../../src/crds/multus-install/parsed-install.ts";
import { type ApiObject, VALIDATING_ADMISSION_POLICIES } from "../../src/kube/resource.ts";
import { networkDefinition } from "../../src/render/definition.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { untilEstablished } from "../cluster/established.ts";
import { Kubectl } from "../cluster/kubectl.ts";

/** What kube-controller-manager writes about the expressions of a policy: it checks their types against the schemas. */

interface Policy extends ApiObject {
  status?: { observedGeneration?: number; typeChecking?: { expressionWarnings?: object[] } };
}

const NETWORKS = "multus-operator-networks";
const DENY = {
  mode: "Deny",
  isolation: { enabled: false, globalNamespaces: [] },
  excludedNamespaces: ["kube-system"],
  denyCodes: [],
} as const;

let plane: BorrowedControlPlane;
let kubectl: Kubectl;

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true });
  kubectl = new Kubectl(plane.kubeconfig);
});

afterAll(async () => {
  await plane?.stop();
});

async function apply(...objects: object[]): Promise<void> {
  const list = { apiVersion: "v1", kind: "List", items: objects };
  await kubectl.runWithInput(JSON.stringify(list), "apply", "--server-side", "-f", "-");
}

/** The warnings about a policy, once its present generation is checked. */
async function warnings(name: string): Promise<object[]> {
  let policy: Policy | undefined;
  await waitUntil(`the types of ${name} to be checked`, async () => {
    policy = await kubectl.client.get<Policy>({
      type: VALIDATING_ADMISSION_POLICIES,
      name,
    });
    return policy?.status?.observedGeneration === policy?.metadata.generation;
  });
  return policy?.status?.typeChecking?.expressionWarnings ?? [];
}

it("finds no mistake in a policy of the chart or of the operator", async () => {
  const install = parsedInstall();
  await apply(networkDefinition(install));
  await untilEstablished(kubectl, networkDefinition(install).metadata.name);
  await kubectl.run("apply", "--server-side", "-f", "manifests/install.yaml");
  await apply(...policies(DENY, {}));
  const names = (await kubectl.run("get", "validatingadmissionpolicy", "-o", "name"))
    .trim()
    .split("\n")
    .map((name) => name.replace(/^.*\//, ""));
  expect(names).toContain(NETWORKS);
  expect(names).toContain("multus-operator-pods");
  for (const name of names) expect([name, await warnings(name)]).toEqual([name, []]);
});

it("finds a field that does not exist", async () => {
  const patch = [
    { op: "replace", path: "/spec/validations/0/expression", value: "object.spec.absent == ''" },
  ];
  await kubectl.run(
    "patch",
    "validatingadmissionpolicy",
    "multus-operator-pods",
    "--type=json",
    "-p",
    JSON.stringify(patch),
  );
  expect(await warnings("multus-operator-pods")).toHaveLength(1);
});
