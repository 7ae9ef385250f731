/**
 * make demo: from nothing to pods with a second interface, on a cluster of this machine's own.
 * MULTUS=v3.4.2 takes the old release, MODE=Thick the daemon.
 */
import { binary } from "./binaries.ts";
import { devClusterDown, devClusterUp } from "./dev-cluster.ts";
import { requireBareMachine } from "./host-packages.ts";
import { Kubectl } from "./kubectl.ts";
import {
  attachPods,
  installMultus,
  installOperator,
  installSample,
  net1Address,
  networkStatus,
  pingOverNet1,
  SAMPLE_PODS,
} from "./walkthrough.ts";

requireBareMachine();
const version = process.env.MULTUS ?? "v4.3.0";
const mode = process.env.MODE ?? "Thin";
if (
  !["v4.3.0", "v3.4.2"].includes(version) ||
  !["Thin", "Thick"].includes(mode) ||
  (version === "v3.4.2" && mode === "Thick")
) {
  process.stderr.write("make demo takes MULTUS=v4.3.0 with MODE=Thin or MODE=Thick, or MULTUS=v3.4.2\n");
  process.exit(2);
}

const start = Date.now();
const step = (text: string) =>
  process.stdout.write(`\n==> ${text} (${Math.round((Date.now() - start) / 1000)} s)\n`);
const show = (text: string) => process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);

step("A fresh two-node cluster: real kube-apiserver, kubelet and containerd, nodes in namespaces");
await devClusterDown();
const kubectl = new Kubectl(await devClusterUp());
show(await kubectl.run("get", "nodes"));

step("helm install multus-operator charts/multus-operator");
await installOperator(kubectl);
show(await kubectl.run("get", "pods", "-n", "multus-operator"));

const sample = installSample(version, mode);
step(`kubectl apply -f ${sample.slice(sample.indexOf("manifests/"))}, with version: ${version}`);
await installMultus(kubectl, sample, version);
show(await kubectl.run("get", "multusinstall", "-o", "wide"));

step("kubectl apply -f manifests/samples/macvlan-conf.yaml -f manifests/samples/macvlan-pods.yaml");
await attachPods(kubectl);
const addresses = new Map<string, string>();
for (const pod of SAMPLE_PODS) {
  addresses.set(pod, await net1Address(kubectl, pod));
  show(
    `${pod}: net1 ${addresses.get(pod)}   network-status ${JSON.stringify(await networkStatus(kubectl, pod))}`,
  );
}

step("The pods reach each other over net1: on one node, and across the two");
for (const target of SAMPLE_PODS.slice(1)) {
  const answer = await pingOverNet1(kubectl, SAMPLE_PODS[0], addresses.get(target) ?? "");
  show(`${SAMPLE_PODS[0]} -> ${target}: ${answer.split("\n").find((line) => line.includes("bytes from"))}`);
}

step("Done. Look around, then end it");
show(`  export KUBECONFIG=${kubectl.kubeconfig}
  alias kubectl=${await binary("kubectl")}
  kubectl describe multusinstall multus
  kubectl exec sample-1 -- ip addr
  make cluster-down`);
