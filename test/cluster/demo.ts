/**
 * make demo: from nothing to pods with a second interface, on a cluster of this machine's own.
 * MULTUS=v3.4.2 takes the old release, MODE=Thick the daemon.
 */
import { relative, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runCommand } from "./command.ts";
import { devCluster, devClusterDown, devClusterNeeds, devClusterUp, shellCommands } from "./dev-cluster.ts";
import { requireBareMachine } from "./host-packages.ts";
import type { ImageName } from "./images.ts";
import { Kubectl } from "./kubectl.ts";
import { provide, together } from "./needs.ts";
import { kubectlMultus } from "./plugin.ts";
import {
  attachPods,
  helmArguments,
  installMultus,
  installOperator,
  installSample,
  net1Address,
  pingOverNet1,
  SAMPLE_PODS,
  sampleFile,
} from "./walkthrough.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
/** How long a reader has to press Ctrl-C before a running cluster is replaced. */
const SECOND_THOUGHTS_MS = 5000;

requireBareMachine();
/** The image of each release and mode; only the one that the demo runs is built. */
const MULTUS: Record<string, ImageName> = {
  "v4.3.0 Thin": "multus-v4.3.0",
  "v4.3.0 Thick": "multus-v4.3.0-thick",
  "v3.4.2 Thin": "multus-v3.4.2",
};
const version = process.env.MULTUS || "v4.3.0";
const mode = process.env.MODE || "Thin";
const multus = MULTUS[`${version} ${mode}`];
if (multus === undefined) {
  process.stderr.write("make demo takes MULTUS=v4.3.0 with MODE=Thin or MODE=Thick, or MULTUS=v3.4.2\n");
  process.exit(2);
}
await runCommand(async () => await demo([multus]));

async function demo(images: readonly ImageName[]): Promise<void> {
  const start = Date.now();
  const step = (text: string) =>
    process.stdout.write(`\n==> ${text} (${Math.round((Date.now() - start) / 1000)} s)\n`);

  await provide(together(devClusterNeeds(images), { packages: [], programs: ["helm"] }));
  await replaceCluster();
  step("A fresh two-node cluster: real kube-apiserver, kubelet and containerd, nodes in namespaces");
  const kubectl = new Kubectl(await devClusterUp(images));
  const run = async (...args: string[]) => show(command("kubectl", ...args), await kubectl.run(...args));
  await run("get", "nodes");

  step("Install the operator, from an image that was built on this machine");
  show(command("helm", ...helmArguments()));
  await installOperator(kubectl);
  await run("get", "pods", "-n", "multus-operator");

  step(`Install Multus ${version}, in mode ${mode}`);
  const sample = installSample(version, mode);
  if (!version.startsWith("v3"))
    show("# instead of the sample's release, which the Go module proxy does not serve");
  show(
    command(
      "sed",
      `'s/version: .*/version: ${version}/'`,
      relative(REPOSITORY, sample),
      "|",
      "kubectl",
      "apply",
      "-f",
      "-",
    ),
  );
  await installMultus(kubectl, sample, version);
  await run("get", "multusinstall", "-o", "wide");

  step("Two macvlan networks, and three pods that request them");
  for (const file of ["macvlan-conf.yaml", "macvlan-pods.yaml"])
    show(command("kubectl", "apply", "-f", relative(REPOSITORY, sampleFile(file))));
  await attachPods(kubectl);
  show(command("kubectl", "multus", "pods"), (await kubectlMultus(kubectl.kubeconfig, "pods")).stdout);

  step("The pods reach each other over net1: on one node, and across the two");
  for (const target of SAMPLE_PODS.slice(1)) {
    const address = await net1Address(kubectl, target);
    show(command("kubectl", "exec", SAMPLE_PODS[0], "--", "ping", "-c", "1", "-I", "net1", address));
    const answer = await pingOverNet1(kubectl, SAMPLE_PODS[0], address);
    show(`${answer.split("\n").find((line) => line.includes("bytes from"))} (${target})`);
  }

  step("Done. Continue with these, line by line");
  show(await nextSteps(kubectl.kubeconfig));
}

async function replaceCluster(): Promise<void> {
  const running = devCluster();
  if (running !== undefined) {
    const pause = process.stdin.isTTY
      ? `; press Ctrl-C within ${SECOND_THOUGHTS_MS / 1000} s to keep it`
      : "";
    process.stderr.write(`replacing the cluster that runs (its kubeconfig: ${running})${pause}\n`);
    if (process.stdin.isTTY) await sleep(SECOND_THOUGHTS_MS);
  }
  await devClusterDown();
}

/** The demo's last lines: a reader pastes them, and `make fresh` does. */
async function nextSteps(kubeconfig: string): Promise<string> {
  const [useConfig, usePrograms] = await shellCommands(kubeconfig, ["kubectl", "helm"]);
  return `  ${useConfig}
  ${usePrograms}
  kubectl multus status
  kubectl multus explain sample-1
  kubectl describe multusinstall multus
  kubectl exec sample-1 -- ip addr
  make cluster-down`;
}

/** As a reader would type it. */
function command(...words: string[]): string {
  return `$ ${words.join(" ")}`;
}

function show(...texts: string[]): void {
  for (const text of texts) process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}
