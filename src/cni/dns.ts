import { section, text, texts } from "./kinds.ts";
import type { Section } from "./section.ts";

/** `dns` of a plugin or of the static IPAM (cni/pkg/types, DNS). */
export function checkDns(fields: Section): void {
  const dns = fields.take("dns", section);
  if (!dns) return;
  dns.take("domain", text);
  for (const name of ["nameservers", "search", "options"]) dns.take(name, texts);
  dns.warnOfMisspellings();
}
