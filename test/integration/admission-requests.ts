import { binary } from "../cluster/binaries.ts";
import { CommandError, execute } from "../cluster/execute.ts";
import type { Kubectl } from "../cluster/kubectl.ts";

/** A NetworkAttachmentDefinition's configuration with a misspelt mode in line 4, column 11: the webhook alone sees it. */
export const WRONG_MODE = '{\n  "cniVersion": "0.3.1",\n  "type": "macvlan",\n  "mode": "brige"\n}';

export function network(config: string, name = "net", namespace = "default"): object {
  return {
    apiVersion: "k8s.cni.cncf.io/v1",
    kind: "NetworkAttachmentDefinition",
    metadata: { name, namespace },
    spec: { config },
  };
}

/** What kubectl with these arguments prints on both outputs about an object, whether it succeeds or not. */
export async function printed({ kubeconfig }: Kubectl, object: object, ...args: string[]): Promise<string> {
  const command = [await binary("kubectl"), "--kubeconfig", kubeconfig, ...args, "-f", "-"];
  try {
    return await execute("sh", ["-c", '"$@" 2>&1', "sh", ...command], { input: JSON.stringify(object) });
  } catch (error) {
    if (error instanceof CommandError) return error.stdout;
    throw error;
  }
}

/** The policies, bindings and webhook configurations that the operator made; the chart's own have another label. */
export async function admissionObjects(kubectl: Kubectl): Promise<string[]> {
  const kinds =
    "validatingadmissionpolicies,validatingadmissionpolicybindings,validatingwebhookconfigurations";
  const made = "app.kubernetes.io/managed-by=multus-operator";
  return (await kubectl.run("get", kinds, "-l", made, "-o", "name")).split("\n").filter(Boolean);
}

/** The certificates by which the API server knows the webhook, PEM. */
export async function trustedCertificates(kubectl: Kubectl): Promise<string> {
  const path = "jsonpath={.webhooks[0].clientConfig.caBundle}";
  const text = await kubectl.run("get", "validatingwebhookconfiguration", "multus-operator", "-o", path);
  return Buffer.from(text, "base64").toString();
}
