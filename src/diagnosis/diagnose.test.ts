import { expect, it } from "vitest";
import { failedMounts } from "../controllers/install/observe/failed-mounts.ts";
import { seenEvent } from "../controllers/install/observe/kubelet-events.ts";
import { unhealthyNodes as unhealthyAt } from "./diagnose.ts";
import { type MultusPodHealth, multusPodHealth } from "./multus-pod-health.ts";
import { type NodeView, nodeView } from "./node.ts";
import { agesByClock } from "./pod-ages.ts";

const NOW = new Date("2026-11-24T12:00:00Z");
const unhealthyNodes = (pods: MultusPodHealth[], nodes: NodeView[] = []) =>
  unhealthyAt(pods, agesByClock(NOW), nodes);

function podOn(node: string, status: object, metadata: object = {}) {
  return multusPodHealth({
    metadata: { name: `kube-multus-${node}`, namespace: "kube-system", ...metadata },
    spec: { nodeName: node },
    status,
  });
}

const waiting = (reason: string, message = "") => ({
  containerStatuses: [
    {
      name: "kube-multus",
      image: "registry.example:80/multus:v1",
      restartCount: 3,
      state: { waiting: { reason, message } },
    },
  ],
});

it("names the image, the registry's answer and the field to look at when an image cannot be pulled", () => {
  const [found] = unhealthyNodes([podOn("node-1", waiting("ImagePullBackOff", "401 Unauthorized"))]);
  expect(found).toMatchObject({ node: "node-1", reason: "RegistryLoginRejected" });
  expect(found?.message).toContain("registry.example:80/multus:v1");
  expect(found?.message).toContain("401 Unauthorized");
  expect(found?.message).toContain("spec.image.pullSecrets");
});

const killed = (limits: object, container = "kube-multus") =>
  multusPodHealth({
    metadata: { name: "kube-multus-node-1", namespace: "kube-system" },
    spec: { nodeName: "node-1", containers: [{ name: container, resources: { limits } }] },
    status: {
      containerStatuses: [
        {
          name: container,
          restartCount: 7,
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 5m0s" } },
          lastState: { terminated: { reason: "OOMKilled", exitCode: 137 } },
        },
      ],
    },
  });

it("reports OOMKilled rather than CrashLoopBackOff, with the limit and the value to set instead", () => {
  const [found] = unhealthyNodes([killed({ memory: "50Mi" })]);
  expect(found?.reason).toBe("OOMKilled");
  expect(found?.message).toContain("limit 50Mi");
  expect(found?.message).toContain("spec.workload.resources.limits.memory to 128Mi or more");
  const [init] = unhealthyNodes([killed({ memory: "15Mi" }, "install-multus-binary")]);
  expect(init?.message).toContain("spec.workload.installResources.limits.memory to 30Mi");
  const [unlimited] = unhealthyNodes([killed({})]);
  expect(unlimited?.message).toContain("the node ran out of memory");
});

it("names a node that is not Ready, after those on which Multus itself fails", () => {
  const nodes = [
    nodeView({
      metadata: { name: "a" },
      status: {
        conditions: [{ type: "Ready", status: "Unknown", message: "Kubelet stopped posting node status." }],
      },
    }),
    nodeView({ metadata: { name: "b" }, status: { conditions: [{ type: "Ready", status: "True" }] } }),
  ];
  const lost = [podOn("a", {}), podOn("b", {}), podOn("c", waiting("CrashLoopBackOff"))];
  expect(unhealthyNodes(lost, nodes).map(({ node, reason }) => [node, reason])).toEqual([
    ["c", "CrashLoopBackOff"],
    ["a", "NodeNotReady"],
  ]);
});

it("names a pod that does not end, and its node where that is the cause", () => {
  const nodes = [
    nodeView({
      metadata: { name: "a" },
      status: { conditions: [{ type: "Ready", status: "Unknown", message: "Kubelet stopped posting" }] },
    }),
  ];
  const ending = (node: string, deletionTimestamp: string) =>
    podOn(node, waiting("CrashLoopBackOff"), { deletionTimestamp });
  const late = [ending("a", "2026-11-24T11:59:59Z"), ending("b", "2026-11-24T11:58:00Z")];
  const found = unhealthyNodes([...late, ending("c", "2026-11-24T11:59:01Z")], nodes);
  expect(found.map(({ node, reason }) => [node, reason])).toEqual([
    ["a", "NodeNotReady"],
    ["b", "StuckTerminating"],
  ]);
  expect(found[0]?.message).toContain("Kubelet stopped posting");
  expect(found[1]?.message).toContain("2026-11-24T11:58:00Z");
});

it("knows a limit that does not even let the container start", () => {
  const message =
    "failed to create containerd task: OCI runtime create failed: container init was OOM-killed (memory limit too low?)";
  const [found] = unhealthyNodes([
    podOn("a", {
      containerStatuses: [
        { name: "kube-multus", state: { terminated: { reason: "StartError", exitCode: 128, message } } },
      ],
    }),
  ]);
  expect(found?.reason).toBe("OOMKilled");
});

