import { text } from "../kinds.ts";
import type { Section } from "../section.ts";

const BACKENDS = ["iptables", "nftables"];

/** plugins/pkg/ip/ipmasq_linux.go rejects another backend, but only when it masquerades; `""` too. */
export function ipMasqBackend(fields: Section, used: boolean): void {
  const backend = fields.take("ipMasqBackend", text);
  if (backend === undefined || BACKENDS.includes(backend)) return;
  fields.report.notOneOf(fields.at("ipMasqBackend"), backend, BACKENDS, used ? "error" : "warning");
}
