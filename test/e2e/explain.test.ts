import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NETWORK_ATTACHMENT_REPORT, reportStatus } from "../../src/crds/network-attachment-report/report.ts";
import { waitUntil } from "../cluster/daemon.ts";
import {
  asking,
  CHANGED,
  EARLY,
  FAILING,
  FIRST_PODS,
  LACKING_PODS,
  MISSING,
  MISTYPED,
  NETWORK_DEFINITIONS,
  REPAIRED,
} from "../cluster/explained-pods.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { nextSecond, waitForSandboxFailure } from "../cluster/network-scenarios.ts";
import { describeOn, itOn, type OpenCluster, openCluster } from "../cluster/open-cluster.ts";
import { kubectlMultus, type PluginAnswer, pluginAnswer } from "../cluster/plugin.ts";
import { list } from "../cluster/pods.ts";
import { PRIMARY_CONFLIST } from "../cluster/primary-network.ts";
import { installOperator, ONE_REPLICA } from "../cluster/walkthrough.ts";

/** What `kubectl multus`, found by kubectl on the PATH, says on real nodes with real Multus. */

const LOGGING = { level: "verbose", hostDir: "/opt/cni/log", file: "/opt/cni/log/multus.log" };
/** Multus on node-1 alone, so that node-2 is one without it. */
const ON_NODE_1 = { nodeSelector: { "kubernetes.io/hostname": "node-1" } };

/** What each pod's explanation ends in: its code, and the words that matter of its sentence. */
const CASES: [pod: string, code: string, ...words: string[]][] = [
  [
    "mistyped",
    "BAD_CONFIG",
    "default/mistyped, line 5 column 11: mode must be",
    'did you mean "bridge"',
    "kubectl edit net-attach-def -n default mistyped",
  ],
  ["no-program", "MISSING_BINARY", 'node-1 has no CNI plugin "whereabouts"', "plugin directory of node-1"],
  [
    "early",
    "STARTED_BEFORE_MULTUS",
    "before Multus was ready there at",
    "kubectl delete pod -n default early",
  ],
  ["isolated", "ISOLATION", "not storage/lan", "spec.isolation.globalNamespaces"],
  ["outdated", "NETWORK_CHANGED", "mtu: 1500 → 1400", "kubectl delete pod -n default outdated"],
  [
    "exhausted",
    "RANGE_USED_UP",
    "no free address in 192.168.3.5-192.168.3.5 on node-1",
    "widen rangeStart and rangeEnd",
  ],
  ["no-nad", "MISSING_NETWORK", "no NetworkAttachmentDefinition default/lna; did you mean default/lan?"],
  ["ports", "MISSING_CAPABILITY", '"capabilities": {"portMappings": true}'],
  ["no-multus", "NO_MULTUS_ON_NODE", "node-2", "no Multus pod runs there"],
  ["host-network", "HOST_NETWORK", "remove hostNetwork, or the annotation"],
  ["unscheduled", "UNSCHEDULED", "0/2 nodes are available"],
  ["no-master", "MISSING_MASTER", 'node-1 has no interface "eth9"', "(it has ", "eth1"],
  ["unreadable", "BAD_REQUEST", "is not valid: it is not valid JSON"],
  ["misspelt", "MISSPELLED_ANNOTATION", "write k8s.v1.cni.cncf.io/networks"],
];

