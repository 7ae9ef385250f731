import { cniArgs } from "../args.ts";
import { type PluginCheck, type PluginContext, requireChained } from "../context.ts";
import { show } from "../finding.ts";
import { flag, int, mapOf, mtu, settableAddress, text } from "../kinds.ts";

/** containernetworking/plugins, plugins/meta/tuning/tuning.go. */
export const tuning: PluginCheck = (context) => {
  const { fields, report } = context;
  fields.take("dataDir", text);
  fields.take("mac", settableAddress);
  for (const name of ["promisc", "allmulti"]) fields.take(name, flag);
  const args = cniArgs(fields);
  args?.take("mac", settableAddress);
  for (const name of ["promisc", "allmulti"]) args?.take(name, flag);
  args?.take("mtu", mtu);
  fields.take("mtu", mtu);
  checkQueue(context);
  for (const key of fields.take("sysctl", mapOf(text))?.keys() ?? [])
    if (!/^net[./]/.test(key))
      report.error(
        [...fields.at("sysctl"), key],
        "BAD_SYSCTL",
        `must begin with "net.": tuning sets only sysctls of a network namespace (it is ${show(key)})`,
      );
  requireChained(context);
};

/** Netlink carries 32 bits of it. A tap device allocates a queue of that length at once, 8 bytes a packet, of at most 2 GiB. */
function checkQueue({ fields, report, before }: PluginContext): void {
  const length = fields.take("txQLen", int);
  if (length === undefined) return;
  const passed = ((length % 2 ** 32) + 2 ** 32) % 2 ** 32;
  if (before.some(({ type }) => type === "tap") && passed >= 2 ** 28)
    report.error(
      fields.at("txQLen"),
      "OUT_OF_RANGE",
      `must be below ${2 ** 28} for a tap device (it is ${length})`,
      { value: show(length) },
    );
  else if (length < 0 || length >= 2 ** 32)
    report.warn(
      fields.at("txQLen"),
      "OUT_OF_RANGE",
      `is read as ${passed}: the kernel reads an unsigned 32-bit number (it is ${length})`,
      { value: show(length) },
    );
}
