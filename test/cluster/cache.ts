import { homedir } from "node:os";
import { join } from "node:path";

/** Where built programs and images are kept between runs: outside the tree, so that a fresh clone finds them. */
export function cacheDirectory(...parts: string[]): string {
  const root =
    process.env.MULTUS_OPERATOR_CACHE ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "multus-operator");
  return join(root, ...parts);
}
