import type { Network } from "./network.ts";
import { MAX_NAMED } from "./view.ts";

/** Some of the NADs that a finding is about besides its own. */
export interface Others {
  /** The first MAX_NAMED, "namespace/name". */
  named: readonly string[];
  total: number;
}

export function nameOf({ nad: { namespace, name } }: Network): string {
  return `${namespace}/${name}`;
}

/**
 * "a/x, a/y and of 3 of other namespaces". Whoever reads the reports of a namespace may not know the NADs of others.
 * @param own those of the finding's namespace; undefined if all may be named
 * @param preposition before each part but the first: "of"
 */
export function othersText(all: Others, own: Others | undefined, preposition: string): string {
  const hidden = own ? all.total - own.total : 0;
  const shown = own ?? all;
  return [
    ...(shown.total > 0 ? [namesText(shown)] : []),
    ...(hidden > 0 ? [`${hidden} of other namespaces`] : []),
  ].join(` and ${preposition} `);
}

function namesText({ named, total }: Others): string {
  const first = named.slice(0, MAX_NAMED);
  const more = total - first.length;
  return `${first.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
