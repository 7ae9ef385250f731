import { setImmediate } from "node:timers/promises";
import { pino } from "pino";
import { beforeEach, describe, expect, it } from "vitest";
import type { NodeView } from "../../diagnosis/node.ts";
import type { CleaningRequest } from "../shared/node-tasks.ts";
import { Cleaner } from "./cleaner.ts";
import type { NodeTask } from "./task-pod.ts";

type PathWithReason = { path: string; reason: string };

interface Running {
  task: NodeTask;
  signal: AbortSignal;
  answer: (problems?: PathWithReason[], node?: string, kept?: PathWithReason[]) => void;
  fail: (message: string) => void;
}

let running: Running[];
let now: number;
let changes: number;
let cleaner: Cleaner;

beforeEach(() => {
  running = [];
  now = 0;
  changes = 0;
  cleaner = new Cleaner({
    log: pino({ level: "silent" }),
    signal: new AbortController().signal,
    onChange: () => changes++,
    now: () => now,
    run: (task, _owner, signal) =>
      new Promise((resolve, reject) =>
        running.push({
          task,
          signal,
          fail: (message) => reject(new Error(message)),
          answer: (problems = [], node = task.node, kept = []) => {
            const at = "2026-11-24T12:00:00Z";
            const report = { node, at, removed: [], restored: [], kept, problems };
            resolve({ exitCode: problems.length > 0 ? 1 : 0, message: JSON.stringify(report) });
          },
        }),
      ),
  });
});

const node = (name: string, more: Partial<NodeView> = {}): NodeView => ({
  ...{
    name,
    taints: [],
    reachable: true,
    runsMultus: true,
    keepsCalls: false,
    labels: {},
    osImage: "",
    kubeletVersion: "",
  },
  ...more,
});
const request = (nodes: NodeView[], busy: string[] = [], uid = "install"): CleaningRequest => ({
  owner: { name: "multus", uid, namespace: "kube-system", pullSecrets: [] },
  key: uid,
  confDir: "/etc/cni/net.d",
  binDir: "/opt/cni/bin",
  since: "2026-11-24T11:00:00Z",
  nodes,
  busy: new Set(busy),
});

