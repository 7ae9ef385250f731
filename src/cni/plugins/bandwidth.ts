import { type PluginCheck, requireChained, requireVersion } from "../context.ts";
import { uint64 } from "../kinds.ts";

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
  for (const way of ["ingress", "egress"]) {
    const rate = fields.take(`${way}Rate`, uint64) ?? 0;
    const burst = fields.take(`${way}Burst`, uint64) ?? 0;
    if (rate !== 0 && burst === 0 && isWell(`${way}Burst`))
      report.missing(fields.at(`${way}Burst`), `"${way}Rate" is set, and works only together with it`);
    if (burst !== 0 && rate === 0 && isWell(`${way}Rate`))
      report.missing(fields.at(`${way}Rate`), `"${way}Burst" is set, and works only together with it`);
    const small = tooSmall(rate, burst);
    if (small)
      report.error(
        fields.at(`${way}${small.name}`),
        "OUT_OF_RANGE",
        `must be at least ${small.least} bits${small.name === "Burst" ? ` at a rate of ${rate}` : ""}: the kernel rejects it`,
      );
    if (Math.floor(burst / 8) >= 2 ** 32 - 1)
      report.error(fields.at(`${way}Burst`), "OUT_OF_RANGE", "must be less than 4 GB (34359738360 bits)");
  }
  const limits = ["ingressRate", "egressRate"].some((name) => (fields.take(name, uint64) ?? 0) > 0);
  const last = context.before.at(-1);
  if (limits && last?.veth === false)
    report.error(
      fields.at("type"),
      "NOT_CHAINED",
      "limits the node's end of a veth pair, and the plugins before it do not create one (bridge and ptp do)",
    );
  requireChained(context);
  requireVersion(context, "0.3.0");

  /** False where the field has the wrong type, which is reported already. */
  function isWell(name: string): boolean {
    return !report.entries.some(({ path }) => path.join() === fields.at(name).join());
  }
};