it("repeats what the kubelet says of a volume that it cannot mount", () => {
  const message =
    'MountVolume.SetUp failed for volume "multus-cfg" : configmap "multus-cni-config" not found';
  const uid = "u1";
  const events = [
    { involvedObject: { uid }, message, lastTimestamp: "2026-01-01T00:00:00Z" },
    { involvedObject: { uid: "u2" }, message: "long ago", lastTimestamp: "2025-01-01T00:00:00Z" },
  ];
  const now = Date.parse("2026-01-01T00:01:00Z");
  const found = failedMounts(events.map((object) => seenEvent(object, ({ at }) => (now - at) / 1000)));
  expect([...found]).toEqual([[uid, message]]);
  const issue = { container: "", image: "", reason: "FailedMount", message, restarts: 0 };
  const [node] = unhealthyNodes([{ ...podOn("a", {}), issue }]);
  expect(node?.message).toContain(message);
});

it("carries Multus' last message out of a crash loop", () => {
  const [found] = unhealthyNodes([
    podOn("node-2", {
      containerStatuses: [
        {
          name: "kube-multus",
          restartCount: 2,
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off" } },
          lastState: {
            terminated: { reason: "Error", exitCode: 1, message: "no master plugin\twas found\n" },
          },
        },
      ],
    }),
  ]);
  expect(found?.message).toContain("exited with code 1");
  expect(found?.message).toContain("no master plugin was found");
});

it("finds no fault with pods that start, run, or are being replaced", () => {
  expect(
    unhealthyNodes([
      podOn("a", waiting("ContainerCreating")),
      podOn("b", waiting("PodInitializing")),
      podOn("c", { conditions: [{ type: "Ready", status: "True" }] }),
      podOn("d", waiting("CrashLoopBackOff"), { deletionTimestamp: "2026-11-24T11:59:30Z" }),
      podOn("e", {}),
    ]),
  ).toEqual([]);
});

it("repeats the scheduler's sentence for a pod that no node took", () => {
  const [found] = unhealthyNodes([
    podOn("", {
      conditions: [{ type: "PodScheduled", status: "False", message: "0/2 nodes are available" }],
    }),
  ]);
  expect(found).toMatchObject({ node: "", reason: "Unschedulable" });
  expect(found?.message).toContain("0/2 nodes are available");
});

it("puts what breaks a node first and keeps every message to one bounded line", () => {
  const found = unhealthyNodes([
    podOn("a", waiting("ImagePullBackOff", "x".repeat(5000))),
    podOn("b", waiting("CrashLoopBackOff", "line\n\u001b[31mred")),
  ]);
  expect(found.map((f) => f.node)).toEqual(["b", "a"]);
  for (const { message } of found) {
    expect(message.length).toBeLessThanOrEqual(512);
    expect(message).not.toMatch(/\p{Cc}/u);
  }
});

it("says the same of every node with one cause, whatever the pod's name and number of restarts", () => {
  const rejected = waiting("ErrImagePull", "connect: connection refused");
  const [a, b] = unhealthyNodes([podOn("a", rejected), podOn("b", rejected)]);
  expect(a?.message).toBe(b?.message);
  const panic = (at: string, address: string) =>
    podOn(at, {
      containerStatuses: [
        {
          name: "kube-multus",
          state: {
            terminated: {
              reason: "Error",
              exitCode: 2,
              message: `${at} [verbose] multus-daemon started\npanic: nil pointer dereference\nmain.startMultusDaemon({${address}}, 0x1)`,
            },
          },
        },
      ],
    });
  const [c, d] = unhealthyNodes([
    panic("2026-11-24T13:13:57Z", "0x376077afb590"),
    panic("2026-11-24T13:14:01Z", "0x78b227c5720"),
  ]);
  expect(c?.message).toBe(d?.message);
});

const crashed = { terminated: { reason: "Error", exitCode: 1, message: "no master plugin" } };
const ready = { conditions: [{ type: "Ready", status: "True" }] };
const runningAgain = (startedAt: string, lastState: object = crashed) => ({
  ...ready,
  containerStatuses: [{ name: "kube-multus", restartCount: 4, state: { running: { startedAt } }, lastState }],
});

it.each([
  ["with an error", crashed],
  // Each error of v4's thin_entrypoint; the kubelet keeps no log of it.
  ["with 0", { terminated: { reason: "Completed", exitCode: 0 } }],
])("says one thing of a container that ends %s, through all phases of its crash loop", (_, ended) => {
  const phases = [
    { containerStatuses: [{ name: "kube-multus", state: ended }] },
    {
      containerStatuses: [
        {
          name: "kube-multus",
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } },
          lastState: ended,
        },
      ],
    },
    runningAgain("2026-11-24T11:59:59Z", ended),
  ];
  const said = phases.map((status) => unhealthyNodes([podOn("a", status)]));
  expect(said[0]).toHaveLength(1);
  expect(said[0]?.[0]?.reason).toBe("CrashLoopBackOff");
  for (const one of said) expect(one).toEqual(said[0]);
});

it("takes an init container that has ended with 0 for done", () => {
  const state = { terminated: { reason: "Completed", exitCode: 0 } };
  expect(unhealthyNodes([podOn("a", { initContainerStatuses: [{ name: "install", state }] })])).toEqual([]);
});

it("blames the container that fails now before one that failed once", () => {
  const [found] = unhealthyNodes([
    podOn("a", {
      containerStatuses: [
        { name: "first", state: { running: { startedAt: "2026-11-20T00:00:00Z" } }, lastState: crashed },
        { name: "second", state: { waiting: { reason: "ErrImagePull", message: "connection refused" } } },
      ],
    }),
  ]);
  expect(found?.reason).toBe("RegistryUnreachable");
});
