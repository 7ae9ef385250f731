import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binaries, binary } from "./binaries.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { waitUntil } from "./daemon.ts";
import { execute } from "./execute.ts";
import { KUBERNETES_RELEASES } from "./families.ts";
import { requestedKubernetes } from "./kubernetes-release.ts";
import { STATE_ROOT } from "./state-directory.ts";

/** The processes that were started with this directory among their arguments. */
function processesOf(directory: string): string[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(directory);
      } catch {
        return false; // it ended between the listing and this look
      }
    });
}

/** The state directories of this process; other tests may run beside it. */
function ownDirectories(): string[] {
  return readdirSync(STATE_ROOT).filter((name) => isOwn(process.pid, join(name, "owner")));
}

/** Whether the process holds the port. Another test may take one that was given back at any moment. */
function holdsPort(pid: number | undefined, { port }: URL): boolean {
  return isOwn(pid, join("ports", `${port}.lock`));
}

/** Whether a file in STATE_ROOT names the process. Those of other tests come and go. */
function isOwn(pid: number | undefined, file: string): boolean {
  try {
    return readFileSync(join(STATE_ROOT, file), "utf8").startsWith(`${pid} `);
  } catch {
    return false;
  }
}

// Building takes minutes on a new machine: within the time for hooks, not for tests.
beforeAll(() => binaries(["etcd", "kube-apiserver"]));

