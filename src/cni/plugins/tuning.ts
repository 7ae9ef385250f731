import { type PluginCheck, requireChained } from "../context.ts";
import { show } from "../finding.ts";
import { flag, int, mapOf, mtu, settableAddress, text } from "../kinds.ts";

/** containernetworking/plugins, plugins/meta/tuning/tuning.go. */
export const tuning: PluginCheck = (context) => {
  const { fields, report } = context;
  fields.take("dataDir", text);
  fields.take("mac", settableAddress);
  for (const name of ["promisc", "allmulti"]) fields.take(name, flag);
  fields.take("mtu", mtu);
  fields.take("txQLen", int);
  for (const key of fields.take("sysctl", mapOf(text))?.keys() ?? [])
    if (!/^net[./]/.test(key))
      report.error(
        [...fields.at("sysctl"), key],
        "BAD_SYSCTL",
        `must begin with "net.": tuning sets only what a network namespace owns (it is ${show(key)})`,
      );
  requireChained(context);
};
