import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binaries } from "./binaries.ts";
import { type Cluster, startCluster, sweepDeadClusters } from "./cluster.ts";
import { waitUntil } from "./daemon.ts";
import { processIdentity } from "./file-lock.ts";
import { bareMachineProblem } from "./host-packages.ts";
import { image } from "./images.ts";
import type { ClusterNode } from "./node.ts";
import { list, pod } from "./pods.ts";
import { slotLock } from "./slots.ts";
import { type Marks, traces } from "./traces.ts";

const problem = bareMachineProblem();

function marksOf(cluster: Cluster): Marks {
  return {
    slot: cluster.network.slot,
    owner: processIdentity(process.pid) ?? "",
    directories: [cluster.directory, cluster.controlPlane.directory],
  };
}

describe.skipIf(problem)(`a cluster of two nodes${problem ? ` (skipped: ${problem})` : ""}`, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    await binaries(["kube-apiserver", "etcd", "containerd", "bridge"]);
    await Promise.all([image("pause"), image("busybox")]);
    cluster = await startCluster({ services: true });
    await cluster.kubectlWithInput(
      list(
        pod("one", { node: "node-1", script: "echo hello from one; exec sleep 1000000" }),
        pod("two", { node: "node-2" }),
      ),
      "apply",
      "-f",
      "-",
    );
    await cluster.kubectl("wait", "--for=condition=Ready", "pod/one", "pod/two", "--timeout=120s");
  });
  afterAll(() => cluster?.stop());

  const addressOf = async (name: string) =>
    await cluster.kubectl("get", "pod", name, "-o", "jsonpath={.status.podIP}");

  test("has both nodes Ready under their own names and addresses", async () => {
    const shown = await cluster.kubectl(
      "get",
      "nodes",
      "-o",
      'jsonpath={range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status} {.status.addresses[0].address}{"\\n"}{end}',
    );
    expect(shown.trim().split("\n")).toEqual(
      cluster.nodes.map((node) => `${node.name} True ${node.address}`),
    );
  });

  test("kubectl logs and exec reach a pod", async () => {
    // A container runs a moment before containerd has written what it says.
    await waitUntil("the log", async () => (await cluster.kubectl("logs", "one")) !== "");
    expect(await cluster.kubectl("logs", "one")).toBe("hello from one\n");
    expect(await cluster.kubectl("exec", "two", "--", "hostname")).toBe("two\n");
  });

  test("pods reach each other across the nodes, both ways", async () => {
    for (const [from, to] of [
      ["one", "two"],
      ["two", "one"],
    ] as const) {
      const answer = await cluster.kubectl("exec", from, "--", "ping", "-c1", "-W2", await addressOf(to));
      expect(answer).toContain("1 packets received");
    }
  });

  test("the API server's service address answers from a pod and from a node", async () => {
    const ask = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | busybox nc 10.96.0.1 443";
    const answer = "Client sent an HTTP request to an HTTPS server";
    expect(await cluster.kubectl("exec", "two", "--", "sh", "-c", ask)).toContain(answer);
    expect(await cluster.nodes[0]?.exec("sh", "-c", ask)).toContain(answer);
  });

  test("a Service of pods answers on the other node", async () => {
    const page = "mkdir /tmp/www; echo served > /tmp/www/index.html; exec httpd -f -p 8080 -h /tmp/www";
    const spec = {
      clusterIP: "10.96.0.77",
      selector: { app: "web" },
      ports: [{ port: 80, targetPort: 8080 }],
    };
    await cluster.kubectlWithInput(
      list(pod("web", { node: "node-1", script: page }), {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web" },
        spec,
      }),
      "apply",
      "-f",
      "-",
    );
    const ask = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | timeout 2 nc 10.96.0.77 80";
    await waitUntil("the service to answer", async () =>
      (await cluster.kubectl("exec", "two", "--", "sh", "-c", ask)).includes("served"),
    );
  });

  test("macvlan interfaces on eth1 of different nodes reach each other", async () => {
    for (const [index, node] of cluster.nodes.entries()) {
      await node.exec("ip", "netns", "add", "leg");
      await node.exec("ip", "link", "add", "leg0", "link", "eth1", "type", "macvlan", "mode", "bridge");
      await node.exec("ip", "link", "set", "leg0", "netns", "leg");
      await node.exec("ip", "-n", "leg", "address", "add", `192.168.7.${index + 1}/24`, "dev", "leg0");
      await node.exec("ip", "-n", "leg", "link", "set", "leg0", "up");
    }
    const ping = ["ip", "netns", "exec", "leg", "busybox", "ping", "-c1", "-W2", "192.168.7.2"];
    expect(await cluster.nodes[0]?.exec(...ping)).toContain("1 packets received");
    for (const node of cluster.nodes) await node.exec("ip", "netns", "delete", "leg");
  });

  test("what is written on one node is on no other and not on the machine", async () => {
    const [one, two] = cluster.nodes;
    await one?.writeFile("/etc/cni/net.d/only-here", "text");
    expect(await one?.readFile("/etc/cni/net.d/only-here")).toBe("text");
    // cni.lock is containerd's.
    const seen = async (node?: ClusterNode) =>
      (await node?.listDirectory("/etc/cni/net.d"))?.filter((name) => name !== "cni.lock");
    expect(await seen(one)).toEqual(["10-bridge.conflist", "only-here"]);
    expect(await seen(two)).toEqual(["10-bridge.conflist"]);
    expect(existsSync("/etc/cni/net.d/only-here")).toBe(false);
    expect(await two?.listDirectory("/etc/cni/no-such-directory")).toEqual([]);
    await one?.exec("rm", "/etc/cni/net.d/only-here");
  });

  test("a node that lost power comes back with its files, and runs its pods again", async () => {
    const [one] = cluster.nodes;
    await one?.writeFile("/opt/cni/bin/kept", "kept");
    const before = await addressOf("one");
    await cluster.stopNode("node-1");
    await expect(cluster.kubectl("exec", "two", "--", "ping", "-c1", "-W1", before)).rejects.toMatchObject({
      stdout: expect.stringContaining("1 packets transmitted, 0 packets received"),
    });
    await cluster.startNode("node-1");
    expect(await one?.readFile("/opt/cni/bin/kept")).toBe("kept");
    await waitUntil("pod one to run again", async () =>
      (await cluster.kubectl("exec", "one", "--", "hostname")).startsWith("one"),
    );
    // The pod's status says its new address a moment later.
    await waitUntil("pod two to reach it", async () => {
      const answer = await cluster.kubectl("exec", "two", "--", "ping", "-c1", "-W1", await addressOf("one"));
      return answer.includes("1 packets received");
    });
  });

  test("a node joins later: its pods reach those of the others", async () => {
    const node = await cluster.addNode();
    expect(node.name).toBe("node-3");
    await cluster.kubectlWithInput(list(pod("three", { node: "node-3" })), "apply", "-f", "-");
    await cluster.kubectl("wait", "--for=condition=Ready", "pod/three", "--timeout=120s");
    expect(
      await cluster.kubectl("exec", "three", "--", "ping", "-c1", "-W2", await addressOf("two")),
    ).toContain("1 packets received");
  });

  test("a second cluster beside it knows nothing of it, and ends without touching it", async () => {
    const second = await startCluster({ nodes: 1 });
    const marks = marksOf(second);
    try {
      expect(second.network.slot).not.toBe(cluster.network.slot);
      expect(await second.kubectl("get", "nodes", "-o", "name")).toBe("node/node-1\n");
    } finally {
      await second.stop();
    }
    expect(traces(marks)).toEqual([]);
    expect(await cluster.kubectl("exec", "two", "--", "hostname")).toBe("two\n");
  });

  test("stopped, it leaves no process, mount, link, namespace, route, cgroup or file", async () => {
    const marks = marksOf(cluster);
    const before = traces(marks).map((trace) => trace.split(" ")[0]);
    for (const kind of ["process", "link", "namespace", "route", "cgroup", "file"])
      expect(before).toContain(kind);
    await cluster.stop();
    expect(traces(marks)).toEqual([]);
  });
});

