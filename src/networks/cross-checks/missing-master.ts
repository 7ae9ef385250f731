import { show } from "../../cni/finding.ts";
import { flag, list, section, text } from "../../cni/kinds.ts";
import { listed } from "../../crds/listed.ts";
import { type Network, type Plugin, placeOf } from "./network.ts";
import {
  type ClusterView,
  type CrossFinding,
  inspectedNodes,
  lackingByName,
  MAX_NAMED,
  MAX_PER_NAD,
  ofNodes,
} from "./view.ts";

/** A name that is longer than an interface's own is an alternative one, which an inspection does not show. */
function isAlternative(name: string): boolean {
  return name.length > 15;
}

/** The interfaces of the node that a plugin builds on, with the place that names each. */
export function masters({ type, fields }: Plugin): { name: string; path: string }[] {
  switch (type) {
    case "macvlan":
    case "ipvlan":
    case "vlan": {
      const master = fields.take("master", text);
      // linkInContainer: the master is one of the pod's own.
      if (!master || isAlternative(master) || fields.take("linkInContainer", flag)) return [];
      return [{ name: master, path: placeOf(fields, "master") }];
    }
    case "bond":
      if (fields.take("linksInContainer", flag)) return [];
      return (fields.take("links", list(section)) ?? []).slice(0, 16).flatMap((link) => {
        const name = link?.take("name", text);
        return link && name && !isAlternative(name) ? [{ name, path: placeOf(link, "name") }] : [];
      });
    // host-device takes its device out of the node: an absent one may be a pod's.
    default:
      return [];
  }
}

/** A master that nodes do not have: every attachment there fails ("Link not found"). */
export function missingMaster(networks: readonly Network[], view: ClusterView): CrossFinding[] {
  const inspected = inspectedNodes(view, "interfaces");
  if (inspected.length === 0) return [];
  const lacking = lackingByName(inspected);
  return networks.flatMap(({ nad, plugins }) =>
    plugins
      .flatMap(masters)
      .filter(({ name }) => lacking(name).length > 0)
      .slice(0, MAX_PER_NAD)
      .map(({ name: master, path }): CrossFinding => {
        const without = lacking(master);
        const { isAll, ...nodes } = ofNodes(without, inspected.length);
        return {
          namespace: nad.namespace,
          name: nad.name,
          path,
          code: "MASTER_MISSING_ON_NODE",
          message: isAll
            ? `is ${show(master)}, an interface that no node has (${inspected.length} inspected)`
            : `is ${show(master)}, an interface that ${without.length} of ${inspected.length} nodes do not have: ${listed(without, MAX_NAMED)}`,
          ...nodes,
        };
      }),
  );
}
