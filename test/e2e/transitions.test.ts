import { afterAll, beforeAll, expect, it } from "vitest";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { describeOn, type OpenCluster, openCluster } from "../cluster/open-cluster.ts";
import { installOperator, ONE_REPLICA } from "../cluster/walkthrough.ts";
import { snapshots } from "./node-snapshot.ts";
import { type PodOutcome, PodStream } from "./pod-stream.ts";
import {
  expectNothingLeft,
  filesWith,
  multusFiles,
  NETWORK,
  type Spec,
  THICK,
  THIN,
  V3,
} from "./transitions.ts";

/** One Multus replaced by another under load: pods with an attachment are created all the time (PodStream). */

/** From THIN on, each change from one to another once, on one cluster. */
const CHANGES: readonly { to: string; spec: Spec & { logging?: object } }[] = [
  { to: "v4 thin, configured differently", spec: { ...THIN, logging: { level: "verbose" } } },
  { to: "v4 thick, from v4 thin", spec: THICK },
  { to: "v3.4, from v4 thick", spec: V3 },
  { to: "v4 thick, from v3.4", spec: THICK },
  { to: "v4 thin, from v4 thick", spec: THIN },
  { to: "v3.4, from v4 thin", spec: V3 },
  { to: "v4 thin, from v3.4", spec: THIN },
];

/**
 * How often a pod's sandbox may fail after the install is Ready: the attempt that is under way then. How long Multus is away
 * from a node before, and how often the kubelet tries meanwhile (every 10 to 15 s, pod_workers.go), depends on the machine.
 */
const MAX_FAILURES_ONCE_READY = 1;

describeOn(["nodeExec", "loadImage", "ownNodes", "secondNetwork"], "one Multus replaced by another", () => {
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
    await installOperator(kubectl, ONE_REPLICA);
    await install.apply(THIN);
    await install.ready();
    await kubectl.runWithInput(JSON.stringify(NETWORK), "apply", "-f", "-");
  });

  afterAll(async () => {
    await cluster?.stop();
  });

  const daemonSets = async () =>
    (await kubectl.run("get", "daemonset", "-n", "kube-system", "-o", "name")).trim().split("\n").toSorted();

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

  it.each(CHANGES)("starts every pod with its network during the change to $to", async ({ spec }) => {
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
      { everyMs: 500 },
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
