import { type ApiObject, CUSTOM_RESOURCE_DEFINITIONS } from "../../src/kube/resource.ts";
import { waitUntil } from "./daemon.ts";
import type { Kubectl } from "./kubectl.ts";

interface Definition extends ApiObject {
  status?: { conditions?: { type: string; status: string }[] };
}

/** Waits until the API server serves a CRD. (`kubectl wait` fails if the status has no conditions yet.) */
export async function untilEstablished({ client }: Pick<Kubectl, "client">, name: string): Promise<void> {
  await waitUntil(`the CRD ${name} to be established`, async () => {
    const found = await client.get<Definition>({ type: CUSTOM_RESOURCE_DEFINITIONS, name });
    const { conditions = [] } = found?.status ?? {};
    return conditions.some(({ type, status }) => type === "Established" && status === "True");
  });
}
