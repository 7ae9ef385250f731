import { show } from "../cni/finding.ts";
import { MULTUS_INSTALL } from "../crds/multus-install/multus-install.ts";
import type { ObjectFinding } from "./finding.ts";
import { NETWORK_DEFINITION } from "./network-definition.ts";
import type { SeenObject } from "./object.ts";

const KINDS = [NETWORK_DEFINITION.kind, MULTUS_INSTALL.kind];

/**
 * Asked of one object after the other: whether one with the same name came before.
 * @param byDirectory files of different directories are not applied together
 */
export function repetitions(byDirectory = false): (object: SeenObject, file: string) => ObjectFinding[] {
  const fileOf = new Map<string, string>();
  return ({ kind, namespace, name }, file) => {
    if (!KINDS.includes(kind) || name === "") return [];
    const directory = byDirectory ? file.slice(0, file.lastIndexOf("/") + 1) : "";
    const key = `${directory} ${kind} ${namespace || "default"}/${name}`;
    const before = fileOf.get(key);
    fileOf.set(key, file);
    if (before === undefined) return [];
    const where = before === file ? "in this file" : `in ${show(before)}`;
    return [
      {
        path: "metadata.name",
        severity: "warning",
        code: "DUPLICATE_OBJECT",
        message: `is also the name of another object ${where}; the one that is applied last takes effect`,
        at: ["metadata", "name"],
      },
    ];
  };
}
