import type { PluginContext } from "../context.ts";
import { text } from "../kinds.ts";

/** The annotation of a NAD that has a device plugin give the pod a device; Multus then fills in `deviceID`. */
export const RESOURCE_NAME = "k8s.v1.cni.cncf.io/resourceName";

/** `deviceID`, which a device plugin's plugin cannot work without, and which hardly anybody writes by hand. */
export function checkDevice({ fields, report, type, resourceName, primary }: PluginContext): void {
  const device = fields.take("deviceID", text);
  if (device || resourceName || primary || fields.has("runtimeConfig")) return;
  report.warn(
    fields.at("type"),
    "MISSING_DEVICE",
    `"${type}" requires a device, which the NAD's annotation ${RESOURCE_NAME} requests from a device plugin`,
  );
}
