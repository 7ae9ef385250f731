import type { PluginContext } from "../context.ts";
import { show } from "../finding.ts";
import { flag, int, list, section, text } from "../kinds.ts";
import type { Report } from "../report.ts";
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
/** The length of an option is one byte. */
const MAX_VALUE_BYTES = 255;

/** containernetworking/plugins, plugins/ipam/dhcp/{main,options}.go. */
export function checkDhcp(ipam: Section, { report }: PluginContext): undefined {
  ipam.take("daemonSocketPath", text);
  ipam.take("priority", int);
  for (const item of ipam.take("provide", list(section)) ?? []) if (item) checkProvided(item, report);
  for (const item of ipam.take("request", list(section)) ?? []) if (item) checkRequested(item, report);
}

/** An option that the daemon sends. */
function checkProvided(item: Section, report: Report): void {
  const option = item.take("option", text);
  const value = item.take("value", text) ?? "";
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES)
    report.error(item.at("value"), "OUT_OF_RANGE", `must be ${MAX_VALUE_BYTES} bytes or shorter`);
  item.take("fromArg", text);
  item.warnOfMisspellings();
  if (!item.has("option")) report.missing(item.at("option"), "what is provided");
  if (option !== undefined) checkOption(option, item, report);
}

/** An option that the daemon asks for. It passes over an empty one. */
function checkRequested(item: Section, report: Report): void {
  const option = item.take("option", text);
  item.take("skipDefault", flag);
  item.warnOfMisspellings();
  if (option !== undefined && option !== "") checkOption(option, item, report);
}

function checkOption(option: string, item: Section, report: Report): void {
  if (OPTIONS.includes(option) || (/^0*\d{1,3}$/.test(option) && Number(option) < 256)) return;
  report.error(
    item.at("option"),
    "BAD_OPTION",
    `must be a number from 0 to 255 or one of ${OPTIONS.join(", ")} (it is ${show(option)})`,
    { value: show(option) },
  );
}
