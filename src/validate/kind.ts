import { show } from "../cni/finding.ts";
import { MULTUS_INSTALL } from "../crds/multus-install/multus-install.ts";
import { closest } from "../crds/suggestion.ts";
import type { ObjectFinding } from "./finding.ts";
import { NETWORK_DEFINITION } from "./network-definition.ts";
import type { SeenObject } from "./object.ts";

const KINDS = [NETWORK_DEFINITION.kind, MULTUS_INSTALL.kind];

/** The kind that an object's is a misspelling of. */
export function meantKind({ kind }: SeenObject): string | undefined {
  return KINDS.includes(kind) ? undefined : closest(kind, KINDS);
}

/** The finding for it: the API server knows no such kind. */
export function misspelledKind(kind: string, meant: string): ObjectFinding {
  return {
    path: "kind",
    severity: "error",
    code: "INVALID_VALUE",
    message: `unknown kind; did you mean ${meant}? (it is ${show(kind)})`,
    at: ["kind"],
  };
}
