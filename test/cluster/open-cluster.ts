import { describe, it } from "vitest";
import { type ClusterOptions, startCluster } from "./cluster.ts";
import type { ImageName } from "./images.ts";
import { openKindCluster } from "./kind.ts";
import { Kubectl } from "./kubectl.ts";
import { type Capability, missing, selectTarget, type Target, TargetError } from "./target.ts";

/** A cluster that a test may use, whichever it is. What it lacks of this throws; see `describeOn`. */
export interface OpenCluster extends AsyncDisposable {
  kubeconfig: string;
  /** Those that pods run on. */
  nodes: OpenNode[];
  kubectl(...args: string[]): Promise<string>;
  kubectlWithInput(input: string, ...args: string[]): Promise<string>;
  loadImage(name: ImageName): Promise<void>;
  /** Ends the cluster if it was started for this; one that existed stays as it is. */
  stop(): Promise<void>;
}

export interface OpenNode {
  name: string;
  address: string;
  exec(...command: string[]): Promise<string>;
  readFile(path: string): Promise<string>;
  listDirectory(path: string): Promise<string[]>;
}

/** The cluster that the environment names (see `selectTarget`); started, except where it exists already. */
export async function openCluster(
  options: ClusterOptions = {},
  target: Target = selectTarget(),
): Promise<OpenCluster> {
  const problem = missing(target, []);
  if (problem !== undefined) throw new TargetError(problem);
  switch (target.name) {
    case "bare":
      return await startCluster(options);
    case "kind":
      return await openKindCluster({ nodes: options.nodes ?? 2, images: options.images ?? [] });
    case "kubeconfig":
      return await openByKubeconfig(target);
  }
}

/**
 * `describe` for tests that need these capabilities. Where the target lacks one they are skipped, and the
 * name of the suite says why.
 */
export function describeOn(
  needs: readonly Capability[],
  name: string,
  body: () => void,
  target: Target = selectTarget(),
): void {
  const reason = missing(target, needs);
  if (reason === undefined) describe(name, body);
  else describe.skip(`${name} (skipped: ${reason})`, body);
}

/** `it` for a test that needs more than its suite; skipped by name if the target lacks it. */
export function itOn(
  needs: readonly Capability[],
  name: string,
  body: () => Promise<void>,
  target: Target = selectTarget(),
): void {
  const reason = missing(target, needs);
  if (reason === undefined) it(name, body);
  else it.skip(`${name} (skipped: ${reason})`, body);
}

interface NodeList {
  items: { metadata: { name: string }; status: { addresses: { type: string; address: string }[] } }[];
}

async function openByKubeconfig(target: Target): Promise<OpenCluster> {
  const kubectl = new Kubectl(target.kubeconfig ?? "");
  const { items } = await kubectl.get<NodeList>("nodes");
  return {
    kubeconfig: kubectl.kubeconfig,
    nodes: items.map(({ metadata, status }) => ({
      name: metadata.name,
      address: status.addresses.find(({ type }) => type === "InternalIP")?.address ?? "",
      exec: lacking("nodeExec"),
      readFile: lacking("nodeExec"),
      listDirectory: lacking("nodeExec"),
    })),
    kubectl: (...args) => kubectl.run(...args),
    kubectlWithInput: (input, ...args) => kubectl.runWithInput(input, ...args),
    loadImage: lacking("loadImage"),
    stop: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };

  function lacking(capability: Capability): () => Promise<never> {
    return () => Promise.reject(new TargetError(missing(target, [capability])));
  }
}
