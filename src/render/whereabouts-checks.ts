import type { FieldProblem } from "../crds/field-problem.ts";
import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";
import { hostPaths } from "../multus/distributions.ts";
import {
  enabledWhereabouts,
  SEARCHED_DIRECTORIES,
  WHEREABOUTS_DIRECTORY,
  whereaboutsDefect,
} from "../multus/whereabouts-releases.ts";

/** What the control loop of whereabouts would not start with. */
export function whereaboutsRejections(spec: MultusInstallSpec): FieldProblem[] {
  const schedule = enabledWhereabouts(spec)?.reconcilerSchedule;
  const range = schedule && reversedRange(schedule);
  if (!range) return [];
  const message = `the range ${range} ends before it begins (it is ${schedule}); write it as two ranges with a comma`;
  return [{ path: "spec.whereabouts.reconcilerSchedule", code: "REVERSED_RANGE", message }];
}

/** The first range of a cron expression whose end is lower than its beginning: robfig/cron rejects it. */
function reversedRange(schedule: string): string | undefined {
  const ranges = [...schedule.matchAll(/(\d+)-(\d+)/g)];
  return ranges.find(([, from, to]) => Number(to) < Number(from))?.[0];
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
