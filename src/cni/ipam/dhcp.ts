import type { PluginContext } from "../context.ts";
import { show } from "../finding.ts";
import { flag, int, list, section, text } from "../kinds.ts";
import type { Section } from "../section.ts";

/** plugins/ipam/dhcp/options.go, optionNameToID. */
const OPTIONS = [
  "dhcp-client-identifier",
  "subnet-mask",
  "routers",
  "host-name",
  "user-class",
  "vendor-class-identifier",
];

/** containernetworking/plugins, plugins/ipam/dhcp/{main,options}.go. */
export function checkDhcp(ipam: Section, { report }: PluginContext): undefined {
  ipam.take("daemonSocketPath", text);
  ipam.take("priority", int);
  for (const [name, others] of [
    ["provide", ["value", "fromArg"]],
    ["request", []],
  ] as const)
    for (const item of ipam.take(name, list(section)) ?? []) {
      if (!item) continue;
      const option = item.take("option", text);
      for (const other of others) {
        const value = item.take(other, text);
        if (other === "value" && Buffer.byteLength(value ?? "") > 255)
          report.error(item.at(other), "OUT_OF_RANGE", "must be 255 bytes or shorter");
      }
      if (name === "request") item.take("skipDefault", flag);
      item.warnOfMisspellings();
      // Of "request" the daemon passes over an empty one.
      if (name === "provide" && !item.has("option")) report.missing(item.at("option"), "what is provided");
      if (
        option !== undefined &&
        !(name === "request" && option === "") &&
        !OPTIONS.includes(option) &&
        !(/^0*\d{1,3}$/.test(option) && Number(option) < 256)
      )
        report.error(
          item.at("option"),
          "BAD_OPTION",
          `must be a number from 0 to 255 or one of ${OPTIONS.join(", ")} (it is ${show(option)})`,
          {
            value: show(option),
          },
        );
    }
}
