import { z } from "zod";
import type { KubeClient } from "../../kube/client.ts";
import { VALIDATING_ADMISSION_POLICIES } from "../../kube/resource.ts";

const resources = z.object({ resources: z.array(z.object({ name: z.string() })) });

/** Whether the API server has ValidatingAdmissionPolicies: from Kubernetes 1.30 on, unless they are disabled. */
export async function hasPolicies(client: KubeClient): Promise<boolean> {
  const { group, version, plural } = VALIDATING_ADMISSION_POLICIES;
  const found = resources.parse(await client.json({ method: "GET", path: `/apis/${group}/${version}` }));
  return found.resources.some(({ name }) => name === plural);
}
