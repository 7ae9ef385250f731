import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * How many seconds a file takes, by the beginning of its path: half of its duration in a run of all on two cores. Only
 * their order counts: a worker that begins a long file last leaves the others idle.
 */
export const SECONDS: readonly (readonly [path: string, seconds: number])[] = [
  ["test/e2e/first-users", 245],
  ["test/e2e/transitions", 210],
  ["test/fresh/", 205],
  ["test/e2e/uninstall-nodes", 200],
  ["test/e2e/fields", 175],
  ["test/e2e/walkthrough", 175],
  ["test/e2e/diagnosis", 170],
  ["test/e2e/explain", 160],
  ["test/faults/sample", 140],
  ["test/e2e/leaked-addresses", 125],
  ["test/e2e/canary", 120],
  ["test/e2e/networks", 95],
  ["test/e2e/whereabouts", 75],
  ["test/e2e/ip-families", 85],
  ["test/e2e/", 65],
  ["test/integration/nodes", 63],
  ["test/integration/replacement", 60],
  ["test/integration/operator-health", 60],
  ["test/integration/kubectl-multus", 55],
  ["test/integration/foreign-multus", 47],
  ["test/integration/multus-install", 43],
  ["test/integration/adoption", 39],
  ["test/integration/admission.test.ts", 36],
  ["test/integration/kube/reflector", 34],
  ["test/integration/paused", 32],
  ["test/cluster/control-plane", 30],
  ["test/faults/spec-space.test.ts", 28],
  ["test/cluster/cluster.test.ts", 28],
  ["test/integration/rights-used", 27],
  ["test/integration/kube/dead-connection", 24],
  ["test/integration/hostile-installs", 21],
  ["test/integration/cni-differential", 19],
  ["test/integration/", 10],
  ["test/cluster/", 3],
];

/** @param file its path below the repository's root */
export function secondsOf(file: string): number {
  return SECONDS.find(([beginning]) => file.startsWith(beginning))?.[1] ?? 1;
}

/** Files of all projects in one order, the longest first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const seconds = (file: TestSpecification) => secondsOf(relative(this.ctx.config.root, file.moduleId));
    return files.toSorted((a, b) => seconds(b) - seconds(a));
  }
}
