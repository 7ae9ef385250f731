import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeCgroup, removeCgroup } from "./cgroups.ts";
import { tryLock } from "./file-lock.ts";
import {
  type ClusterNetwork,
  clusterNetwork,
  nodeNetwork,
  nodeNumbers,
  removeClusterNetwork,
  removeNodeNetwork,
} from "./network.ts";
import { sweepPorts } from "./ports.ts";
import { orphanedStateDirectories, removeStateDirectory, STATE_ROOT } from "./state-directory.ts";

/** Clusters on one machine are told apart by a slot: it numbers their addresses, links and namespaces. */
const SLOTS = 16;

/** A slot that no living cluster holds, noted in the cluster's directory; the lock dies with this process. */
export function takeSlot(directory: string): number {
  for (let slot = 0; slot < SLOTS; slot++) {
    if (existsSync(`/sys/class/net/${clusterNetwork(slot).bridge}`)) continue;
    if (!tryLock(slotLock(slot))) continue;
    writeFileSync(join(directory, "slot"), String(slot));
    return slot;
  }
  throw new Error(`all ${SLOTS} clusters that this machine has addresses for are in use`);
}

export function releaseSlot(slot: number): void {
  rmSync(slotLock(slot), { force: true });
}

/**
 * Removes what clusters whose process died without stopping them have left: processes, links, namespaces,
 * cgroups, files. Their processes have mostly died with their owner already (see Daemon).
 */
export async function sweepDeadClusters(): Promise<void> {
  for (const directory of orphanedStateDirectories("cluster")) {
    const slot = slotOf(directory);
    // Only the holder of the slot's lock may touch its links: another cluster may have taken the slot since.
    if (slot !== undefined && tryLock(slotLock(slot))) {
      try {
        await removeSlot(clusterNetwork(slot));
      } finally {
        releaseSlot(slot);
      }
    }
    for (const number of nodeNumbers()) await removeCgroup(nodeCgroup(directory, number));
    removeStateDirectory(directory);
  }
  for (const kind of ["control-plane", "registry"])
    for (const directory of orphanedStateDirectories(kind)) removeStateDirectory(directory);
  sweepPorts();
}

async function removeSlot(network: ClusterNetwork): Promise<void> {
  for (const number of nodeNumbers()) {
    await removeNodeNetwork(nodeNetwork(network, number));
  }
  await removeClusterNetwork(network);
}

function slotOf(directory: string): number | undefined {
  const file = join(directory, "slot");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return text === "" ? undefined : Number(text);
}

/** The file that names the process whose cluster has the slot. */
export function slotLock(slot: number): string {
  return join(STATE_ROOT, `slot-${slot}.lock`);
}
