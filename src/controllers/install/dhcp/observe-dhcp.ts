import type { KubeObject } from "../../../crds/kube-object.ts";
import type { DhcpStatus } from "../../../crds/multus-install/dhcp.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { InventoryEntry } from "../../../crds/multus-install/status.ts";
import { type ApiObject, DAEMON_SETS, type ObjectRef } from "../../../kube/resource.ts";
import { DHCP_APP, DHCP_DAEMON, dhcpDaemon } from "../../../render/dhcp-daemon.ts";
import { isOwn } from "../../shared/ownership.ts";
import { entryOf } from "../inventory/inventory.ts";
import type { ReconcileScope } from "../scope.ts";
import { dhcpFindings, dhcpStep, IDLE_SECONDS } from "./dhcp-plan.ts";

/** The daemon of the dhcp plugin, and what is to be done about it. */
export interface ObservedDhcp {
  object: KubeObject;
  step: "Apply" | "Delete" | "None";
  /** Of the inventory, while it exists or is about to. */
  entry?: InventoryEntry;
  status?: DhcpStatus;
  warnings: readonly string[];
  /** When it may have to go. */
  againSeconds?: number;
}

/** Not part of a rollout: what lists the install's DaemonSets for one must not have it. */
export function isDhcpDaemon({ kind, name }: InventoryEntry): boolean {
  return kind === "DaemonSet" && name === DHCP_DAEMON;
}

/** Where it is, if it is wanted or may exist: without either nothing is asked of the API server. */
export function dhcpRefs({ spec }: MultusInstall, recorded: readonly InventoryEntry[]): ObjectRef[] {
  if (spec.dhcp.daemon === "Off" && !recorded.some(isDhcpDaemon)) return [];
  return [{ type: DAEMON_SETS, namespace: spec.namespace, name: DHCP_DAEMON }];
}

/**
 * Undefined if there is none and none is wanted. Throws a NotSynced while it is not known which NADs there are, or which of its
 * pods.
 * @param ref of dhcpRefs; it is watched
 */
export async function observeDhcp(
  { deps, live: { metadata } }: ReconcileScope,
  install: MultusInstall,
  [ref]: readonly ObjectRef[],
): Promise<ObservedDhcp | undefined> {
  if (!ref) return undefined;
  const { daemon } = install.spec.dhcp;
  const isNeeded = daemon === "Auto" && (await deps.pluginsOfNetworks()).includes("dhcp");
  const live = deps.owned.get(ref);
  const own = live && isOwn(live) ? live : undefined;
  const idleSeconds = deps.seen.since.seconds(`dhcp of ${metadata.uid}`, isNeeded ? "needed" : "idle");
  const requesting = deps.unknownOfNetworks().length > 0 ? undefined : deps.networks()?.pods.requesting;
  const isThere = own !== undefined;
  const step = dhcpStep({ daemon, isNeeded, isThere, idleSeconds, requesting });
  const object = dhcpDaemon(install);
  const waits = step === "Apply" && !isNeeded ? IDLE_SECONDS - idleSeconds : 0;
  return {
    object,
    step,
    ...(step === "Apply" || own ? { entry: entryOf(object) } : {}),
    ...(own
      ? dhcpFindings(own as ApiObject, await deps.podsOf(ref.namespace ?? "", DHCP_APP))
      : { warnings: [] }),
    ...(waits > 0 ? { againSeconds: waits } : {}),
  };
}
