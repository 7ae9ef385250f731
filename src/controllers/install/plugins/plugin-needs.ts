import { isReferencePlugin } from "../../../crds/reference-plugins.ts";
import type { NadView } from "../../../networks/nad-view.ts";
import { neededPlugins } from "../../../networks/needed-plugins.ts";

/** Which reference plugins the NADs need. Each is read again only when it has changed. */
export class PluginNeeds {
  readonly #known = new Map<string, { of: string; plugins: readonly string[] }>();

  /** The plugins that these NADs need, which are all that there are, by name. */
  of(nads: readonly NadView[]): string[] {
    const needed = new Set<string>();
    const keys = new Set<string>();
    for (const nad of nads) {
      keys.add(keyOf(nad));
      for (const plugin of this.#read(nad)) needed.add(plugin);
    }
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key);
    return [...needed].filter(isReferencePlugin).toSorted();
  }

  /**
   * Whether a change of a NAD changes what it needs; undefined is one that was deleted. What tenants change all day must not
   * cost a reconcile each.
   */
  isNews(key: string, nad: NadView | undefined): boolean {
    const before = this.#known.get(key)?.plugins ?? [];
    if (nad) return this.#read(nad).join() !== before.join();
    // At once: no reconcile may come to ask for all of them.
    this.#known.delete(key);
    return before.length > 0;
  }

  /** How many NADs are known. */
  get size(): number {
    return this.#known.size;
  }

  #read(nad: NadView): readonly string[] {
    const key = keyOf(nad);
    const of = `${nad.uid} ${nad.hash} ${nad.resourceName ?? ""} ${nad.tooLarge ?? ""}`;
    const known = this.#known.get(key);
    if (known?.of === of) return known.plugins;
    const plugins = neededPlugins(nad);
    this.#known.set(key, { of, plugins });
    return plugins;
  }
}

function keyOf({ namespace, name }: NadView): string {
  return `${namespace}/${name}`;
}
