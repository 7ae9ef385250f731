import { link, unlink } from "node:fs/promises";
import { cut, isMultusConfName, isMultusTemporary, parseConfFile } from "./conf-file.ts";
import { MAX_CONF_BYTES, type Removal } from "./file-removal.ts";
import type { Host } from "./host.ts";

/** A configuration directory from which Multus goes. */
export interface ConfRemoval {
  host: Host;
  removal: Removal;
  confDir: string;
  /** Removes one file of it. */
  remove: (path: string) => Promise<void>;
}

/** Gives back what --rename-conf-file renamed: the primary network's file, now under its name with `.old`. */
export async function restoreRenamed({ host, removal }: ConfRemoval, path: string): Promise<void> {
  const original = path.slice(0, -".old".length);
  if (!/\.conf(list)?\.old$/.test(path) || !(await removal.isOfInstall(path))) return;
  if (await host.stat(original)) return;
  const { isMultus, pluginTypes } = parseConfFile(path, await host.text(path, MAX_CONF_BYTES));
  if (isMultus || !pluginTypes) return;
  // link, not rename: it fails where the name is taken meanwhile, instead of overwriting.
  await link(host.inside(path), host.inside(original));
  await unlink(host.inside(path));
  removal.report.restored.push(cut(original, 512));
}

/** Removes a file of the directory if it is a configuration of Multus, or one that an entrypoint did not finish. */
export async function removeConfiguration(
  { host, removal, confDir, remove }: ConfRemoval,
  name: string,
): Promise<void> {
  const path = `${confDir}/${name}`;
  const bare = name.replace(/\.cilium_bak$/, "");
  if (isMultusTemporary(name)) return await remove(path);
  if (!/\.(conf|conflist|json)$/.test(bare)) return;
  const text = await host.text(path, MAX_CONF_BYTES);
  const { isMultus } = parseConfFile(bare, text);
  // An entrypoint that the disk had no room for leaves its file empty.
  const ownName = isMultusConfName(bare);
  if (ownName && (isMultus || text?.trim() === "")) return await remove(path);
  if (ownName) return removal.keep(path, "has Multus' file name, but not its content");
  if (!isMultus) return;
  if (await removal.isOfInstall(path)) return await remove(path);
  removal.keep(path, "calls Multus, and existed before the install");
}
