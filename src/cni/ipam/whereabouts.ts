import { parseAddress, parseCidr } from "../address.ts";
import type { PluginContext } from "../context.ts";
import { checkDns } from "../dns.ts";
import { show } from "../finding.ts";
import { address, flag, int, list, section, text } from "../kinds.ts";
import type { Section } from "../section.ts";
import { checkRoutes } from "./routes.ts";
import { checkRange, sloppy } from "./whereabouts-range.ts";

/** k8snetworkplumbingwg/whereabouts, pkg/config/config.go, pkg/types/types.go, pkg/allocate and pkg/iphelpers. */
export function checkWhereabouts(ipam: Section, context: PluginContext): undefined {
  const { report } = context;
  checkRange(ipam, context, false);
  const ranges = ipam.take("ipRanges", list(section)) ?? [];
  for (const [i, fields] of ranges.entries()) {
    if (!fields) report.error([...ipam.at("ipRanges"), i], "MISSING_FIELD", 'needs "range"');
    else {
      checkRange(fields, context, true);
      fields.warnOfMisspellings();
    }
  }
  const gateway = ipam.take("gateway", text);
  if (gateway && !parseAddress(sloppy(gateway)))
    report.error(ipam.at("gateway"), "BAD_ADDRESS", `must be an IP address (it is ${show(gateway)})`, {
      value: show(gateway),
    });
  const slice = ipam.take("node_slice_size", text);
  if (slice && !/^\/?\d{1,3}$/.test(slice))
    report.error(
      ipam.at("node_slice_size"),
      "WRONG_TYPE",
      `must be a prefix length such as "/24" (it is ${show(slice)})`,
    );
  for (const name of [
    "network_name",
    "log_file",
    "log_level",
    "configuration_path",
    "datastore",
    "reconciler_cron_expression",
  ])
    ipam.take(name, text);
  ipam.take("enable_overlapping_ranges", flag);
  for (const name of [
    "leader_lease_duration",
    "leader_renew_deadline",
    "leader_retry_period",
    "sleep_for_race",
  ])
    ipam.take(name, int);
  const kubernetes = ipam.take("kubernetes", section);
  for (const name of ["kubeconfig", "k8s_api_root"]) kubernetes?.take(name, text);
  checkDns(ipam);
  checkAddresses(ipam, context);
  if (!ipam.take("range", text) && ranges.length === 0 && !ipam.has("addresses"))
    report.warn(
      ipam.path,
      "MISSING_FIELD",
      'has no "range" and no "ipRanges": they must then stand in whereabouts.conf on every node',
    );
  checkRoutes(ipam, context, undefined);
}

function checkAddresses(ipam: Section, { report }: PluginContext): void {
  for (const [i, item] of (ipam.take("addresses", list(section)) ?? []).entries()) {
    const given = item?.take("address", text);
    item?.take("gateway", address);
    if (given === undefined || !parseCidr(sloppy(given)))
      report.error(
        item?.has("address") ? item.at("address") : [...ipam.at("addresses"), i],
        "BAD_CIDR",
        `needs "address", such as 192.168.1.5/24 (it is ${show(given)})`,
      );
  }
}