describe("cleaning nodes", () => {
  it("does not call a node busy that does not answer: its pod may never end", () => {
    const { left } = cleaner.step(request([node("a", { reachable: false }), node("b")], ["a", "b"]));
    expect(left.map(({ node: name, busy }) => [name, busy])).toEqual([
      ["a", false],
      ["b", true],
    ]);
  });

  it("waits for nodes that do not answer and for pods that have not ended, and passes by what never ran Multus", async () => {
    const nodes = [
      node("a"),
      node("b", { reachable: false }),
      node("c"),
      node("windows", { runsMultus: false }),
    ];
    expect(cleaner.step(request(nodes, ["c"]))).toEqual({
      total: 3,
      cleaned: 0,
      left: [
        { node: "a", reason: "being cleaned", underWay: true, busy: false },
        { node: "b", reason: "its kubelet does not answer", underWay: false, busy: false },
        { node: "c", reason: "its Multus pod has not terminated", underWay: false, busy: true },
      ],
    });
    expect(running.map(({ task }) => task.node)).toEqual(["a"]);
    running[0]?.answer();
    await setImmediate();
    expect(changes).toBe(1);
    expect(cleaner.step(request(nodes, []))).toMatchObject({ cleaned: 1 });
    expect(running.map(({ task }) => task.node)).toEqual(["a", "c"]);
  });

  it("cleans twenty nodes at a time", async () => {
    const nodes = Array.from({ length: 50 }, (_, index) => node(`node-${index}`));
    const { left } = cleaner.step(request(nodes));
    expect(running).toHaveLength(20);
    expect(left.every(({ underWay }) => underWay)).toBe(true);
    for (const { answer } of running.slice(0, 5)) answer();
    await setImmediate();
    expect(cleaner.step(request(nodes)).cleaned).toBe(5);
    expect(running).toHaveLength(25);
  });

  it("tries a node again that failed, later each time, and says why it failed", async () => {
    const nodes = [node("a")];
    cleaner.step(request(nodes));
    running[0]?.fail("ImagePullBackOff: no such image");
    await setImmediate();
    expect(cleaner.step(request(nodes)).left).toEqual([
      { node: "a", reason: "ImagePullBackOff: no such image", underWay: false, busy: false },
    ]);
    now = 5000;
    expect(cleaner.step(request(nodes)).left).toEqual([
      { node: "a", reason: "being cleaned", underWay: true, busy: false },
    ]);
    running[1]?.answer([{ path: "/opt/cni/bin/multus", reason: "EROFS: read-only file system" }]);
    await setImmediate();
    now = 14_000;
    expect(cleaner.step(request(nodes)).left[0]?.reason).toBe(
      "/opt/cni/bin/multus EROFS: read-only file system",
    );
    now = 15_000;
    cleaner.step(request(nodes));
    running[2]?.answer();
    await setImmediate();
    expect(cleaner.step(request(nodes))).toEqual({ total: 1, cleaned: 1, left: [] });
  });

  it.each([
    ["a minute while an install is deleted", {}, 60],
    ["ten minutes while a Multus runs", { runs: "v4-thin" as const }, 600],
  ])(
    "waits up to %s until it tries a node again, which stays named, and not that long once the node has changed",
    async (_, more, longest) => {
      const step = (nodes: NodeView[], key = "install") =>
        cleaner.step({ ...request(nodes, [], key), ...more });
      for (let attempt = 0; attempt < 10; attempt++) {
        step([node("a")]);
        expect(running).toHaveLength(attempt + 1);
        running.at(-1)?.fail("no image");
        await setImmediate();
        now += (Math.min(5 * 2 ** attempt, longest) - 1) * 1000;
        expect(step([node("a")]).left).toMatchObject([{ node: "a", reason: "no image", underWay: false }]);
        now += 1000;
      }
      const fail = async () => {
        running.at(-1)?.fail("no image");
        await setImmediate();
        return running.length;
      };
      step([node("a")]);
      let before = await fail();
      expect(step([node("a", { reachable: false })]).left).toMatchObject([{ node: "a", underWay: false }]);
      step([node("a")]);
      expect(running).toHaveLength(before + 1);
      before = await fail();
      now += 5000;
      step([node("a")]);
      expect(running).toHaveLength(before + 1);
      before = await fail();
      step([node("a")], "after another spec");
      expect(running).toHaveLength(before + 1);
    },
  );

  it("says which Multus stays, and to CRI-O's nodes that the programs do; reports a clean node before anything else", async () => {
    const notified: string[] = [];
    const after = new Cleaner({
      log: pino({ level: "silent" }),
      signal: new AbortController().signal,
      onChange: () => notified.push("change"),
      onClean: (name) => notified.push(name),
      run: async (task) => {
        running.push({ task, signal: AbortSignal.abort(), answer: () => {}, fail: () => {} });
        const report = { node: task.node, at: "2026-11-24T12:00:00Z", removed: [], restored: [] };
        return { exitCode: 0, message: JSON.stringify({ ...report, kept: [], problems: [] }) };
      },
    });
    const nodes = [node("a"), node("b", { keepsCalls: true })];
    after.step({ ...request(nodes), runs: "v4-thin" });
    expect(running.map(({ task }) => task)).toMatchObject([
      { node: "a", runs: "v4-thin" },
      { node: "b", runs: "v4-thin", keepPrograms: true },
    ]);
    expect(running[0]?.task).not.toHaveProperty("keepPrograms");
    expect(running[0]?.task).not.toHaveProperty("previous");
    await setImmediate();
    expect(notified.slice(0, 2)).toEqual(["a", "b"]);
    expect(notified).toContain("change");
    // Another exchange begins anew.
    const previous = { confDir: "/etc/cni/multus" };
    after.step({ ...request(nodes), runs: "v4-thin", previous, key: "another" });
    expect(running).toHaveLength(4);
    expect(running[2]?.task).toMatchObject({ previous });
  });

  it("shows which previous directories stay as a whole; files that stay in them are not Multus'", async () => {
    const of = { ...request([node("a")]), previous: { confDir: "/etc/cni/multus" } };
    cleaner.step(of);
    const kept = [
      { path: "/etc/cni/multus", reason: "has configurations of other plugins" },
      { path: "/etc/cni/multus/00-multus.conf", reason: "has Multus' file name, but not its content" },
    ];
    running[0]?.answer([], "a", kept);
    await setImmediate();
    expect(cleaner.step(of)).toEqual({
      ...{ total: 1, cleaned: 1, left: [] },
      kept: [{ node: "a", reason: "/etc/cni/multus has configurations of other plugins" }],
    });
  });

  it("takes no node for clean by another node's answer, and none by another install's", async () => {
    cleaner.step(request([node("a")]));
    running[0]?.answer([], "b");
    await setImmediate();
    expect(cleaner.step(request([node("a")])).left).toHaveLength(1);
    cleaner.step(request([node("a")], [], "another install"));
    expect(running).toHaveLength(2);
  });

  it("ends what is under way when it is no longer waited for", async () => {
    cleaner.step(request([node("a")]));
    cleaner.abandon();
    expect(running[0]?.signal.aborted).toBe(true);
    running[0]?.fail("aborted");
    await setImmediate();
    expect(changes).toBe(0);
  });
});
