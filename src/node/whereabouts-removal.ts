import {
  WHEREABOUTS_DIRECTORY,
  WHEREABOUTS_FILES,
  WHEREABOUTS_PROGRAM,
} from "../multus/whereabouts-releases.ts";
import type { Removal } from "./file-removal.ts";

/** How one file is removed. */
type Remove = (path: string) => Promise<void>;

/**
 * Removes what whereabouts wrote into a configuration directory. By name and age, as programs of Multus: its installer
 * writes each file again when its pod starts, so what is older than the install is not of it.
 */
export async function removeWhereaboutsFiles(
  removal: Removal,
  confDir: string,
  remove: Remove,
): Promise<void> {
  const directory = `${confDir}/${WHEREABOUTS_DIRECTORY}`;
  await removal.each(directory, async (name) => {
    const path = `${directory}/${name}`;
    if (!WHEREABOUTS_FILES.includes(name)) removal.keep(path, "is not a file that whereabouts writes");
    else await removeOfInstall(removal, path, remove);
  });
  await removal.removeEmpty(directory);
}

/** Removes the program of whereabouts from a plugin directory, if its installer copied it there. */
export async function removeWhereaboutsProgram(
  removal: Removal,
  binDir: string,
  remove: Remove,
): Promise<void> {
  await removal.each(binDir, async (name) => {
    if (name === WHEREABOUTS_PROGRAM) await removeOfInstall(removal, `${binDir}/${name}`, remove);
  });
}

async function removeOfInstall(removal: Removal, path: string, remove: Remove): Promise<void> {
  if (await removal.isOfInstall(path)) await remove(path);
  else removal.keep(path, "existed before the install");
}