describeOn(["nodeExec", "loadImage", "secondNetwork"], "kubectl multus on real nodes", () => {
  let cluster: OpenCluster;
  let kubectl: Kubectl;
  const viewer = join(tmpdir(), `kubectl-multus-viewer-${process.pid}.kubeconfig`);

  const multus = (...args: string[]): Promise<PluginAnswer> => kubectlMultus(kubectl.kubeconfig, ...args);
  const explain = (...args: string[]) => pluginAnswer(kubectl.kubeconfig, "explain", ...args);
  const readingPods = () =>
    kubectl.run("get", "pods", "-A", "-o", "name", "-l", "app.kubernetes.io/name=multus-log-reader");
  const apply = (...objects: object[]) => kubectl.runWithInput(list(...objects), "apply", "-f", "-");
  const install = async (spec: object) => {
    await new TestInstall(kubectl).apply({ version: "v4.3.0", logging: LOGGING, ...spec });
    await new TestInstall(kubectl).ready();
  };
  const running = (pods: readonly object[]) =>
    kubectl.run(
      "wait",
      "--for=condition=Ready",
      ...pods.map((pod) => `pod/${(pod as { metadata: { name: string } }).metadata.name}`),
      "--timeout=120s",
    );

  /** Of an attempt in which Multus got the pod: it waits 0.25 s for the API server, which a busy machine exceeds. */
  const explanationOf = async (name: string) => {
    const ask = async () => {
      const answer = await explain(name, "-o", "json");
      return { answer, explained: JSON.parse(answer.stdout) as { code: string; sentence: string } };
    };
    let latest = await ask();
    await waitUntil(`an attempt to start ${name} in which Multus gets the pod`, async () => {
      if (latest.explained.code === "API_UNREACHABLE") latest = await ask();
      return latest.explained.code !== "API_UNREACHABLE";
    });
    return latest;
  };

  beforeAll(async () => {
    cluster = await openCluster({
      nodes: 2,
      images: ["multus-v4.3.0", "multus-v4.3.0-thick", "multus-v3.4.2", "operator"],
    });
    kubectl = new Kubectl(cluster.kubeconfig);
  });

  afterAll(async () => {
    rmSync(viewer, { force: true });
    await cluster?.stop();
  });

  it("says that the operator is not installed", async () => {
    const { code, stderr } = await multus("status");
    expect(stderr).toContain("multus-operator is not installed. Install its chart");
    expect(code).toBe(2);
  });

  it("shows an install at a glance", async () => {
    await apply(EARLY);
    await running([EARLY]);
    await installOperator(kubectl, ONE_REPLICA);
    await install({ isolation: { enabled: true }, workload: ON_NODE_1 });
    const { code, stdout } = await multus("status");
    expect(stdout).toMatch(/Ready +True, Available/);
    expect(stdout).toMatch(/Nodes +1 desired, 1 updated, 1 available/);
    expect(code).toBe(0);
  });

  it("finds why pods have not their networks", async () => {
    await apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "storage" } });
    await apply(...NETWORK_DEFINITIONS, ...FIRST_PODS);
    await running(FIRST_PODS);
    await nextSecond();
    await apply(CHANGED, ...LACKING_PODS);
    await waitUntil(
      "the kubelet to tell of every pod that fails",
      async () => {
        const told = await kubectl.run(
          "get",
          "events",
          "-o",
          "name",
          "--field-selector=reason=FailedCreatePodSandBox",
        );
        return FAILING.every((name) => told.includes(`event/${name}.`));
      },
      { everyMs: 1000 },
    );
    await running(["ports", "no-multus", "host-network", "misspelt"].map((name) => asking(name, "")));
  });

  it.each(CASES)("explains %s: %s", async (name, code, ...words) => {
    const { answer, explained } = await explanationOf(name);
    expect(explained, explained.sentence).toMatchObject({ pod: name, code, unread: [] });
    for (const part of words) expect(explained.sentence).toContain(part);
    expect(answer.code).toBe(1);
  });

  it("explains a pod that has its network, and one that is not there", async () => {
    const well = await multus("explain", "pod/well");
    expect(well.stdout.trimEnd().split("\n").at(-1)).toMatch(
      /well has the networks that it requested: .* default\/lan net1 192\.168\.1\.2\d\d/,
    );
    expect(well.code).toBe(0);
    const none = await multus("explain", "wll");
    expect(none).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("no pod wll in namespace default; did you mean well?"),
    });
  });

  it("shows pods and networks, what was asked for beside what was got", async () => {
    const [pods, networks, one] = await Promise.all([
      multus("pods", "-A", "--failing"),
      multus("networks", "-A"),
      multus("networks", "narrow"),
    ]);
    expect(pods.stdout).toMatch(/default +no-multus +node-2 +bypassed +default\/lan +-/);
    expect(pods.stdout).not.toMatch(/default +well /);
    expect(networks.stdout).toMatch(/default +mistyped +macvlan\/host-local +False/);
    expect(networks.stdout).toMatch(/default +narrow +macvlan\/host-local +True +False +2 +1 +1/);
    expect(one.stdout).toContain("192.168.3.5");
  });

  it("needs no more than the cluster role view", async () => {
    await kubectl.run("create", "serviceaccount", "viewer");
    await kubectl.run(
      "create",
      "clusterrolebinding",
      "viewer",
      "--clusterrole=view",
      "--serviceaccount=default:viewer",
    );
    const token = (await kubectl.run("create", "token", "viewer")).trim();
    const config = JSON.parse(await kubectl.run("config", "view", "--raw", "-o", "json")) as {
      users: { user: object }[];
    };
    for (const entry of config.users) entry.user = { token };
    writeFileSync(viewer, JSON.stringify(config), { mode: 0o600 });
    await waitUntil("the role to be aggregated", async () => {
      const can = await new Kubectl(viewer)
        .run("auth", "can-i", "list", "networkattachmentreports", "-A")
        .catch(() => "no");
      return can.trim() === "yes";
    });
    const explained = await kubectlMultus(viewer, "explain", "exhausted", "-o", "json");
    expect(JSON.parse(explained.stdout)).toMatchObject({
      sentence: expect.stringContaining("no free address in 192.168.3.5-192.168.3.5"),
      unread: [],
    });
    const status = await kubectlMultus(viewer, "status");
    expect(status).toMatchObject({ code: 0, stderr: "" });
    const logs = await kubectlMultus(viewer, "logs", "--node", "node-1");
    expect(logs.stderr).toMatch(
      /not allowed: .*cannot create resource "pods".* "create pods" in namespace kube-system/,
    );
    expect(logs.code).toBe(2);
  });

  it("names ways out that lead out: pods start when they are followed", async () => {
    await apply(REPAIRED, MISSING);
    await kubectl.run("delete", "pod", "one-address", "early");
    await apply(EARLY);
    await running(["mistyped", "no-nad", "exhausted", "early"].map((name) => asking(name, "")));
    for (const name of ["mistyped", "no-nad", "exhausted", "early"])
      expect(await explain(name)).toMatchObject({
        code: 0,
        stdout: expect.stringContaining(`${name} has the networks that it requested`),
      });
    await kubectl.run("delete", "pod", "--all", "--wait=false");
  });

  /** The flags of `logs`, whatever wrote the log; `log` is the end of it. */
  async function showsLess(log: string): Promise<void> {
    const few = await multus("logs", "--node", "node-1", "--tail", "20");
    expect(few.stdout.trimEnd().split("\n").length).toBe(Math.min(20, log.trimEnd().split("\n").length));
    const bounded = await multus("logs", "--node", "node-1", "--max-bytes", "200");
    expect(Buffer.byteLength(bounded.stdout)).toBeLessThanOrEqual(200);
    const all = await multus("logs", "--all-nodes", "--tail", "5");
    expect({ code: all.code, stderr: all.stderr }).toEqual({ code: 0, stderr: "" });
    expect(all.stdout.trimEnd().split("\n")).toEqual(
      few.stdout
        .trimEnd()
        .split("\n")
        .slice(-5)
        .map(() => expect.stringMatching(/^\[node-1\] /)),
    );
  }

  describe.each([
    ["v4 thin", { version: "v4.3.0" }, "[verbose] Add: default:logged-1:"],
    ["v4 thick", { version: "v4.3.0", mode: "Thick" }, "[verbose] Add: default:logged-2:"],
    ["v3.4.2", { version: "v3.4.2" }, "[verbose] Add: default:logged-3:"],
  ])("Multus %s", (flavour, spec, line) => {
    it("shows the log that it writes on a node, and leaves nothing there", async () => {
      const name = /logged-\d/.exec(line)?.[0] ?? "";
      await install({ ...spec, workload: ON_NODE_1 });
      await apply(asking(name, "lan"));
      await running([asking(name, "")]);
      // Many lines: pods of the cases before may still be ending, and each is told of too.
      const { code, stdout, stderr } = await multus("logs", "--node", "node-1", "--tail", "500");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toContain(line);
      if (flavour === "v4 thin") await showsLess(stdout);
      expect(await readingPods()).toBe("");
    });

    if (flavour === "v4 thin") return; // every case is above
    it("explains pods under it, and counts them in the reports", async () => {
      await kubectl.run("delete", "pod", "--all", "--wait=false");
      const [well, mistyped, exhausted, holder] = ["well", "mistyped", "exhausted", "holder"].map(
        (name) => `${name}-${flavour.replaceAll(/[^a-z0-9]/g, "")}`,
      ) as [string, string, string, string];
      await apply(MISTYPED);
      await apply(asking(holder, "narrow"), asking(well, "lan"));
      await running([asking(holder, ""), asking(well, "")]);
      await apply(asking(exhausted, "narrow"), asking(mistyped, "mistyped"));
      await Promise.all([exhausted, mistyped].map((name) => waitForSandboxFailure(kubectl, name)));
      const sentence = async (name: string) => (await explanationOf(name)).explained;
      expect(await sentence(well)).toMatchObject({
        code: "ATTACHED",
        sentence: expect.stringMatching(/default\/lan net1 192\.168\.1\.2\d\d/),
      });
      expect(await sentence(mistyped)).toMatchObject({
        code: "BAD_CONFIG",
        sentence: expect.stringContaining('did you mean "bridge"'),
      });
      expect(await sentence(exhausted)).toMatchObject({
        code: "RANGE_USED_UP",
        sentence: expect.stringContaining("192.168.3.5"),
      });
      await waitUntil("the report of narrow", async () => {
        const ref = { type: NETWORK_ATTACHMENT_REPORT, namespace: "default", name: "narrow" };
        const { pods, ranges } = reportStatus.parse((await kubectl.client.get(ref))?.status);
        return pods?.attached === 1 && pods.failed === 1 && ranges?.[0]?.used === 1;
      });
      // What fails goes on filling the log that the next looks at the end of.
      await kubectl.run("delete", "pod", "--all", "--timeout=120s");
    });
  });

  itOn(
    ["ownPrimaryNetwork"],
    "reports that Multus cannot read the primary network's CNI version, in the status and of a pod",
    async () => {
      await kubectl.run("delete", "pod", "--all", "--wait=false");
      const [node] = cluster.nodes;
      if (!node) throw new Error("there is no node");
      const version = (from: string, to: string) =>
        node.exec("sed", "-i", `s/"cniVersion": "${from}"/"cniVersion": "${to}"/`, PRIMARY_CONFLIST);
      await version("0.3.1", "1.0.0");
      // v3's entrypoint reads the file when it starts.
      await kubectl.run("delete", "pod", "-n", "kube-system", "-l", "app=multus", "--wait=false");
      expect(await new TestInstall(kubectl).reasonOf("node-1", "PrimaryNetworkVersion")).toContain(
        "has cniVersion 1.0.0",
      );
      await apply(asking("versioned", "lan"));
      await waitForSandboxFailure(kubectl, "versioned");
      expect((await explanationOf("versioned")).explained).toMatchObject({
        code: "CNI_VERSION",
        sentence: expect.stringContaining("does not support results of CNI version 1.0.0"),
      });
      await version("1.0.0", "0.3.1");
    },
  );

  it("removes the reading pod after Ctrl-C, and knows the nodes", async () => {
    const child = spawn(
      join(import.meta.dirname, "../../bin/kubectl-multus"),
      ["logs", "--node", "node-1", "--follow", "--tail=1"],
      {
        env: { ...process.env, KUBECONFIG: kubectl.kubeconfig },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    const ended = new Promise<number | null>((done) => child.once("exit", done));
    await new Promise((seen) => child.stdout.once("data", seen));
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(await readingPods()).toBe("");
    const wrong = await multus("logs", "--node", "node-7");
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("there is no node node-7 (existing: node-1, node-2)"),
    });
  });
});
