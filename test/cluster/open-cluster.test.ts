import { describe, expect, test } from "vitest";
import { startControlPlane } from "./control-plane.ts";
import { CommandError } from "./execute.ts";
import { bareMachineProblem } from "./host-packages.ts";
import { despiteSlowNodes, inotifyHint } from "./kind.ts";
import { describeOn, openCluster } from "./open-cluster.ts";
import { missing, selectTarget } from "./target.ts";

describe("the choice of a cluster", () => {
  test("is this machine's own nodes where nothing is said", () => {
    expect(selectTarget({}).name).toBe("bare");
    expect(selectTarget({ CLUSTER: "" }).name).toBe("bare");
    expect(selectTarget({}).problem).toBe(bareMachineProblem());
  });

  test("never falls on the user's current context", () => {
    expect(() => selectTarget({ CLUSTER: "kubeconfig", KUBECONFIG: "/home/user/.kube/config" })).toThrow(
      /CLUSTER_KUBECONFIG/,
    );
    expect(selectTarget({ CLUSTER: "kubeconfig", CLUSTER_KUBECONFIG: "/a/file" }).kubeconfig).toBe("/a/file");
  });

  test("is rejected when it is none of the three", () => {
    expect(() => selectTarget({ CLUSTER: "minikube" })).toThrow(
      "CLUSTER=minikube is unknown (there are: bare, kind, kubeconfig)",
    );
  });

  test("says what a cluster lacks for a test, by name", () => {
    const target = selectTarget({ CLUSTER: "kubeconfig", CLUSTER_KUBECONFIG: "/a/file" });
    expect(missing(target, [])).toBeUndefined();
    expect(missing(target, ["nodeExec", "ownNodes"])).toBe("CLUSTER=kubeconfig has no nodeExec, ownNodes");
    expect(missing({ ...target, problem: "no engine" }, [])).toBe("CLUSTER=kubeconfig: no engine");
  });
});

describe("a cluster of kind's", () => {
  // kind v0.33.0, pkg/cluster/internal/providers/common/cgroups.go
  const slow =
    'ERROR: failed to create cluster: could not find a log line that matches "Reached target .*Multi-User System.*|detected cgroup v1"';
  const attempts = async (...failures: string[]) => {
    const calls: string[] = [];
    const created = despiteSlowNodes(
      async () => {
        calls.push("create");
        const failure = failures.shift();
        if (failure) throw new CommandError("kind create cluster", 1, "", failure);
      },
      async () => calls.push("remove"),
    );
    return { error: await created.catch((error: unknown) => error), calls };
  };

  test("is created again if a node took longer than kind waits", async () => {
    expect(await attempts(slow, slow)).toEqual({
      error: undefined,
      calls: ["create", "remove", "create", "remove", "create"],
    });
  });

  test("is not created again indefinitely, nor after another failure", async () => {
    const { error, calls } = await attempts(slow, slow, slow, slow);
    expect(error).toMatchObject({ stderr: slow });
    expect(calls.filter((call) => call === "create")).toHaveLength(4);
    const other = await attempts("ERROR: failed to create cluster: node(s) already exist");
    expect(other).toMatchObject({ error: { code: "COMMAND_FAILED" }, calls: ["create"] });
  });
});

test("a cluster that exists is used as it is, and stays", async () => {
  await using plane = await startControlPlane();
  await plane.kubectlWithInput(
    JSON.stringify({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "theirs" },
      status: { addresses: [{ type: "InternalIP", address: "192.0.2.7" }] },
    }),
    "create",
    "-f",
    "-",
  );
  const target = selectTarget({ CLUSTER: "kubeconfig", CLUSTER_KUBECONFIG: plane.kubeconfig });
  const cluster = await openCluster({}, target);
  expect(await cluster.kubectl("get", "namespace", "default", "-o", "name")).toBe("namespace/default\n");
  expect(cluster.nodes.map(({ name, address }) => [name, address])).toEqual([["theirs", "192.0.2.7"]]);
  await expect(cluster.nodes[0]?.exec("true")).rejects.toThrow("CLUSTER=kubeconfig has no nodeExec");
  await expect(cluster.loadImage("busybox")).rejects.toThrow("CLUSTER=kubeconfig has no loadImage");
  await cluster.stop();
  expect(await plane.isReady()).toBe(true);
});

test("an error of kind's names the limit that keeps a kubelet from starting, if it is low", () => {
  expect(inotifyHint(128)).toContain("fs.inotify.max_user_instances is 128");
  expect(inotifyHint(8192)).toBeUndefined();
});

describeOn(
  ["loadImage"],
  "kind",
  () => {
    test("runs a pod on a node of its own", { timeout: 600_000 }, async () => {
      await using cluster = await openCluster({ nodes: 1 }, selectTarget({ CLUSTER: "kind" }));
      expect(cluster.nodes).toHaveLength(1);
      expect(await cluster.nodes[0]?.exec("cat", "/sys/class/net/eth1/operstate")).toBe("up\n");
    });
  },
  selectTarget({ CLUSTER: "kind" }),
);
