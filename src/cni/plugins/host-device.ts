import type { PluginCheck } from "../context.ts";
import { checkIpam } from "../ipam/ipam.ts";
import { existingInterface, mac, text } from "../kinds.ts";
import { RESOURCE_NAME } from "./device.ts";

const WAYS = ["device", "hwaddr", "kernelpath", "pciBusID"];

/** containernetworking/plugins, plugins/main/host-device/host-device.go. A device plugin's device comes at run time. */
export const hostDevice: PluginCheck = (context) => {
  const { fields, report } = context;
  const named = [
    fields.take("device", existingInterface),
    fields.take("hwaddr", mac),
    fields.take("kernelpath", text),
    fields.take("pciBusID", text),
  ];
  const path = named[2];
  if (path && !path.startsWith("/sys/devices/"))
    report.error(fields.at("kernelpath"), "OUT_OF_RANGE", "must be a path under /sys/devices/");
  // A device plugin's device comes by the annotation, another by a pod's "deviceID" with the capability.
  const isGiven =
    context.resourceName !== undefined ||
    context.primary ||
    context.capabilities.has("deviceID") ||
    fields.has("runtimeConfig");
  if (
    !isGiven &&
    named.every((way) => way === undefined || way === "") &&
    !WAYS.some((way) => fields.has(way) && way !== "device")
  )
    report.missing(
      fields.at("device"),
      `one of ${WAYS.join(", ")}, or the NAD's annotation ${RESOURCE_NAME}`,
    );
  checkIpam(context, "optional");
};
