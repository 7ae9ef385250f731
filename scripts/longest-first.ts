import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * How many seconds a file takes, by the beginning of its path: half of its duration in a run of all on two cores. Only
 * their order counts: a worker that begins a long file last leaves the others idle.
 */
export const SECONDS: readonly (readonly [path: string, seconds: number])[] = [
  ["test/fresh/", 210],
  ["test/e2e/transitions", 220],
  ["test/e2e/uninstall-nodes", 190],
  ["test/e2e/first-users", 180],
  ["test/e2e/explain", 170],
  ["test/e2e/walkthrough", 165],
  ["test/e2e/fields", 170],
  ["test/e2e/diagnosis", 155],
  ["test/faults/sample", 135],
  ["test/e2e/canary", 120],
  ["test/e2e/leaked-addresses", 115],
  ["test/e2e/ip-families", 85],
  ["test/e2e/image-failures", 85],
  ["test/integration/kubectl-multus", 70],
  ["test/e2e/", 60],
  ["test/integration/nodes", 55],
  ["test/integration/foreign-multus", 37],
  ["test/integration/multus-install", 36],
  ["test/integration/replacement", 35],
  ["test/cluster/cluster.test.ts", 31],
  ["test/integration/operator-health", 31],
  ["test/faults/spec-space.test.ts", 30],
  ["test/integration/admission.test.ts", 29],
  ["test/integration/network-attachment-scale", 27],
  ["test/cluster/control-plane", 25],
  ["test/integration/hostile-installs", 24],
  ["test/integration/cni-differential", 23],
  ["test/integration/adoption", 23],
  ["test/integration/paused", 23],
  ["test/integration/rights-used", 22],
  ["test/integration/kube/reflector", 20],
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
