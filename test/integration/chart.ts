import { dump, loadAll } from "js-yaml";
import { binary } from "../cluster/binaries.ts";
import { execute } from "../cluster/execute.ts";
import type { Kubectl } from "../cluster/kubectl.ts";

/** An object of the chart. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  [field: string]: unknown;
}

/** The user name of the operator's account in a cluster with the chart. */
export const OPERATOR = "system:serviceaccount:multus-operator:multus-operator";
/** The image that the objects of `chartObjects` name. */
export const CHART_IMAGE = "registry.invalid/multus-operator:test";

/** Accounts, rights and policies: what the operator is bound by, without the program. */
const RIGHTS =
  /^(ClusterRole|ClusterRoleBinding|Role|RoleBinding|ServiceAccount|ValidatingAdmissionPolicy.*)$/;

/** The chart's objects with these values (`a.b=c`), as Helm renders them. */
export async function chartObjects(...settings: string[]): Promise<Manifest[]> {
  const [repository, tag] = CHART_IMAGE.split(/:(?=[^:]*$)/);
  const values = [`image.repository=${repository}`, `image.tag=${tag}`, ...settings].join(",");
  const chart = ["template", "multus-operator", "charts/multus-operator", "--namespace", "multus-operator"];
  const text = await execute(await binary("helm"), [...chart, "--no-hooks", "--set", values]);
  return (loadAll(text) as (Manifest | null)[]).filter((manifest) => manifest !== null);
}

/** Applies the chart's accounts, rights and policies, and removes the policies that these values switch off. */
export async function applyRights(kubectl: Kubectl, ...settings: string[]): Promise<void> {
  const wanted = (await chartObjects(...settings)).filter(({ kind }) => RIGHTS.test(kind));
  await kubectl.runWithInput(wanted.map((manifest) => dump(manifest)).join("---\n"), "apply", "-f", "-");
  const kept = new Set(wanted.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`));
  const there = await kubectl.run(
    ...["get", "validatingadmissionpolicies,validatingadmissionpolicybindings", "-o", "name"],
    ...["-l", "app.kubernetes.io/name=multus-operator"],
  );
  const obsolete = there
    .trim()
    .split("\n")
    .filter((name) => name !== "" && !kept.has(name.replace(".admissionregistration.k8s.io", "")));
  if (obsolete.length > 0) await kubectl.run("delete", ...obsolete);
}
