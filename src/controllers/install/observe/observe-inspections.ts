import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { PodAges } from "../../../diagnosis/pod-ages.ts";
import type { InspectionPlan } from "../../shared/node-tasks.ts";
import type { ReconcileScope } from "../scope.ts";
import {
  type InspectionFindings,
  inspectionFindings,
  inspectionPlan,
  NO_INSPECTIONS,
} from "./inspection-plan.ts";

/** Which nodes are to be inspected, and what the inspections so far have shown. */
export function observeInspections(
  { deps: { nodeTasks, now: clock } }: ReconcileScope,
  install: MultusInstall,
  { pods, ages, now }: { pods: readonly MultusPodHealth[]; ages: PodAges; now: Date },
): { plan: InspectionPlan | undefined; findings: InspectionFindings } {
  const { spec } = install;
  if (spec.nodes.inspection === "Off" || !nodeTasks.canRun)
    return { plan: undefined, findings: NO_INSPECTIONS };
  const plan = inspectionPlan(install, pods, ages, clock);
  // A paused install keeps the plan that it had.
  const isPlanned = (node: string) => spec.paused || plan.nodes.has(node);
  const findings = inspectionFindings(
    spec,
    pods,
    {
      inspections: nodeTasks.inspections.values().filter(({ node }) => isPlanned(node)),
      failures: new Map([...nodeTasks.failures].filter(([node]) => isPlanned(node))),
      isCurrent: (node) => nodeTasks.isCurrent(node, spec.paused ? undefined : plan),
      rejected: (node) => {
        const found = nodeTasks.inspections.rejection(node);
        return found && { at: found.at, age: performance.now() - found.seenAt };
      },
    },
    now,
  );
  return { plan, findings };
}
