import type { FieldProblem } from "../crds/field-problem.ts";
import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";
import { neverComes, reversedRange } from "../multus/cron-schedule.ts";
import { hostPaths } from "../multus/distributions.ts";
import {
  enabledWhereabouts,
  SEARCHED_DIRECTORIES,
  WHEREABOUTS_DIRECTORY,
  whereaboutsDefect,
} from "../multus/whereabouts-releases.ts";

/** What the control loop of whereabouts would not start with, and a running one would end at. */
export function whereaboutsRejections(spec: MultusInstallSpec): FieldProblem[] {
  const schedule = enabledWhereabouts(spec)?.reconcilerSchedule;
  if (schedule === undefined) return [];
  const problem = (code: string, message: string) => [
    { path: "spec.whereabouts.reconcilerSchedule", code, message },
  ];
  const range = reversedRange(schedule);
  if (range)
    return problem(
      "REVERSED_RANGE",
      `the range ${range} ends before it begins (it is ${schedule}); write it as two ranges with a comma`,
    );
  if (neverComes(schedule))
    return problem(
      "NO_SUCH_DAY",
      `none of its months has such a day (it is ${schedule}); whereabouts would not start with it`,
    );
  return [];
}

/** What works and is probably not intended. */
export function whereaboutsWarnings(spec: MultusInstallSpec): FieldProblem[] {
  const whereabouts = enabledWhereabouts(spec);
  if (!whereabouts) return [];
  return [whereaboutsDefect(whereabouts), movingTag(whereabouts), unsearchedDirectory(spec)].filter(
    (problem) => problem !== undefined,
  );
}

function movingTag({ image }: { image: { tag?: string | undefined; digest?: string | undefined } }) {
  if (image.tag !== "latest" || image.digest !== undefined) return undefined;
  const message = "latest moves: nodes may run different releases; set a release or a digest";
  return { path: "spec.whereabouts.image.tag", code: "MOVING_TAG", message };
}

/** With K3s and MicroK8s: the plugin finds its configuration only if the network names it. */
function unsearchedDirectory(spec: MultusInstallSpec): FieldProblem | undefined {
  const { confDir } = hostPaths(spec);
  if (SEARCHED_DIRECTORIES.includes(confDir)) return undefined;
  const file = `${confDir}/${WHEREABOUTS_DIRECTORY}/whereabouts.conf`;
  return {
    path: "spec.whereabouts.enabled",
    code: "CONFIGURATION_PATH",
    message: `whereabouts does not look for its configuration in ${confDir}: set "configuration_path": "${file}" in the ipam of each network that uses it`,
  };
}
