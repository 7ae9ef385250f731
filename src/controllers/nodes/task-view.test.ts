import { expect, it } from "vitest";
import { taskView } from "./task-view.ts";

const pod = (state: object, status: object = {}) => ({
  metadata: { name: "p", uid: "u" },
  status: { phase: "Running", containerStatuses: [{ state }], ...status },
});
const ended = (exitCode: number, reason: string, message?: string) =>
  pod({ terminated: { exitCode, reason, ...(message ? { message } : {}) } });

it.each([
  ["runs", pod({ running: {} }), { state: "Running" }],
  ["waits for its image", pod({ waiting: { reason: "ContainerCreating" } }), { state: "Running" }],
  ["answered", ended(0, "Completed", "{}"), { state: "Ended", exitCode: 0, message: "{}" }],
  ["answered with problems", ended(1, "Error", "{}"), { state: "Ended", exitCode: 1, message: "{}" }],
  [
    "said nothing",
    ended(2, "Error"),
    { state: "Failed", message: "it ended with exit code 2 (Error) and no answer" },
  ],
  [
    "is of another architecture",
    ended(128, "StartError", "exec /usr/bin/node: exec format error"),
    { state: "Failed", message: "StartError: exec /usr/bin/node: exec format error" },
  ],
  [
    "has an image that is not there",
    pod({ waiting: { reason: "ErrImagePull", message: "not found" } }),
    { state: "Failed", message: "ErrImagePull: not found" },
  ],
  [
    "was rejected by its kubelet",
    {
      metadata: { name: "p", uid: "u" },
      status: { phase: "Failed", reason: "OutOfpods", message: "no room" },
    },
    { state: "Failed", message: "OutOfpods: no room" },
  ],
  [
    "cannot pull the image of its init container",
    pod(
      { waiting: { reason: "PodInitializing" } },
      {
        phase: "Pending",
        initContainerStatuses: [
          {
            name: "copy",
            image: "plugins:1",
            state: { waiting: { reason: "ErrImagePull", message: "not found" } },
          },
        ],
      },
    ),
    { state: "Failed", message: "container copy with image plugins:1: ErrImagePull: not found" },
  ],
  [
    "has an init container that failed",
    pod(
      { waiting: { reason: "PodInitializing" } },
      {
        initContainerStatuses: [
          {
            name: "copy",
            image: "plugins:1",
            state: {
              terminated: { exitCode: 1, reason: "Error", message: "cp: can't stat '/opt/cni/bin/.'" },
            },
          },
        ],
      },
    ),
    {
      state: "Failed",
      message: "container copy with image plugins:1: Error: cp: can't stat '/opt/cni/bin/.'",
    },
  ],
  [
    "runs after its init container has ended",
    pod(
      { running: {} },
      {
        initContainerStatuses: [
          { name: "copy", state: { terminated: { exitCode: 0, reason: "Completed" } } },
        ],
      },
    ),
    { state: "Running" },
  ],
])("knows a pod that %s", (_, object, expected) =>
  expect(taskView(object)).toEqual({ name: "p", uid: "u", ...expected }),
);
