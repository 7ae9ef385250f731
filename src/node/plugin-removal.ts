import { unlink } from "node:fs/promises";
import { CALLS } from "../crds/reference-plugins.ts";
import { cut, isConfName } from "./conf-file.ts";
import { MAX_CONF_BYTES, type Removal } from "./file-removal.ts";
import { type Host, noneIfAbsent } from "./host.ts";
import { isInstalled, isTemporary, PLUGIN_RECORD, readRecord } from "./plugin-record.ts";

/**
 * Removes the plugins that the operator installed into a directory, if they are still those, and the record of them. One that
 * a network calls which remains on the node stays, and is the node's from then on.
 * @param confDirs where the node's remaining networks are
 */
export async function removePlugins(
  host: Host,
  removal: Removal,
  binDir: string,
  confDirs: readonly string[],
): Promise<void> {
  await removal.try(`${binDir}/${PLUGIN_RECORD}`, async () => {
    const record = await readRecord(host, binDir);
    for (const { name } of await host.entries(binDir))
      if (isTemporary(name)) await unlink(host.inside(`${binDir}/${name}`)).catch(noneIfAbsent);
    if (!record) return;
    const problems = removal.report.problems.length;
    const whyCalled = await calledPlugins(host, confDirs);
    for (const [name, identities] of Object.entries(record.programs)) {
      const path = `${binDir}/${name}`;
      await removal.try(path, async () => {
        if (!(await host.stat(path))) return;
        if (!(await isInstalled(host, path, identities)))
          removal.keep(path, "was replaced since the operator installed it");
        else {
          const why = whyCalled(name);
          if (why === undefined) await removal.remove(path);
          else removal.keep(path, why);
        }
      });
    }
    // What could not be removed is tried again.
    if (removal.report.problems.length === problems)
      await removal.remove(`${binDir}/${PLUGIN_RECORD}`, "silently");
  });
}

/**
 * Why a program may be called: a configuration names it, as a type, or as a delegate's or an IPAM's, or there is one that cannot be
 * read, such as a link out of what is mounted, which the runtime follows.
 */
async function calledPlugins(
  host: Host,
  confDirs: readonly string[],
): Promise<(name: string) => string | undefined> {
  const texts: string[] = [];
  let unread: string | undefined;
  for (const directory of confDirs)
    for (const { name } of (await host.entries(directory)).filter((entry) => !entry.isDirectory())) {
      const text = await host.text(`${directory}/${name}`, MAX_CONF_BYTES);
      if (text !== undefined) texts.push(text);
      else if (isConfName(name)) unread ??= `${directory}/${name}`;
    }
  const names = (program: string) => texts.some((text) => text.includes(`"${program}"`));
  const implied = new Set<string>(
    Object.entries(CALLS).flatMap(([caller, programs]) => (names(caller) ? programs : [])),
  );
  return (program) => {
    if (names(program) || implied.has(program))
      return "a network in the node's configuration directory calls it";
    return unread && cut(`${unread} cannot be read, and may call it`, 256);
  };
}
