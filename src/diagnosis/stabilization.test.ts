import { expect, it } from "vitest";
import { secondsToStable, unhealthyNodes } from "./diagnose.ts";
import { multusPodHealth } from "./multus-pod-health.ts";
import { agesByClock } from "./pod-ages.ts";

const NOW = new Date("2026-11-24T12:00:00Z");
const secondsAgo = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();

/** A pod that is Ready now, with a container that ran for a while, ended, and runs again. */
const restarted = (ranSeconds: number, runningSeconds: number) =>
  multusPodHealth({
    metadata: { name: "kube-multus", namespace: "kube-system" },
    spec: { nodeName: "a" },
    status: {
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: [
        {
          name: "kube-multus",
          restartCount: 4,
          state: { running: { startedAt: secondsAgo(runningSeconds) } },
          lastState: {
            terminated: {
              exitCode: 1,
              startedAt: secondsAgo(runningSeconds + 10 + ranSeconds),
              finishedAt: secondsAgo(runningSeconds + 10),
            },
          },
        },
      ],
    },
  });

it.each([
  ["crashed at once", 0, 5, 15],
  ["crashed at once, and has run since", 0, 20, undefined],
  ["crashes each half minute", 30, 29, 16],
  ["has outlived its last run", 30, 45, undefined],
  ["crashed after minutes", 500, 100, 500],
  ["fell after a long time", 86_400, 5, 15],
] as const)("a pod that %s", (_, ran, running, expected) => {
  const pods = [restarted(ran, running)];
  expect(secondsToStable(pods, agesByClock(NOW))).toBe(expected);
  expect(unhealthyNodes(pods, agesByClock(NOW))).toHaveLength(expected === undefined ? 0 : 1);
});
