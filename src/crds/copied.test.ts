import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { taskView } from "../controllers/nodes/task-view.ts";
import { multusPodHealth } from "../diagnosis/multus-pod-health.ts";
import { nadView } from "../networks/nad-view.ts";
import { failureView } from "../networks/outcome/sandbox-event.ts";
import { copied } from "./copied.ts";

const MIB = 1024 * 1024;

/** The bytes that are kept of what `project` makes of fifty objects; each is parsed from JSON, as the API server sends it. */
function keptOf(project: (object: unknown) => unknown, object: (text: string, i: number) => object): number {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  gc();
  const before = process.memoryUsage().heapUsed;
  const kept = Array.from({ length: 50 }, (_, i) =>
    project(JSON.parse(JSON.stringify(object("long ".repeat(40_000), i)))),
  );
  gc();
  return kept.length === 50 ? process.memoryUsage().heapUsed - before : 0;
}

const metadata = (i: number) => ({ namespace: "a", name: `n${i}`, uid: `u${i}` });
const terminated = (reason: string, message: string) => ({
  containerStatuses: [{ name: "c", image: message, state: { terminated: { exitCode: 1, reason, message } } }],
});

it.each<[string, (object: unknown) => unknown, (text: string, i: number) => object]>([
  [
    "a NAD's resource",
    nadView,
    (text, i) => ({ metadata: { ...metadata(i), annotations: { "k8s.v1.cni.cncf.io/resourceName": text } } }),
  ],
  [
    "an event's message",
    failureView,
    (text, i) => ({
      reason: "FailedCreatePodSandBox",
      message: `plugin type="multus" failed (add): ${text}`,
      involvedObject: { kind: "Pod", ...metadata(i) },
    }),
  ],
  [
    "an event's network",
    failureView,
    (text, i) => ({
      reason: "FailedCreatePodSandBox",
      message: `plugin type="multus" failed (add): error adding container to network "${text}": no`,
      involvedObject: { kind: "Pod", ...metadata(i) },
    }),
  ],
  [
    "a task's answer",
    taskView,
    (text, i) => ({ metadata: metadata(i), status: terminated("Completed", text) }),
  ],
  ["a task's failure", taskView, (text, i) => ({ metadata: metadata(i), status: terminated(text, text) })],
  [
    "a rejected task",
    taskView,
    (text, i) => ({ metadata: metadata(i), status: { phase: "Failed", reason: text, message: text } }),
  ],
  [
    "a container of Multus",
    multusPodHealth,
    (text, i) => ({ metadata: metadata(i), status: terminated(text, text) }),
  ],
  [
    "a Multus pod that was rejected",
    multusPodHealth,
    (text, i) => ({ metadata: metadata(i), status: { phase: "Failed", reason: text, message: text } }),
  ],
  [
    "a Multus pod that is not scheduled, and its networks",
    multusPodHealth,
    (text, i) => ({
      metadata: {
        ...metadata(i),
        annotations: { "k8s.v1.cni.cncf.io/network-status": JSON.stringify([{ name: text }]) },
      },
      status: { conditions: [{ type: "PodScheduled", status: "False", message: text }] },
    }),
  ],
])("of %s, which others may write, little is kept, however long it is", (_, project, object) => {
  expect(keptOf(project, object)).toBeLessThan(2 * MIB);
});

it("copies a text as it is", () => {
  for (const text of ["", "a", "grün", "\ud83d", "a\u0000b"]) expect(copied(text)).toBe(text);
});