describe("a control plane's life", () => {
  test("two at once know nothing of each other, and stopping one leaves no process, file or port", async () => {
    const [one, two] = await Promise.all([startControlPlane(), startControlPlane()]);
    try {
      await one.kubectl("create", "namespace", "only-in-one");
      expect(await two.kubectl("get", "ns", "-o", "name")).not.toContain("only-in-one");
      expect(processesOf(one.directory)).toHaveLength(2);

      await one.stop();
      expect(processesOf(one.directory)).toEqual([]);
      expect(existsSync(one.directory)).toBe(false);
      expect(holdsPort(process.pid, new URL(one.server))).toBe(false);
      expect(holdsPort(process.pid, new URL(two.server))).toBe(true);
      expect(await two.isReady()).toBe(true);
    } finally {
      await one.stop();
      await two.stop();
    }
    expect(processesOf(two.directory)).toEqual([]);
  });

  test("a killed owner takes its servers with it, and the next start removes its files", async () => {
    const module = JSON.stringify(join(import.meta.dirname, "control-plane.ts"));
    const script = `
      const { startControlPlane } = await import(${module});
      const plane = await startControlPlane({ controllerManager: true, scheduler: true });
      console.log(JSON.stringify([plane.directory, plane.server]));
      setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      const [line] = await once(createInterface(owner.stdout), "line");
      const [directory, server] = JSON.parse(line) as [string, string];
      await waitUntil("all four servers", () => processesOf(directory).length === 4);
      expect(holdsPort(owner.pid, new URL(server))).toBe(true);

      owner.kill("SIGKILL");
      await waitUntil("the servers to die", () => processesOf(directory).length === 0);

      await using _next = await startControlPlane();
      expect(existsSync(directory)).toBe(false);
      expect(holdsPort(owner.pid, new URL(server))).toBe(false);
    } finally {
      owner.kill("SIGKILL");
    }
  });

  test("a server that cannot start fails the start with the end of its log, and leaves nothing", async () => {
    await expect(startControlPlane({ apiserverArgs: ["--no-such-flag"] })).rejects.toThrow(
      /kube-apiserver ended \(exit code 1\):[\s\S]*no-such-flag/,
    );
    expect(ownDirectories()).toEqual([]);
  });
});

describe("what tests can do to it", () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane({ controllerManager: true, auditPolicy: true });
  });
  afterAll(() => plane.stop());

  const kubectlAs = async (kubeconfig: string, ...args: string[]) =>
    await execute(await binary("kubectl"), ["--kubeconfig", kubeconfig, ...args]);

  test("serves the namespaces that every cluster has, of the release that is asked for", async () => {
    const names = (await plane.kubectl("get", "ns", "-o", "name")).trim().split("\n");
    expect(names).toContain("namespace/default");
    expect(JSON.parse(await plane.kubectl("version", "-o", "json")).serverVersion.gitVersion).toBe(
      KUBERNETES_RELEASES[requestedKubernetes()],
    );
  });

  test("a user may do what RBAC grants and no more", async () => {
    const user = plane.kubeconfigFor("jane", { name: "jane", groups: ["readers"] });
    await expect(kubectlAs(user, "get", "ns")).rejects.toThrow(
      /User "jane" cannot list resource "namespaces"/,
    );
    await plane.kubectl("create", "clusterrole", "ns", "--verb=list", "--resource=namespaces");
    await plane.kubectl("create", "clusterrolebinding", "ns", "--clusterrole=ns", "--group=readers");
    await waitUntil("the grant", async () => (await kubectlAs(user, "get", "ns")).includes("kube-system"));
    await expect(kubectlAs(user, "delete", "ns", "default")).rejects.toThrow(/cannot delete/);
  });

  test("a service account's kubeconfig acts as that account", async () => {
    await plane.kubectl("create", "serviceaccount", "robot");
    const robot = await plane.kubeconfigForServiceAccount("default", "robot", 600);
    const who = JSON.parse(await kubectlAs(robot, "auth", "whoami", "-o", "json"));
    expect(who.status.userInfo.username).toBe("system:serviceaccount:default:robot");
    await expect(kubectlAs(robot, "get", "secrets")).rejects.toThrow(/forbidden/i);
  });

  test("a node changes itself and no other node (Node authorizer, NodeRestriction)", async () => {
    const node = plane.kubeconfigFor("node-a", { name: "system:node:a", groups: ["system:nodes"] });
    const body = (name: string) => JSON.stringify({ apiVersion: "v1", kind: "Node", metadata: { name } });
    await execute(await binary("kubectl"), ["--kubeconfig", node, "create", "-f", "-"], { input: body("a") });
    await expect(
      execute(await binary("kubectl"), ["--kubeconfig", node, "create", "-f", "-"], { input: body("b") }),
    ).rejects.toThrow(/not allowed to modify node "b"/);
  });

  test("the controller manager's controllers run: a new namespace gets its service account", async () => {
    await plane.kubectl("create", "namespace", "fresh");
    await waitUntil("its service account", async () =>
      (await plane.kubectl("get", "serviceaccounts", "-n", "fresh", "-o", "name")).includes("default"),
    );
  });

  test("the API server can be killed and comes back at the same address with the same objects", async () => {
    await plane.kubectl("create", "configmap", "kept", "--from-literal=a=1");
    await plane.apiserver.kill();
    await expect(plane.kubectl("get", "ns")).rejects.toThrow(/refused/);
    await plane.apiserver.restart();
    expect(await plane.kubectl("get", "configmap", "kept", "-o", "jsonpath={.data.a}")).toBe("1");
  });

  test("the API server can hang and go on", async () => {
    plane.apiserver.suspend();
    await expect(plane.kubectl("get", "ns", "--request-timeout=1s")).rejects.toThrow(/[Tt]imeout|deadline/);
    plane.apiserver.resume();
    expect(await plane.kubectl("get", "ns", "-o", "name")).toContain("namespace/default");
  });

  test("with its history expired, an older page and an older watch are answered 410", async () => {
    const raw = (path: string) => plane.kubectl("get", "--raw", path);
    const first = JSON.parse(await raw("/api/v1/namespaces?limit=1")).metadata;
    await plane.kubectl("create", "configmap", "later");
    await plane.expireHistory();
    await plane.apiserver.restart(); // its cache of recent pages and events is new
    await expect(raw(`/api/v1/namespaces?limit=1&continue=${first.continue}`)).rejects.toThrow(
      /continue parameter is too old/,
    );
    const watch = await raw(`/api/v1/configmaps?watch=true&timeoutSeconds=5&resourceVersion=1`);
    expect(JSON.parse(watch)).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
  });

  test("it tells who asked for what", async () => {
    await plane.kubectl("get", "configmap", "no-such-thing", "--ignore-not-found");
    const asked = plane.auditEvents().filter((event) => event.objectRef?.name === "no-such-thing");
    expect(asked).toMatchObject([
      { verb: "get", user: { username: "admin" }, responseStatus: { code: 404 } },
    ]);
  });
});
