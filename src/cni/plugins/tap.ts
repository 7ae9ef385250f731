import type { PluginCheck } from "../context.ts";
import { show } from "../finding.ts";
import { checkIpam, checkMtuOfIpv6 } from "../ipam/ipam.ts";
import { existingInterface, flag, int, mac, mtuFrom, text, uint32 } from "../kinds.ts";
import type { Kind } from "../section.ts";

/** containernetworking/plugins, plugins/main/tap/tap.go. The kernel's most for a tap device is 65535 less the Ethernet header. */
export const tap: PluginCheck = (context) => {
  const { fields, report, request } = context;
  fields.take("multiQueue", flag);
  const [owner, group] = ["owner", "group"].map((name) => fields.take(name, uint32));
  const selinux = fields.take("selinuxContext", text) ?? "";
  // With both it makes the device by netlink, and loses address and MTU on the way (createLinkWithNetlink).
  const byNetlink = owner !== undefined && group !== undefined && selinux === "";
  const mtu = fields.take("mtu", byNetlink ? int : mtuFrom(Number.NEGATIVE_INFINITY, 65521));
  const address = fields.take("mac", byNetlink ? mac : ofIproute);
  for (const [name, value] of Object.entries({ mtu, mac: address }))
    if (byNetlink && value)
      report.warn(fields.at(name), "IGNORED", 'is ignored if both "owner" and "group" are set');
  if (!byNetlink && request?.mac && !isAddressForIproute(request.mac))
    report.error(
      fields.at("type"),
      "BAD_MAC",
      `"tap" cannot set the MAC address ${show(request.mac)}: ${AS_IPROUTE_TAKES_IT}`,
    );
  fields.take("bridge", existingInterface);
  checkMtuOfIpv6(context, byNetlink ? undefined : mtu, checkIpam(context, "optional"));
};

const AS_IPROUTE_TAKES_IT =
  "it must be six bytes with colons, such as 02:00:00:00:00:01, the first even, and not all 0";

/** The address goes to the program `ip`, which reads numbers with colons, and the kernel takes that of one station. */
function isAddressForIproute(word: string): boolean {
  const bytes = /^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/i.test(word)
    ? word.split(":").map((byte) => Number.parseInt(byte, 16))
    : [];
  const [first] = bytes;
  return first !== undefined && first % 2 === 0 && bytes.some((byte) => byte !== 0);
}

const ofIproute: Kind<string> = (value, path, report) => {
  const word = text(value, path, report);
  if (word === undefined || word === "" || isAddressForIproute(word)) return word;
  report.error(path, "BAD_MAC", `${AS_IPROUTE_TAKES_IT.replace("it must", "must")} (it is ${show(word)})`, {
    value: show(word),
  });
  return undefined;
};
