import { parseAddress, parseCidr } from "../address.ts";
import type { PluginContext } from "../context.ts";
import { show } from "../finding.ts";
import { address, cidr, flag, list, section, text, texts } from "../kinds.ts";
import type { Kind, Section } from "../section.ts";
import { checkRoutes } from "./routes.ts";

/** A network, or "10.0.0.5-10.0.0.0/24": its first address before the hyphen (whereabouts, pkg/config/config.go). */
const range: Kind<string> = (value, path, report) => {
  const word = text(value, path, report);
  if (word === undefined || word === "") return word;
  const [start, block] = word.includes("-")
    ? word.split("-", 2).map((part) => part.trim())
    : [undefined, word];
  if ((start === undefined || parseAddress(start)) && parseCidr(block ?? "")) return word;
  report.error(
    path,
    "BAD_CIDR",
    `must be a network such as 192.168.1.0/24, or 192.168.1.5-192.168.1.0/24 (it is ${show(word)})`,
    {
      value: show(word),
    },
  );
  return undefined;
};

/** k8snetworkplumbingwg/whereabouts, pkg/config/config.go and pkg/types. */
export function checkWhereabouts(ipam: Section, context: PluginContext): undefined {
  const own = checkRange(ipam);
  const ranges = ipam.take("ipRanges", list(section)) ?? [];
  for (const fields of ranges) {
    if (!fields) continue;
    checkRange(fields);
    fields.warnOfMisspellings();
  }
  ipam.take("gateway", address);
  for (const name of ["network_name", "node_slice_size", "log_file", "log_level", "configuration_path"])
    ipam.take(name, text);
  ipam.take("enable_overlapping_ranges", flag);
  for (const item of ipam.take("addresses", list(section)) ?? []) {
    item?.take("address", cidr);
    item?.take("gateway", address);
  }
  ipam.knows([
    "datastore",
    "kubernetes",
    "leader_lease_duration",
    "leader_renew_deadline",
    "leader_retry_period",
    "sleep_for_race",
  ]);
  if (!own && ranges.length === 0 && !ipam.has("addresses"))
    context.report.warn(
      ipam.path,
      "MISSING_FIELD",
      'has no "range" and no "ipRanges": they must then stand in whereabouts.conf on every node',
    );
  checkRoutes(ipam, context, undefined);
}

function checkRange(fields: Section): boolean {
  const word = fields.take("range", range);
  fields.take("range_start", address);
  fields.take("range_end", address);
  fields.take("exclude", texts);
  return word !== undefined && word !== "";
}
