import { afterAll, beforeAll, expect, it } from "vitest";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { describeOn, type OpenCluster, type OpenNode, openCluster } from "../cluster/open-cluster.ts";
import { list, pod } from "../cluster/pods.ts";
import { installOperator } from "../cluster/walkthrough.ts";
import { leftBehind, snapshots } from "./node-snapshot.ts";
import { type PodOutcome, PodStream } from "./pod-stream.ts";

/** One Multus replaced by another under load: pods with an attachment are created all the time (PodStream). */

export const THIN = { version: "v4.3.0", mode: "Thin" };
export const THICK = { version: "v4.3.0", mode: "Thick" };
export const V3 = { version: "v3.4.2", mode: "Thin" };

/**
 * How often a pod's sandbox may fail after the install is Ready: the attempt that is under way then. How long Multus is away
 * from a node before, and how often the kubelet tries meanwhile (every 10 to 15 s, pod_workers.go), depends on the machine.
 */
const MAX_FAILURES_ONCE_READY = 1;

export const NETWORK = {
  apiVersion: "k8s.cni.cncf.io/v1",
  kind: "NetworkAttachmentDefinition",
  metadata: { name: "stream", namespace: "default" },
  spec: { config: JSON.stringify({ cniVersion: "0.3.1", type: "macvlan", master: "eth1", mode: "bridge" }) },
};

interface Spec {
  version: string;
  mode: string;
}

/** What of Multus is on a node: below CNI's configuration, among the plugins, and its sockets. */
export async function multusFiles(node: OpenNode): Promise<string[]> {
  const script = `cd /etc/cni/net.d && find . -type f -path '*multus*'; cd /opt/cni/bin && ls | grep -E "multus|passthru"; find /run/multus -type s 2>/dev/null; true`;
  return (await node.exec("sh", "-c", script)).split("\n").filter(Boolean).toSorted();
}

/** What of Multus may be there with such a spec. */
function filesWith({ version, mode }: Spec): string[] {
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

/** The tests of a series of changes on one cluster, which begins with `first`. */
export function describeTransitions(
  name: string,
  first: Spec,
  changes: readonly { to: string; spec: Spec }[],
): void {
  describeOn(["nodeExec", "loadImage", "ownNodes", "secondNetwork"], name, () => {
    let cluster: OpenCluster;
    let kubectl: Kubectl;
    let install: TestInstall;
    let before: string[];

    beforeAll(async () => {
      cluster = await openCluster({
        nodes: 2,
        images: ["multus-v4.3.0", "multus-v4.3.0-thick", "multus-v3.4.2", "operator"],
      });
      kubectl = new Kubectl(cluster.kubeconfig);
      install = new TestInstall(kubectl);
      before = await snapshots(cluster.nodes);
      await installOperator(kubectl);
      await install.apply(first);
      await install.ready();
      await kubectl.runWithInput(JSON.stringify(NETWORK), "apply", "-f", "-");
    });

    afterAll(async () => {
      await cluster?.stop();
    });

    const daemonSets = async () =>
      (await kubectl.run("get", "daemonset", "-n", "kube-system", "-o", "name"))
        .trim()
        .split("\n")
        .toSorted();

    /** The kubelet's events on those of these pods that it could not give a network to at first. */
    async function sandboxFailures(
      outcomes: readonly PodOutcome[],
    ): Promise<{ pod: string; at: string; message: string }[]> {
      const names = new Set(outcomes.map((outcome) => outcome.name));
      const { items } = await kubectl.get<{
        items: { involvedObject: { name: string }; message: string; lastTimestamp: string }[];
      }>("events", "--field-selector", "reason=FailedCreatePodSandBox");
      return items
        .filter(({ involvedObject }) => names.has(involvedObject.name))
        .map(({ involvedObject, message, lastTimestamp: at }) => ({ pod: involvedObject.name, at, message }));
    }

    it.each(changes)("starts every pod with its network during the change to $to", async ({ spec }) => {
      await using stream = new PodStream(
        cluster.kubeconfig,
        cluster.nodes.map((node) => node.name),
        `s${Date.now() % 100_000}`,
      );
      // As a previous Multus leaves it that was told cniVersion 1.0.0, and did not clean.
      for (const node of cluster.nodes)
        await node.exec(
          "sh",
          "-c",
          `echo '{"name":"old","plugins":[{"type":"multus"}]}' > /etc/cni/net.d/00-multus.conflist`,
        );
      stream.start();
      await install.apply(spec);
      await install.ready({ timeoutMs: 180_000 });
      const readyAt = Date.now();
      const wanted = spec.version === V3.version ? "kube-multus-ds-amd64" : "kube-multus-ds";
      await waitUntil(
        "only the new DaemonSet to be there",
        async () => (await daemonSets()).join() === `daemonset.apps/${wanted}`,
        { timeoutMs: 60_000, everyMs: 500 },
      );
      const outcomes = await stream.finish();
      const failures = await sandboxFailures(outcomes);
      const late = Map.groupBy(
        failures.filter(({ at }) => Date.parse(at) > readyAt),
        (failure) => failure.pod,
      );
      console.log(
        `${outcomes.length} pods, ${failures.length} attempts that failed, of ${late.size} pods after Ready`,
      );
      expect(outcomes.length).toBeGreaterThan(0);
      expect(outcomes.filter(({ bypassed }) => bypassed)).toEqual([]);
      expect(outcomes.filter(({ reported }) => !reported)).toEqual([]);
      expect([...late.values()].filter(({ length }) => length > MAX_FAILURES_ONCE_READY)).toEqual([]);
      // The shim's own minute, which no pod waits (WaitUntilAPIReady of Multus), however busy the machine is.
      const timedOut = failures.filter(({ message }) =>
        message.includes("timed out waiting for the condition"),
      );
      expect(timedOut).toEqual([]);
      for (const node of cluster.nodes) expect(await multusFiles(node), node.name).toEqual(filesWith(spec));
    });

    it("leaves each node as it was before the first of them", async () => {
      await expectNothingLeft(kubectl, cluster.nodes, before);
    });
  });
}
