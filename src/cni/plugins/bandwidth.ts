import { type PluginCheck, type PluginContext, requireChained, requireVersion } from "../context.ts";
import { uint64 } from "../kinds.ts";
import type { Section } from "../section.ts";

/** What the kernel's queue tbf gets in bytes must not be 0. */
const LEAST_BITS = 8;
const BYTES_PER_MICROSECOND = 1e6;

/**
 * Which of a rate and a burst in bits is too small for the kernel, and the least that it takes: the plugin gives it whole
 * bytes, and the burst as whole microseconds at that rate (createTBF, buffer). Undefined if both are well, or 0.
 */
export function tooSmall(rate: number, burst: number): { name: "Rate" | "Burst"; least: number } | undefined {
  if (rate <= 0 || burst <= 0) return undefined;
  if (rate < LEAST_BITS) return { name: "Rate", least: LEAST_BITS };
  const least = 8 * Math.ceil(Math.max(1, Math.floor(rate / 8) / BYTES_PER_MICROSECOND));
  return burst < least ? { name: "Burst", least } : undefined;
}

/** containernetworking/plugins, plugins/meta/bandwidth/main.go (validateRateAndBurst). */
export const bandwidth: PluginCheck = (context) => {
  const { fields, report } = context;
  const rates = ["ingress", "egress"].map((way) => checkLimit(`${way}Rate`, `${way}Burst`, context));
  const last = context.before.at(-1);
  if (rates.some((rate) => rate > 0) && last?.veth === false)
    report.error(
      fields.at("type"),
      "NOT_CHAINED",
      "limits the node's end of a veth pair, and the plugins before it do not create one (bridge and ptp do)",
    );
  requireChained(context);
  requireVersion(context, "0.3.0");
};

/** The limit of one direction, in the two fields that have these names. Returns its rate, 0 if there is none. */
function checkLimit(rateName: string, burstName: string, { fields, report }: PluginContext): number {
  const rate = fields.take(rateName, uint64) ?? 0;
  const burst = fields.take(burstName, uint64) ?? 0;
  if (rate !== 0 && burst === 0) requireOther(burstName, rateName, fields);
  if (burst !== 0 && rate === 0) requireOther(rateName, burstName, fields);
  const small = tooSmall(rate, burst);
  if (small?.name === "Rate")
    report.error(
      fields.at(rateName),
      "OUT_OF_RANGE",
      `must be at least ${small.least} bits: the kernel rejects it`,
    );
  if (small?.name === "Burst")
    report.error(
      fields.at(burstName),
      "OUT_OF_RANGE",
      `must be at least ${small.least} bits at a rate of ${rate}: the kernel rejects it`,
    );
  if (Math.floor(burst / 8) >= 2 ** 32 - 1)
    report.error(fields.at(burstName), "OUT_OF_RANGE", "must be less than 4 GB (34359738360 bits)");
  return rate;
}

/** Not if the other field has the wrong type, which is reported already. */
function requireOther(missing: string, given: string, fields: Section): void {
  const path = fields.at(missing);
  if (!fields.report.entries.some((entry) => entry.path.join() === path.join()))
    fields.report.missing(path, `"${given}" is set, and works only together with it`);
}
