import { type PluginCheck, requireChained } from "../context.ts";
import { int } from "../kinds.ts";

/** containernetworking/plugins, plugins/meta/sbr/main.go: it reads `table`, and nothing else. */
export const sbr: PluginCheck = (context) => {
  context.fields.take("table", int);
  requireChained(context);
  if (context.before.at(-1)?.addresses === false)
    context.report.error(
      context.fields.at("type"),
      "MISSING_IPAM",
      'routes by the pod\'s own address, and no plugin before it gives one: "ipam" with a "type" is needed there',
    );
};
