import { expect } from "vitest";
import { TestInstall } from "../cluster/installs.ts";
import type { Kubectl } from "../cluster/kubectl.ts";
import type { OpenNode } from "../cluster/open-cluster.ts";
import { list, pod } from "../cluster/pods.ts";
import { leftBehind, snapshots } from "./node-snapshot.ts";

/** What changes of Multus on real nodes have in common: the specs, the network of a stream of pods, and what is left at the end. */

export const THIN = { version: "v4.3.0", mode: "Thin" };
export const THICK = { version: "v4.3.0", mode: "Thick" };
export const V3 = { version: "v3.4.2", mode: "Thin" };

export const NETWORK = {
  apiVersion: "k8s.cni.cncf.io/v1",
  kind: "NetworkAttachmentDefinition",
  metadata: { name: "stream", namespace: "default" },
  spec: { config: JSON.stringify({ cniVersion: "0.3.1", type: "macvlan", master: "eth1", mode: "bridge" }) },
};

export interface Spec {
  version: string;
  mode: string;
}

/** What of Multus is on a node: below CNI's configuration, among the plugins, and its sockets. */
export async function multusFiles(node: OpenNode): Promise<string[]> {
  const script = `cd /etc/cni/net.d && find . -type f -path '*multus*'; cd /opt/cni/bin && ls | grep -E "multus|passthru"; find /run/multus -type s 2>/dev/null; true`;
  return (await node.exec("sh", "-c", script)).split("\n").filter(Boolean).toSorted();
}

/** What of Multus may be there with such a spec. */
export function filesWith({ version, mode }: Spec): string[] {
  const files = ["./00-multus.conf", mode === "Thick" ? "multus-shim" : "multus"];
  if (mode === "Thick") files.push("/run/multus/multus.sock");
  else files.push("./multus.d/multus.kubeconfig");
  if (version !== V3.version) files.push("passthru");
  return files.toSorted();
}

/** After the install is deleted the nodes are as before, and pods start on them. */
export async function expectNothingLeft(
  kubectl: Kubectl,
  nodes: readonly OpenNode[],
  before: string[],
): Promise<void> {
  await new TestInstall(kubectl).remove();
  expect(await snapshots(nodes.slice(0, before.length))).toEqual(before);
  for (const node of nodes) {
    expect(await leftBehind(node), node.name).toEqual([]);
    expect(await multusFiles(node), node.name).toEqual([]);
  }
  const pods = nodes.map(({ name }) => pod(`after-${name}`, { node: name }));
  await kubectl.runWithInput(list(...pods), "apply", "-f", "-");
  await kubectl.run("wait", "--for=condition=Ready", "pod", "--all", "--timeout=120s");
}
