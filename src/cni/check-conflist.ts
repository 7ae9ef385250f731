import type { Finding } from "./finding.ts";
import { checkHostLocal } from "./host-local.ts";

/** Checks what the plugins of a conflist would refuse. The conflist's own shape is checked by whoever parsed it. */
export function checkConflist(conflist: { plugins: readonly Record<string, unknown>[] }): Finding[] {
  return conflist.plugins.flatMap((plugin, index) => {
    const ipam = plugin.ipam;
    if (typeof ipam !== "object" || ipam === null) return [];
    const fields = ipam as Record<string, unknown>;
    return fields.type === "host-local" ? checkHostLocal(fields, `plugins[${index}].ipam`) : [];
  });
}
