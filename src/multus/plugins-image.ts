import { DEFAULT_PLUGINS_IMAGE } from "../crds/multus-install/plugins.ts";
import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";

/** The reference of the image that CNI plugins are installed from. */
export function pluginsImage({ plugins }: Pick<MultusInstallSpec, "plugins">): string {
  const { registry, repository, tag, digest } = { ...DEFAULT_PLUGINS_IMAGE, ...plugins.image };
  return `${registry}/${repository}${digest ? `@${digest}` : `:${tag}`}`;
}
