import type { PluginCheck } from "../context.ts";
import { checkIpam } from "../ipam/ipam.ts";
import { interfaceName, mac, text } from "../kinds.ts";

const WAYS = ["device", "hwaddr", "kernelpath", "pciBusID"];

/** containernetworking/plugins, plugins/main/host-device/host-device.go. A device plugin's device comes at run time. */
export const hostDevice: PluginCheck = (context) => {
  const { fields, report } = context;
  const named = [
    fields.take("device", interfaceName),
    fields.take("hwaddr", mac),
    fields.take("kernelpath", text),
    fields.take("pciBusID", text),
  ];
  const path = named[2];
  if (path && !path.startsWith("/sys/devices/"))
    report.error(fields.at("kernelpath"), "OUT_OF_RANGE", "must be a path under /sys/devices/");
  if (
    context.resourceName === undefined &&
    named.every((way) => way === undefined || way === "") &&
    !WAYS.some((way) => fields.has(way) && way !== "device")
  )
    report.warn(
      fields.path,
      "MISSING_FIELD",
      `needs one of ${WAYS.join(", ")}, or the NAD's annotation k8s.v1.cni.cncf.io/resourceName`,
    );
  checkIpam(context, "optional");
};
