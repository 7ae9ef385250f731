import { text } from "../cni/kinds.ts";
import type { Kind } from "../cni/section.ts";
import { isObject } from "../cni/section.ts";
import { compareTexts } from "../crds/compare-texts.ts";
import { MOST as REPORTED } from "../crds/network-attachment-report/report.ts";
import { masters } from "./cross-checks/missing-master.ts";
import type { Network } from "./cross-checks/network.ts";
import type { SeenNode } from "./cross-checks/view.ts";
import type { NetworkFacts } from "./outcome/attachments.ts";
import type { ConfigVersion } from "./outcome/config-history.ts";

/** What a node must have for a network. */
export interface Needs {
  binaries: string[];
  masters: string[];
  resourceName?: string;
}

export interface LackingNode {
  node: string;
  lacks: string[];
}

const MOST = 32;

export function needsOf(network: Network): Needs {
  const types = network.plugins.flatMap(({ type, ipam }) => (ipam ? [type, ipam.type] : [type]));
  const links = network.plugins.flatMap(masters).map(({ name }) => name);
  const { resourceName } = network.nad;
  return {
    binaries: unique(types).filter((type) => !type.includes("/")),
    masters: unique(links),
    ...(resourceName ? { resourceName } : {}),
  };
}

/** The interfaces of the node that a network moves into pods: host-device takes them out of the node while a pod runs. */
export function devicesOf(network: Network): string[] {
  return unique(
    network.plugins.flatMap(({ type, fields }) => {
      const device = type === "host-device" ? fields.take("device", text) : undefined;
      return device ? [device] : [];
    }),
  );
}

type Inspection = NonNullable<SeenNode["inspection"]>;
/** An inspection of a node stays the same for many networks. */
const SETS = new WeakMap<Inspection, { programs: Set<string>; links: Set<string> }>();

function setsOf(inspection: Inspection) {
  const known = SETS.get(inspection);
  if (known) return known;
  const sets = {
    programs: new Set(inspection.binaries.map((binary) => binary.name)),
    links: new Set(inspection.interfaces),
  };
  SETS.set(inspection, sets);
  return sets;
}

/** The inspected nodes that lack something of it, by name. */
export function lackingNodes(needs: Needs, nodes: readonly SeenNode[]): LackingNode[] {
  return nodes
    .flatMap(({ name, inspection }) => {
      if (!inspection) return [];
      const { programs, links } = setsOf(inspection);
      // Of a list that was cut nothing can be said to be missing.
      const whole = (list: string) => !inspection.truncated.includes(list);
      const without = whole("interfaces") ? needs.masters.filter((link) => !links.has(link)) : [];
      const absent = whole("binaries") ? needs.binaries.filter((type) => !programs.has(type)) : [];
      const lacks = [
        ...absent.map((type) => `plugin ${type}`),
        ...without.map((link) => `${INTERFACE}${link}`),
      ];
      return lacks.length > 0 ? [{ node: name, lacks }] : [];
    })
    .toSorted((a, b) => compareTexts(a.node, b.node));
}

/** How an interface that a node lacks is written in `lacks`. */
export const INTERFACE = "interface ";

/** The interfaces that networks can build on: the loopback is no master; a truncated list is what it is. */
export function usable(links: readonly string[]): string[] {
  return links.filter((link) => link !== "lo").slice(0, REPORTED.interfaces);
}

/** "macvlan/host-local + tuning": its plugins with their IPAM, human-readable. */
export function pluginsText({ plugins, nad }: Network): string {
  if (nad.tooLarge !== undefined) return "too large to be read";
  if (nad.config === "") return "a file on the node";
  return plugins
    .slice(0, 8)
    .map(({ type, ipam }) => (ipam ? `${type}/${ipam.type}` : type).slice(0, 64))
    .join(" + ");
}

/** What an outcome needs to know of a NAD. */
export function factsOf(network: Network, versions: readonly ConfigVersion[]): NetworkFacts {
  const { plugins, networkName, nad } = network;
  const declared = plugins.flatMap(({ fields }) => fields.take("capabilities", declaredOnes) ?? []);
  return { cniName: networkName, versions, ...(nad.config === "" ? {} : { capabilities: unique(declared) }) };
}

const declaredOnes: Kind<string[]> = (value) =>
  isObject(value) ? Object.keys(value).filter((name) => value[name] === true) : undefined;

function unique(words: readonly string[]): string[] {
  return [...new Set(words)].slice(0, MOST);
}
