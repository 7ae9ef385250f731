import { formatPath, type Path } from "../../cni/finding.ts";
import { flag, mapOf, section, text } from "../../cni/kinds.ts";
import { PLUGINS } from "../../cni/plugins/plugins.ts";
import { Report } from "../../cni/report.ts";
import { isObject, Section } from "../../cni/section.ts";
import type { SeenNetwork } from "./view.ts";

/** A NAD's configuration as far as it can be read; what cannot be is the checker's to report (src/cni). */
export interface Network {
  nad: SeenNetwork;
  /** The network's name, which is also the name of host-local's lease store: the NAD's where the configuration has none. */
  networkName: string;
  /** Empty if the configuration has none. */
  cniVersion: string;
  /** Whether the plugins are in a list `plugins`. */
  isList: boolean;
  plugins: readonly Plugin[];
  /** What some plugin of it declares. */
  capabilities: ReadonlySet<string>;
}

export interface Plugin {
  type: string;
  fields: Section;
  ipam: { type: string; fields: Section } | undefined;
}

/** No plugins where the configuration cannot be read, or has none and names a file on the node. */
export function readNetwork(nad: SeenNetwork): Network {
  const empty = {
    nad,
    networkName: nad.name,
    cniVersion: "",
    isList: false,
    plugins: [],
    capabilities: new Set<string>(),
  };
  let config: unknown;
  try {
    config = JSON.parse(nad.config);
  } catch {
    return empty;
  }
  if (!isObject(config)) return empty;
  const report = new Report();
  const root = new Section(config, [], report);
  const own = readPlugin(config, [], report);
  const list: unknown[] = own || !Array.isArray(config.plugins) ? [] : config.plugins.slice(0, 64);
  const plugins = own
    ? [own]
    : list
        .map((item, i) => (isObject(item) ? readPlugin(item, ["plugins", i], report) : undefined))
        .filter((plugin) => plugin !== undefined);
  const declared = plugins.flatMap(({ fields }) => [...(fields.take("capabilities", mapOf(flag)) ?? [])]);
  return {
    nad,
    networkName: root.take("name", text) || nad.name,
    cniVersion: root.take("cniVersion", text) ?? "",
    isList: own === undefined,
    plugins,
    capabilities: new Set(declared.filter(([, on]) => on).map(([name]) => name)),
  };
}

function readPlugin(value: Record<string, unknown>, path: Path, report: Report): Plugin | undefined {
  const fields = new Section(value, path, report);
  const type = fields.take("type", text);
  if (!type) return undefined;
  const ipam = fields.take("ipam", section);
  const ipamType = ipam?.take("type", text);
  return { type, fields, ipam: ipam && ipamType ? { type: ipamType, fields: ipam } : undefined };
}

/**
 * Whether a pod gets no address from it: each of its plugins takes addresses only from an IPAM, and none has one. Not known of
 * plugins that are not checked, which may have addresses of their own.
 */
export function assignsNoAddress({ plugins }: Network): boolean {
  return plugins.length > 0 && plugins.every(({ type, ipam }) => !ipam && PLUGINS.has(type));
}

/** Where a field stands, as findings say it. */
export function placeOf(fields: Section, name: string): string {
  return formatPath(fields.has(name) ? fields.at(name) : fields.path);
}
