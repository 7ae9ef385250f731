import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./scripts/longest-first.ts";

/**
 * Files of all projects share the workers: tests of real nodes wait most of their time, and the others work
 * meanwhile. A file that needs a server has it to itself, started for it or reset before it (test/cluster), so none sees
 * the others; but a limit in time has to hold on a busy machine, where a hung server must be an error and not an endless wait.
 */
const TIMES = { testTimeout: 300_000, hookTimeout: 900_000 };

const project = (name: string, ...include: string[]) => ({
  extends: true as const,
  test: { name, include },
});

const PROPERTY_SEED = "test/property-seed.ts";

/** These share nothing but modules, which a worker then reads once and not for each file: a quarter of their time. */
const UNIT = {
  extends: true as const,
  test: {
    name: "unit",
    include: ["src/**/*.test.ts", "scripts/**/*.test.ts", "test/bench/**/*.test.ts"],
    isolate: false,
    setupFiles: PROPERTY_SEED,
  },
};

/**
 * What an attack costs the operator is CPU time until a report is right: others on the machine make that time longer. And
 * a stop that takes no second takes more if others have the machine.
 */
const ALONE = ["test/integration/hostile-tenant.test.ts", "test/integration/stop.test.ts"];

/** After all others and alone: its limits in seconds are those of the documentation. */
const LIMITS = {
  extends: true as const,
  test: {
    name: "limits",
    include: ["test/limits/**/*.test.ts", ...ALONE],
    maxWorkers: 1,
    env: { GOMAXPROCS: "" },
    sequence: { groupOrder: 1 },
  },
};

export default defineConfig({
  test: {
    reporters: ["default", "./scripts/closing-line-reporter.ts"],
    // Three clusters of kind's take more of the kernel's inotify instances than a machine has (see test/cluster/kind.ts).
    // Seven for two cores: tests of real nodes wait for the kubelet most of their time.
    maxWorkers: process.env.CLUSTER === "kind" ? 1 : 7,
    globalSetup: "test/build.ts",
    sequence: { sequencer: LongestFirst },
    // A cluster's servers are Go programs: with the default of 100 an API server collects garbage for a fifth of its time.
    // On one core each they wake no idle threads: an idle cluster takes a third less. And the programs that the tests run from
    // TypeScript find it compiled after the first time.
    env: {
      GOGC: "400",
      GOMAXPROCS: "1",
      NODE_COMPILE_CACHE: resolve(import.meta.dirname, "node_modules/.cache/node-compile"),
    },
    ...TIMES,
    // A poll ends when its condition is met, as waitUntil does (test/cluster/daemon.ts); vitest's own limit is a second.
    expect: { poll: { timeout: 120_000 } },
    projects: [
      UNIT,
      {
        extends: true,
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          exclude: ALONE,
          setupFiles: PROPERTY_SEED,
          // The modules of src keep no state of their own: a file that follows another in a worker finds them read. So it does
          // the worker's control plane (test/cluster/borrowed-control-plane.ts).
          isolate: false,
        },
      },
      project("cluster", "test/cluster/**/*.test.ts"),
      project("faults", "test/faults/**/*.test.ts"),
      project("fresh", "test/fresh/**/*.test.ts"),
      project("e2e", "test/e2e/**/*.test.ts"),
      LIMITS,
    ],
  },
});
