import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { waitUntil } from "./daemon.ts";

const ROOT = "/sys/fs/cgroup";

/** Under cgroup v1 one hierarchy a controller, under v2 a single one. */
function hierarchies(): string[] {
  if (existsSync(join(ROOT, "cgroup.controllers"))) return [ROOT];
  return readdirSync(ROOT).map((name) => join(ROOT, name));
}

/**
 * The cgroup of one node. Named after the cluster's directory: unlike networks, cgroups are one for the whole machine, and
 * clusters in other network namespaces (`make fresh`) have the same slots.
 */
export function nodeCgroup(clusterDirectory: string, number: number): string {
  return `multus-operator-${basename(clusterDirectory)}-node-${number}`;
}

/** Makes the cgroup that a kubelet keeps its pods under (its cgroupRoot), in every hierarchy. */
export async function createCgroup(name: string): Promise<void> {
  for (const hierarchy of hierarchies()) {
    const group = join(hierarchy, name);
    mkdirSync(group, { recursive: true });
    // A new cpuset is empty, and nothing can run in an empty one.
    for (const file of ["cpuset.cpus", "cpuset.mems"])
      if (
        existsSync(join(group, file)) &&
        readFileSync(join(group, file), "utf8").trim() === "" &&
        existsSync(join(hierarchy, file))
      )
        writeFileSync(join(group, file), readFileSync(join(hierarchy, file)));
  }
}

/** Makes a cgroup whose processes may have so many bytes together; the kernel kills one of them for more. */
export async function createMemoryCgroup(name: string, bytes: number): Promise<void> {
  await createCgroup(name);
  const { group, file } = memoryOf(name, "memory.limit_in_bytes", "memory.max");
  writeFileSync(join(group, file), String(bytes));
}

/** A shell's words that move the shell, and what it becomes, into the cgroup. */
export function joinCgroup(name: string): string {
  return hierarchies()
    .filter((hierarchy) => existsSync(join(hierarchy, name, "cgroup.procs")))
    .map((hierarchy) => `echo $$ > ${join(hierarchy, name, "cgroup.procs")}`)
    .join(" && ");
}

/** The most bytes that the cgroup had at a time; undefined where the kernel does not count that. */
export function peakMemory(name: string): number | undefined {
  const { group, file } = memoryOf(name, "memory.max_usage_in_bytes", "memory.peak");
  const path = join(group, file);
  return existsSync(path) ? Number(readFileSync(path, "utf8")) : undefined;
}

/** Where the memory of a cgroup is counted, and the file's name under cgroup v1 or v2. */
function memoryOf(name: string, v1: string, v2: string): { group: string; file: string } {
  const isV2 = existsSync(join(ROOT, "cgroup.controllers"));
  return isV2 ? { group: join(ROOT, name), file: v2 } : { group: join(ROOT, "memory", name), file: v1 };
}

/** Ends what still runs in the cgroup and removes it with all below it. Another process may do the same at once. */
export async function removeCgroup(name: string): Promise<void> {
  const groups = hierarchies()
    .map((hierarchy) => join(hierarchy, name))
    .filter((group) => existsSync(group));
  for (const group of groups)
    unlessGone(() => {
      for (const pid of below(group).flatMap(processesOf)) unlessGone(() => process.kill(pid, "SIGKILL"));
    });
  await waitUntil(`cgroup ${name} to be empty`, () => groups.every(removeTree));
}

/** A cgroup and all below it, the deepest first. */
function below(group: string): string[] {
  const children = readdirSync(group, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...children.flatMap((child) => below(join(group, child.name))), group];
}

function processesOf(group: string): number[] {
  return readFileSync(join(group, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
}

function removeTree(group: string): boolean {
  try {
    for (const directory of below(group)) rmdirSync(directory);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

/** Reading the processes of a cgroup that is removed meanwhile fails with ENODEV. */
const GONE: readonly (string | undefined)[] = ["ESRCH", "ENOENT", "ENODEV"];

function unlessGone(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!GONE.includes((error as NodeJS.ErrnoException).code)) throw error;
  }
}
