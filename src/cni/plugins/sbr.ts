import { type PluginCheck, requireChained } from "../context.ts";
import { int } from "../kinds.ts";

/** containernetworking/plugins, plugins/meta/sbr/main.go: it reads `table`, and nothing else. */
export const sbr: PluginCheck = (context) => {
  context.fields.take("table", int);
  requireChained(context);
};
