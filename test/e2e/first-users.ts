import { delimiter, dirname, join, resolve } from "node:path";
import { binary } from "../cluster/binaries.ts";
import { execute } from "../cluster/execute.ts";
import type { Kubectl } from "../cluster/kubectl.ts";
import type { OpenNode } from "../cluster/open-cluster.ts";
import { ACCOUNT, type Registry } from "../cluster/registry.ts";
import { Guide } from "./guide.ts";

/** What the first users' guide takes for granted: a shell with its variables, and nodes that know the registry. */

export const ROOT = resolve(import.meta.dirname, "../..");
const SAMPLE_REGISTRY = "192.168.1.222:80";
const SAMPLE = "manifests/samples/multusinstall-v3.4-calico.yaml";

export function firstUsersGuide(): Guide {
  return new Guide(join(ROOT, "docs/guides/first-users.md"));
}

/** The environment in which the guide's commands run. */
export async function guideEnvironment(kubectl: Kubectl, registry: Registry): Promise<NodeJS.ProcessEnv> {
  const programs = [dirname(await binary("kubectl")), join(ROOT, "bin"), join(ROOT, "node_modules/.bin")];
  return {
    ...process.env,
    PATH: [...programs, process.env.PATH].join(delimiter),
    KUBECONFIG: kubectl.kubeconfig,
    REGISTRY: registry.host,
    REGISTRY_USER: ACCOUNT.user,
    REGISTRY_PASSWORD: ACCOUNT.password,
  };
}

/** Writes the guide's hosts.toml on the nodes: containerd then speaks plain HTTP to the registry. */
export async function trustRegistry(
  guide: Guide,
  nodes: readonly (OpenNode & Writable)[],
  { host }: Registry,
): Promise<void> {
  const directory = `/etc/containerd/certs.d/${host}`;
  for (const node of nodes) {
    await node.exec("mkdir", "-p", directory);
    await node.writeFile(
      `${directory}/hosts.toml`,
      guide.text("hosts.toml").replaceAll(SAMPLE_REGISTRY, host),
    );
  }
}

interface Writable {
  writeFile(path: string, content: string): Promise<void>;
}

/** Applies the guide's sample with the registry of the environment. */
export async function applySample(environment: NodeJS.ProcessEnv): Promise<void> {
  const command = `sed "s|${SAMPLE_REGISTRY}|$REGISTRY|" ${SAMPLE} | kubectl apply -f -`;
  await execute("bash", ["-c", command], { env: environment, cwd: ROOT });
}
