import { PLUGINS_TAG } from "../crds/multus-install/plugins.ts";
import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";

/** The reference of the image that CNI plugins are from. A spec that uses it names registry and repository (plugin-rules.ts). */
export function pluginsImage({ plugins }: Pick<MultusInstallSpec, "plugins">): string {
  const { registry = "", repository = "", tag = PLUGINS_TAG, digest } = plugins.image;
  return `${registry}/${repository}${digest ? `@${digest}` : `:${tag}`}`;
}
