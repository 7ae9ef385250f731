import { link, unlink } from "node:fs/promises";
import { cut, delegateNames, isMultusConfName, isMultusTemporary, parseConfFile } from "./conf-file.ts";
import { MAX_CONF_BYTES, type Removal } from "./file-removal.ts";
import type { Host } from "./host.ts";
import { confFiles } from "./inspect.ts";

/** A configuration directory from which Multus goes. */
export interface ConfRemoval {
  host: Host;
  removal: Removal;
  confDir: string;
  /** Removes one file of it. */
  remove: (path: string) => Promise<void>;
}

/**
 * Gives back what --rename-conf-file renamed: the primary network's file, now under its name with `.old`. An administrator may
 * have put a network aside in the same way, which would then be the first that the runtime reads. So it is the one that
 * Multus' own configuration delegates to, or was renamed since the install and is the only network that the node has.
 */
export async function restoreRenamed({ host, removal, confDir }: ConfRemoval, path: string): Promise<void> {
  const original = path.slice(0, -".old".length);
  if (!/\.conf(list)?\.old$/.test(path) || (await host.stat(original))) return;
  const { isMultus, pluginTypes, networkName } = parseConfFile(path, await host.text(path, MAX_CONF_BYTES));
  if (isMultus || !pluginTypes) return;
  const { others, delegates } = await networks(host, confDir);
  // An adopted Multus renamed it before there was a MultusInstall.
  const isDelegate =
    networkName !== undefined && delegates.includes(networkName) && !others.includes(networkName);
  if (!isDelegate && (others.length > 0 || !(await removal.isOfInstall(path)))) return;
  // link, not rename: it fails where the name is taken meanwhile, instead of overwriting.
  await link(host.inside(path), host.inside(original));
  await unlink(host.inside(path));
  removal.report.restored.push(cut(original, 512));
}

/** The names of the networks that a directory has without Multus, and of those that Multus' configuration delegates to. */
async function networks(host: Host, confDir: string): Promise<{ others: string[]; delegates: string[] }> {
  const files = await confFiles(
    host,
    confDir,
    (await host.entries(confDir)).map(({ name }) => name),
  );
  const own = files.filter(({ name }) => isMultusConfName(name));
  const texts = await Promise.all(own.map(({ name }) => host.text(`${confDir}/${name}`, MAX_CONF_BYTES)));
  const others = files.filter(({ name, isMultus, pluginTypes }) => {
    return !isMultusConfName(name) && !isMultus && pluginTypes !== undefined;
  });
  return {
    others: others.map(({ networkName = "" }) => networkName),
    delegates: texts.flatMap((text) => delegateNames(text)),
  };
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