/** Makes the process with this identity the owner of what a cluster has left. What a running process owns is not swept. */
function giveTo(identity: string, { slot, directories }: Marks): void {
  const files = directories.map((directory) => join(directory, "owner"));
  for (const file of [...files, slotLock(slot)]) {
    writeFileSync(`${file}.next`, identity);
    renameSync(`${file}.next`, file); // a sweep reads the one or the other, never half of it
  }
}

describe.skipIf(problem)(`a cluster whose owner is killed${problem ? ` (skipped: ${problem})` : ""}`, () => {
  test("its processes die with the owner, and a sweep removes the rest", async () => {
    const script = `
      const { startCluster } = await import(${JSON.stringify(join(import.meta.dirname, "cluster.ts"))});
      const { pod, list } = await import(${JSON.stringify(join(import.meta.dirname, "pods.ts"))});
      const cluster = await startCluster({ nodes: 1 });
      await cluster.kubectlWithInput(list(pod("one", { node: "node-1" })), "apply", "-f", "-");
      await cluster.kubectl("wait", "--for=condition=Ready", "pod/one", "--timeout=120s");
      const directories = [cluster.directory, cluster.controlPlane.directory];
      console.log(JSON.stringify({ slot: cluster.network.slot, directories }));
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(createInterface(owner.stdout), "line");
    const identity = processIdentity(owner.pid ?? 0) ?? "";
    const own = processIdentity(process.pid) ?? "";
    const marks: Marks = { ...JSON.parse(line as string), owner: own };
    const alive = () => traces(marks).filter((trace) => trace.startsWith("process"));
    // Each cluster that another test starts meanwhile sweeps what no living process owns.
    giveTo(own, marks);
    expect(alive().length).toBeGreaterThan(5);

    owner.kill("SIGKILL");
    await waitUntil("the cluster's processes to die", () => alive().length === 0);
    expect(traces(marks)).not.toEqual([]);

    giveTo(identity, marks);
    await sweepDeadClusters();
    // A part may be another test's to sweep.
    await waitUntil("the rest to be gone", () => {
      expect(traces({ ...marks, owner: identity })).toEqual([]);
      return true;
    });
  });
});
