import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { binary } from "./binaries.ts";
import { execute } from "./execute.ts";
import { IMAGES } from "./images.ts";
import { TestInstall } from "./installs.ts";
import type { Kubectl } from "./kubectl.ts";

/**
 * The steps by which a user gets from nothing to pods with a second interface. The demo shows them and the
 * end-to-end tests check them, with the same sample files and the same chart.
 */

const REPOSITORY = resolve(import.meta.dirname, "../..");
const SAMPLES = join(REPOSITORY, "manifests/samples");

export const SAMPLE_PODS = ["sample-1", "sample-2", "sample-3"] as const;

export function sampleFile(name: string): string {
  return join(SAMPLES, name);
}

/** The sample MultusInstall of a release and mode. */
export function installSample(version: string, mode: string): string {
  if (version.startsWith("v3")) return sampleFile("multusinstall-v3.4.2.yaml");
  return sampleFile(mode === "Thick" ? "multusinstall-thick.yaml" : "multusinstall.yaml");
}

/**
 * A setting of the chart for tests that show nothing by a second replica: it starts a pod and a program, and waits. Two run
 * where Leases, the webhook's calls or nodes that are down are part of the test, and in what users see.
 */
export const ONE_REPLICA = "replicas=1";

/** Installs the chart with Helm and waits until the operator is ready. */
export async function installOperator(kubectl: Kubectl, ...settings: string[]): Promise<void> {
  const args = [...helmArguments(...settings), "--kubeconfig", kubectl.kubeconfig];
  await execute(await binary("helm"), args, { cwd: REPOSITORY });
}

/** What `installOperator` calls helm with, in the repository's root. */
export function helmArguments(...settings: string[]): string[] {
  const [repository = "", tag = ""] = IMAGES.operator.split(/:(?=[^/]*$)/);
  return [
    "upgrade",
    "--install",
    "multus-operator",
    "charts/multus-operator",
    "--namespace",
    "multus-operator",
    "--create-namespace",
    "--set",
    [`image.repository=${repository}`, `image.tag=${tag}`, ...settings].join(","),
    "--wait",
    "--timeout",
    "120s",
  ];
}

/**
 * Applies a sample MultusInstall, and waits until it says that it is Ready for this very spec.
 *
 * @param version instead of the sample's: the module proxy does not serve the release that the samples of v4 name
 */
export async function installMultus(kubectl: Kubectl, file: string, version: string): Promise<void> {
  const text = readFileSync(file, "utf8").replace(/^ {2}version: .*$/m, `  version: ${version}`);
  await kubectl.runWithInput(text, "apply", "-f", "-");
  await new TestInstall(kubectl).ready();
}

/** Creates the two macvlan networks and the three sample pods, and waits until the pods run. */
export async function attachPods(kubectl: Kubectl): Promise<void> {
  await kubectl.run("apply", "-f", sampleFile("macvlan-conf.yaml"));
  await kubectl.run("apply", "-f", sampleFile("macvlan-pods.yaml"));
  await kubectl.run(
    "wait",
    "--for=condition=Ready",
    ...SAMPLE_PODS.map((pod) => `pod/${pod}`),
    "--timeout=120s",
  );
}

export interface Attachment {
  name: string;
  interface: string;
  ips: string[];
}

/** What Multus reported in the pod's network-status annotation. */
export async function networkStatus(kubectl: Kubectl, pod: string): Promise<Attachment[]> {
  const { metadata } = await kubectl.get<{ metadata: { annotations: Record<string, string> } }>("pod", pod);
  return JSON.parse(metadata.annotations["k8s.v1.cni.cncf.io/network-status"] ?? "[]") as Attachment[];
}

/** The pod's address on net1, as `ip` inside of the pod shows it. */
export async function net1Address(kubectl: Kubectl, pod: string): Promise<string> {
  const shown = await kubectl.run("exec", pod, "--", "ip", "-4", "-o", "addr", "show", "dev", "net1");
  const address = /inet ([\d.]+)\//.exec(shown)?.[1];
  if (address === undefined) throw new Error(`${pod} has no address on net1: ${shown}`);
  return address;
}

/** One ping over net1. Throws when no answer comes. */
export async function pingOverNet1(kubectl: Kubectl, from: string, address: string): Promise<string> {
  return await kubectl.run("exec", from, "--", "ping", "-c", "1", "-W", "3", "-I", "net1", address);
}
