import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { slotLock } from "./slots.ts";
import { STATE_ROOT } from "./state-directory.ts";

/** What names one cluster's things on this machine. */
export interface Marks {
  slot: number;
  /** What its process wrote into the slot's lock. */
  owner: string;
  /** State directories, of the cluster and of its control plane. */
  directories: string[];
}

/**
 * Everything on this machine that belongs to one cluster, one line each: processes (by their command line,
 * their cgroup or their mounts), mounts, links, routes, network namespaces, cgroups, files and locks. Empty when
 * nothing is left. Other clusters are ignored, also one with the same slot: in another network namespace, or in this one
 * since the slot was given back, which another test may take at once.
 */
export function traces({ slot, owner, directories }: Marks): string[] {
  const prefix = `mo${slot}`;
  const named = new RegExp(`\\b(${prefix}-node-\\d|${prefix}n\\d[ab]|${prefix}br\\d)\\b`);
  const belongs = (text: string) => directories.some((directory) => text.includes(basename(directory)));
  const ofSlot = [
    ...lines("/proc/self/mountinfo", (line) => named.test(line)).map((line) => `mount ${line}`),
    ...names("/sys/class/net", (name) => named.test(name)).map((name) => `link ${name}`),
    ...names("/run/netns", (name) => named.test(name)).map((name) => `namespace ${name}`),
    ...lines("/proc/net/route", (line) => named.test(line)).map((line) => `route ${line}`),
    ...names(STATE_ROOT, (name) => name === basename(slotLock(slot))).map((name) => `file ${name}`),
  ];
  // Looked at last: who has the lock has had it before the first of its links.
  const holder = read(slotLock(slot));
  return [
    ...processes(belongs, directories),
    ...lines("/proc/self/mountinfo", belongs).map((line) => `mount ${line}`),
    ...names("/sys/fs/cgroup", () => true)
      .flatMap((h) => names(join("/sys/fs/cgroup", h), belongs).map((name) => `${h}/${name}`))
      .map((path) => `cgroup ${path}`),
    ...names(STATE_ROOT, belongs).map((name) => `file ${name}`),
    ...(holder === "" || holder === owner ? ofSlot : []),
  ];
}

function processes(belongs: (text: string) => boolean, directories: string[]): string[] {
  return names("/proc", (name) => /^\d+$/.test(name)).flatMap((pid) => {
    // Not this test, whose own command may name the directories.
    if (Number(pid) === process.pid) return [];
    const command = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
    const reasons = [
      belongs(command) && "command",
      belongs(read(`/proc/${pid}/cgroup`)) && "cgroup",
      holdsMount(pid, directories) && "mount",
    ].filter(Boolean);
    return reasons.length > 0 ? [`process ${pid} (${reasons.join(", ")}) ${command.slice(0, 120)}`] : [];
  });
}

/** In a mount namespace of its own, with one of the directories mounted. This one's mounts are looked at apart. */
function holdsMount(pid: string, directories: string[]): boolean {
  if (namespaceOf(pid) === namespaceOf("self")) return false;
  const mounts = read(`/proc/${pid}/mountinfo`);
  return directories.some((directory) => mounts.includes(directory));
}

function namespaceOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return "";
  }
}

function lines(file: string, wanted: (line: string) => boolean): string[] {
  return read(file).split("\n").filter(wanted);
}

function names(directory: string, wanted: (name: string) => boolean): string[] {
  try {
    return readdirSync(directory).filter(wanted);
  } catch {
    return []; // a process that ended, a controller's file
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
