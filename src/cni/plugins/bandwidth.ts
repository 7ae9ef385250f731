import { type PluginCheck, requireChained, requireVersion } from "../context.ts";
import { uint64 } from "../kinds.ts";

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
