import { type PluginCheck, requireChained } from "../context.ts";
import { between, flag, text, texts } from "../kinds.ts";

const BACKENDS = ["iptables", "nftables"];

/** containernetworking/plugins, plugins/meta/portmap/main.go (parseConfig, ensureBackend). */
export const portmap: PluginCheck = (context) => {
  const { fields, report, capabilities, primary } = context;
  const backend = fields.take("backend", text);
  if (backend !== undefined && !BACKENDS.includes(backend))
    report.notOneOf(fields.at("backend"), backend, BACKENDS);
  for (const name of ["snat", "masqAll"]) fields.take(name, flag);
  for (const name of ["conditionsV4", "conditionsV6"]) {
    const meant = backendOf(fields.take(name, texts));
    if (meant !== undefined && BACKENDS.includes(backend ?? "") && backend !== meant)
      report.error(
        fields.at(name),
        "CONTRADICTION",
        `has conditions for ${meant}, but the backend is ${backend}`,
      );
  }
  fields.take("markMasqBit", between(0, 31));
  const chain = fields.take("externalSetMarkChain", text);
  if (chain !== undefined && fields.has("markMasqBit"))
    report.error(
      fields.at("externalSetMarkChain"),
      "CONTRADICTION",
      'cannot be used together with "markMasqBit"',
    );
  if (chain !== undefined && backend === "nftables")
    report.error(
      fields.at("externalSetMarkChain"),
      "CONTRADICTION",
      'cannot be used with the backend "nftables"',
    );
  requireChained(context);
  if (!primary && !capabilities.has("portMappings") && !fields.has("runtimeConfig"))
    report.warn(
      fields.path,
      "MISSING_CAPABILITY",
      'maps no port without "capabilities": {"portMappings": true}',
    );
};

/** detectBackendOfConditions: iptables' begin with a hyphen or "!", nftables' never do. */
function backendOf([first]: readonly (string | undefined)[] = []): string | undefined {
  if (!first) return undefined;
  return /^[-!]/.test(first) ? "iptables" : "nftables";
}
