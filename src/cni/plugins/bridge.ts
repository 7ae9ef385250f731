import type { Address, Cidr } from "../address.ts";
import { cniArgs } from "../args.ts";
import { type HandedOut, movesRoutes, type PluginCheck, type PluginContext } from "../context.ts";
import { checkIpam, checkMtuOfIpv6 } from "../ipam/ipam.ts";
import { withGateways } from "../ipam/routes.ts";
import { between, flag, interfaceName, list, section, settableAddress, text, vethMtu } from "../kinds.ts";
import { ipMasqBackend } from "./masquerade.ts";

const FLAGS = [
  "forceAddress",
  "isGateway",
  "macspoofchk",
  "enabledad",
  "portIsolation",
  "preserveDefaultVlan",
];

/** containernetworking/plugins, plugins/main/bridge/bridge.go. */
export const bridge: PluginCheck = (context) => {
  const { fields, report } = context;
  if (fields.take("bridge", interfaceName) === "")
    report.missing(fields.at("bridge"), "the name of a bridge; if the field is not set, it is cni0");
  for (const name of FLAGS) fields.take(name, flag);
  const gateway = readGateway(context);
  const masquerades = fields.take("ipMasq", flag) === true;
  const hairpin = fields.take("hairpinMode", flag);
  if (fields.take("promiscMode", flag) && hairpin)
    report.error(fields.at("promiscMode"), "CONTRADICTION", 'cannot be set together with "hairpinMode"');
  const mtu = fields.take("mtu", vethMtu);
  fields.take("vlan", between(0, 4094));
  checkTrunk(context);
  cniArgs(fields)?.take("mac", settableAddress);
  const bare = fields.take("disableContainerInterface", flag);
  const ipam = fields.take("ipam", section);
  const isLayer3 = (ipam?.take("type", text) ?? "") !== "";
  ipMasqBackend(fields, masquerades && isLayer3);
  if (bare && ipam && isLayer3) {
    report.error(ipam.path, "CONTRADICTION", 'cannot be used together with "disableContainerInterface"');
    return;
  }
  const own = gateway ? { ...context, gateway } : context;
  const layer3 = checkIpam(own, "optional");
  checkMtuOfIpv6(context, mtu, layer3);
  if (gateway && layer3) checkGateways(withGateways(layer3.addresses, own), context);
};

/** Whether the bridge is the pods' gateway (PluginContext.gateway). */
function readGateway(context: PluginContext): "filled" | "default" | undefined {
  const { fields, report, primary } = context;
  const isDefault = fields.take("isDefaultGateway", flag) === true;
  if (isDefault && !primary && !movesRoutes(context))
    report.warn(
      fields.at("isDefaultGateway"),
      "DEFAULT_ROUTE",
      "gives the pod a second default route, in addition to its primary network's",
    );
  if (isDefault) return "default";
  return fields.take("isGateway", flag) === true ? "filled" : undefined;
}

/**
 * ensureAddr: the bridge gets each gateway's address. A second one of IPv4, or one of an overlapping IPv6
 * network, replaces the first with forceAddress, and is rejected without.
 */
function checkGateways(addresses: readonly HandedOut[], { fields, report }: PluginContext): void {
  if (fields.take("forceAddress", flag)) return;
  const own: { gateway: Address; subnet: Cidr }[] = [];
  for (const { gateway, subnet } of addresses) {
    if (!gateway) continue;
    const clash = own.some(
      (other) =>
        other.gateway.family === gateway.family &&
        (other.gateway.value !== gateway.value || other.subnet.prefix !== subnet.prefix) &&
        (gateway.family === 4 || overlap(other.subnet, subnet)),
    );
    if (clash) {
      report.error(
        fields.at(fields.has("isGateway") ? "isGateway" : "isDefaultGateway"),
        "CONTRADICTION",
        `assigns two IPv${gateway.family} addresses to the bridge, which requires "forceAddress": true; the last one then stays`,
      );
      return;
    }
    own.push({ gateway, subnet });
  }
}

function overlap(a: Cidr, b: Cidr): boolean {
  return a.first <= b.last && b.first <= a.last;
}

function checkTrunk({ fields, report }: PluginContext): void {
  for (const [i, item] of (fields.take("vlanTrunk", list(section)) ?? []).entries()) {
    if (!item) {
      report.error(
        [...fields.at("vlanTrunk"), i],
        "WRONG_TYPE",
        "must be an object: the plugin crashes on null",
      );
      continue;
    }
    const id = between(1, 4094);
    item.take("id", id);
    const min = item.take("minID", id);
    const max = item.take("maxID", id);
    item.warnOfMisspellings();
    if (item.has("minID") !== item.has("maxID"))
      report.missing(item.at(item.has("minID") ? "maxID" : "minID"), '"minID" and "maxID" go together');
    if (min !== undefined && max !== undefined && min > max)
      report.error(item.at("minID"), "REVERSED_RANGE", `is greater than maxID (${min} and ${max})`);
  }
}
