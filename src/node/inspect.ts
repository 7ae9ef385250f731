import { readdir } from "node:fs/promises";
import type { NodeInspection } from "../crds/node-inspection.ts";
import {
  byName,
  type ConfFile,
  cut,
  isConfName,
  isMultusTemporary,
  parseConfFile,
  primaryOf,
} from "./conf-file.ts";
import { MAX_CONF_BYTES } from "./file-removal.ts";
import { type GoProgram, goProgram } from "./go-build-info.ts";
import type { Host } from "./host.ts";
import { tokenExpiry } from "./kubeconfig.ts";
import { placeOf, readRecord } from "./plugin-record.ts";

export interface Places {
  confDir: string;
  /** Plugin directories; Multus puts its programs into the first. */
  binDirs: readonly string[];
}

export interface InspectOptions extends Places {
  node: string;
  host: Host;
  /** /sys/class/net of the host's network. */
  linksDir: string;
  now: Date;
}

const MOST = { conf: 64, binaries: 512, links: 512, paths: 64 };
const GO_ARCHITECTURES: Partial<Record<string, string>> = { x64: "amd64", ppc64: "ppc64le", ia32: "386" };

/** Looks at a node and changes nothing. Throws only where the host's directories cannot be read at all. */
export async function inspect(options: InspectOptions): Promise<NodeInspection> {
  const { host, confDir, binDirs, node, now } = options;
  const names = (await host.entries(confDir)).map(({ name }) => name);
  const files = await confFiles(host, confDir, names);
  const primary = primaryOf(files);
  const kubeconfig = await host.text(`${confDir}/multus.d/multus.kubeconfig`, MAX_CONF_BYTES);
  const expires = kubeconfig === undefined ? undefined : tokenExpiry(kubeconfig);
  const binaries = await programs(host, binDirs);
  const links = await podFreeLinks(options.linksDir);
  const made = [
    ...files.filter(({ isMultus }) => isMultus).map(({ name }) => `${confDir}/${name}`),
    ...(names.includes("multus.d") ? [`${confDir}/multus.d`] : []),
    ...binaries.flatMap(({ name, directory }) =>
      MULTUS_PROGRAMS.includes(name) ? [`${directory}/${name}`] : [],
    ),
  ];
  const left = [
    ...leftovers(names, files).map((name) => `${confDir}/${name}`),
    ...(await unfinishedCopies(host, binDirs)),
  ];
  const plugins = await installedPlugins(host, binDirs);
  const truncated = [
    ...(files.length > MOST.conf ? ["confFiles"] : []),
    ...(binaries.length > MOST.binaries ? ["binaries"] : []),
    ...(links.length > MOST.links ? ["interfaces"] : []),
  ];
  return {
    node,
    at: now.toISOString(),
    architecture: GO_ARCHITECTURES[process.arch] ?? process.arch,
    confFiles: files
      .slice(0, MOST.conf)
      .map(({ isMultus: _, ...file }) => ({ ...file, name: cut(file.name, 255) })),
    ...(primary ? { primary: { file: cut(primary.name, 255), networkName: primary.networkName ?? "" } } : {}),
    binaries: binaries
      .slice(0, MOST.binaries)
      .map(({ name, directory: _, ...built }) => ({ name: cut(name, 255), ...built })),
    interfaces: links.slice(0, MOST.links),
    multusFiles: made.slice(0, MOST.paths).map((path) => cut(path, 512)),
    leftovers: left.slice(0, MOST.paths).map((path) => cut(path, 512)),
    ...(kubeconfig === undefined ? {} : { kubeconfig: expires ? { expires } : {} }),
    ...(plugins ? { plugins } : {}),
    truncated,
  };
}

/** What the installers copy (cmd/install_multus; v3's entrypoint copies the first only). */
export const MULTUS_PROGRAMS = ["multus", "multus-shim", "passthru"];

/** The configurations of a directory, in the order in which the runtime sees them. */
export async function confFiles(host: Host, confDir: string, names: readonly string[]): Promise<ConfFile[]> {
  const found: ConfFile[] = [];
  for (const name of names.filter(isConfName)) {
    const stats = await host.stat(`${confDir}/${name}`);
    if (stats === undefined || stats.isDirectory()) continue; // libcni's ConfFiles skips directories
    found.push(parseConfFile(name, await host.text(`${confDir}/${name}`, MAX_CONF_BYTES)));
  }
  return found;
}

/** What hinders, or shows that something was renamed: only the first of these two Multus files is read. */
function leftovers(names: readonly string[], files: readonly ConfFile[]): string[] {
  const own = files.filter(({ name, isMultus }) => isMultus && name.startsWith("00-multus."));
  const second = own.length > 1 ? own.slice(1).map(({ name }) => name) : [];
  const renamed = names.filter((name) => /\.(cilium_bak|old)$/.test(name));
  return [...second, ...renamed, ...names.filter(isMultusTemporary)];
}

/** An installer that was killed leaves its copy of a program. It copies into the first directory. */
async function unfinishedCopies(host: Host, [directory]: readonly string[]): Promise<string[]> {
  if (directory === undefined) return [];
  const names = (await host.entries(directory)).map(({ name }) => name);
  return names.filter(isMultusTemporary).map((name) => `${directory}/${name}`);
}

interface Program extends GoProgram {
  name: string;
  directory: string;
}

/** A link counts as a program: K3s links all of its plugins to one, outside of what is mounted. */
async function programs(host: Host, directories: readonly string[]): Promise<Program[]> {
  const found = new Map<string, Program>();
  for (const directory of directories)
    for (const { name } of await host.entries(directory)) {
      if (found.has(name)) continue;
      const stats = await host.stat(`${directory}/${name}`);
      const isProgram = stats?.isSymbolicLink() || (stats?.isFile() && (stats.mode & 0o111) !== 0);
      if (!isProgram) continue;
      const built =
        found.size < MOST.binaries
          ? await host.withFile(`${directory}/${name}`, (file) => goProgram(file).catch(() => undefined))
          : undefined;
      found.set(name, { name, directory, ...built });
    }
  return [...found.values()].toSorted((a, b) => byName(a.name, b.name));
}

/** Named by hash by containerd's and libcni's bridge, Calico, Cilium, AWS, GKE and Azure: a pod's end, and no NAD's master. */
const POD_LINK = /^(veth|cali|lxc|eni|gke|azv|nic)[0-9a-f]{7,}$/;

async function podFreeLinks(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  // bonding_masters is a file of the bonding driver among the links.
  return names
    .filter((name) => name.length <= 15 && !POD_LINK.test(name) && name !== "bonding_masters")
    .toSorted(byName);
}

/** What the operator's record in the first directory lists and what is still there; its content is not read. */
async function installedPlugins(
  host: Host,
  [directory]: readonly string[],
): Promise<NodeInspection["plugins"]> {
  // A record that cannot be read is reported by the next installation, and by the uninstall.
  const record =
    directory === undefined ? undefined : await readRecord(host, directory).catch(() => undefined);
  if (!record) return undefined;
  const installed: string[] = [];
  for (const [name, identities] of Object.entries(record.programs)) {
    const place = await placeOf(host, `${directory}/${name}`);
    const isThere = identities.some(
      ({ inode, modifiedMs }) => inode === place?.inode && modifiedMs === place.modifiedMs,
    );
    if (isThere) installed.push(name);
  }
  return { image: cut(record.image, 640), installed: installed.toSorted(byName) };
}
