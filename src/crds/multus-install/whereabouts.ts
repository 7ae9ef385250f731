import { z } from "zod";
import { matching } from "../rule.ts";
import { registryImage } from "./registry-image.ts";

/** The releases that are rendered, with what they ship (src/multus/whereabouts-releases.ts has their defects). */
export const WHEREABOUTS_RELEASES = ["v0.9.0", "v0.9.1", "v0.9.2", "v0.9.3"] as const;
/** The newest of them without a known defect. */
export const DEFAULT_WHEREABOUTS = "v0.9.3";

/** One field of a cron expression, of numbers that `number` matches: 5, 1-5, *, 10,20, with steps. */
function cronField(number: string): string {
  const part = `(\\*|${number}(-${number})?)(/[1-9][0-9]?)?`;
  return `${part}(,${part})*`;
}

const CRON = new RegExp(
  `^${["[0-5]?[0-9]", "([01]?[0-9]|2[0-3])", "(0?[1-9]|[12][0-9]|3[01])", "(0?[1-9]|1[0-2])", "[0-6]"]
    .map(cronField)
    .join(" ")}$`,
);

/** As robfig/cron, which whereabouts parses it with, takes it. A range that ends before it begins is rejected at the render. */
const cronExpression = () =>
  matching(
    CRON,
    128,
    "must be a cron expression of five fields with numbers, such as 30 4 * * * (minute, hour, day of month, month, day of week from 0 for Sunday to 6)",
  );

const image = registryImage({
  registry: "ghcr.io",
  repository: "k8snetworkplumbingwg/whereabouts",
  tag: "the version",
});

/** The IPAM plugin whereabouts, installed by the operator. */
export const whereabouts = z.object({
  enabled: z
    .boolean()
    .default(false)
    .describe(
      "Installs whereabouts on the nodes that have Multus. If changed to false, its DaemonSet and permissions are removed; its CRDs with the address pools stay, and its files on nodes are removed when the MultusInstall is deleted.",
    ),
  version: z
    .enum(WHEREABOUTS_RELEASES)
    .default(DEFAULT_WHEREABOUTS)
    .describe(
      "The whereabouts release. A release with known defects is accepted with a warning. v0.9.4 and later are not supported yet: their reconciler is a separate Deployment.",
    ),
  image: image
    .prefault({})
    .describe(
      "The whereabouts image, with upstream's layout. It runs privileged on every node: whoever can set it is root there. The chart's value multusImages restricts its source.",
    ),
  reconcilerSchedule: cronExpression()
    .default("30 4 * * *")
    .describe(
      "When whereabouts releases addresses of pods that no longer exist, as a cron expression in UTC (ConfigMap whereabouts-config). A change does not restart pods.",
    ),
});

export type Whereabouts = z.output<typeof whereabouts>;
