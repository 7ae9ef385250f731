import { tooLarge } from "../../cni/config-size.ts";
import { isObject } from "../../cni/section.ts";
import type { NetworkRequest } from "../pod-request/request.ts";

/**
 * The configuration with a request's "cni-args" in `args.cni` of each plugin, as Multus writes them there (injectCNIArgs of
 * pkg/types). Undefined if the request has none, if the configuration cannot be read, or if both together are too large to be
 * checked.
 */
export function withCniArgs(config: string, { cniArgs }: NetworkRequest): string | undefined {
  if (!cniArgs || cniArgs.size === 0) return undefined;
  const root = parsed(config);
  if (!isObject(root)) return undefined;
  const args = parsed(
    `{${[...cniArgs].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`,
  );
  const single = Object.hasOwn(root, "type") && root.type !== "";
  for (const plugin of single ? [root] : Array.isArray(root.plugins) ? root.plugins : [])
    if (isObject(plugin)) plugin.args = merged(plugin.args, args);
  const text = JSON.stringify(root);
  return tooLarge(text) === undefined ? text : undefined;
}

/** Of another type than an object the configuration's own `args` crash Multus. The configuration's check reports them. */
function merged(own: unknown, args: unknown): unknown {
  if (own === undefined) return { cni: args };
  if (!isObject(own)) return own;
  if (!Object.hasOwn(own, "cni")) return { ...own, cni: args };
  return isObject(own.cni) && isObject(args) ? { ...own, cni: { ...own.cni, ...args } } : own;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
