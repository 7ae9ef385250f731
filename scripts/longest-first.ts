import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * About how many seconds a file takes alone on two cores, by the beginning of its path. Only their order
 * counts: a worker that begins a long file last leaves the others idle.
 */
export const SECONDS: readonly (readonly [path: string, seconds: number])[] = [
  ["test/e2e/first-users", 240],
  ["test/e2e/explain", 210],
  ["test/e2e/uninstall-nodes", 200],
  ["test/e2e/diagnosis", 200],
  ["test/e2e/transitions-to-thin", 160],
  ["test/fresh/", 150],
  ["test/e2e/fields", 150],
  ["test/e2e/uninstall", 140],
  ["test/e2e/transitions-to-thick", 140],
  ["test/e2e/leaked-addresses", 120],
  ["test/e2e/", 100],
  ["test/faults/sample", 110],
  ["test/integration/kubectl-multus", 80],
  ["test/integration/nodes", 70],
  ["test/integration/foreign-multus", 60],
  ["test/integration/rights-used", 60],
  ["test/integration/replacement", 60],
  ["test/integration/adoption", 50],
  ["test/cluster/cluster.test.ts", 60],
  ["test/integration/yaml-differential", 40],
  ["test/integration/cni-differential", 30],
  ["test/integration/", 25],
  ["test/cluster/", 20],
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
