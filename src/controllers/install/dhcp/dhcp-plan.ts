import type { KubeObject } from "../../../crds/kube-object.ts";
import type { DhcpStatus } from "../../../crds/multus-install/dhcp.ts";
import { counted } from "../../../crds/plural.ts";
import { daemonSetView } from "../../../diagnosis/daemon-set.ts";
import type { MultusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import type { ApiObject } from "../../../kube/resource.ts";
import type { Action } from "../actions/actions.ts";
import { entryOf } from "../inventory/inventory.ts";

/** So long no network has needed the daemon before it goes, s: a NAD may be replaced by deleting it first. */
export const IDLE_SECONDS = 600;
const MAX_LISTED = 20;
const MAX_NAMED = 3;
const MAX_MESSAGE_LENGTH = 1024;

/** What is known of the dhcp daemon, by which it is decided. */
export interface DhcpFacts {
  daemon: "Off" | "Auto";
  /** A valid NAD has the IPAM dhcp. */
  isNeeded: boolean;
  /** The DaemonSet exists. */
  isThere: boolean;
  /** For how long no NAD has needed it. */
  idleSeconds: number;
  /** Pods that request networks; undefined if that is not known. */
  requesting: number | undefined;
}

/**
 * What to do about the DaemonSet. The daemon keeps the leases in memory and renews them. Which pods have one cannot be known once
 * their NAD is gone: so it stays until no pod of the cluster requests networks.
 */
export function dhcpStep({
  daemon,
  isNeeded,
  isThere,
  idleSeconds,
  requesting,
}: DhcpFacts): "Apply" | "Delete" | "None" {
  if (daemon === "Off") return isThere ? "Delete" : "None";
  if (isNeeded) return "Apply";
  if (!isThere) return "None";
  return idleSeconds >= IDLE_SECONDS && requesting === 0 ? "Delete" : "Apply";
}

/** What carries the step out. */
export function dhcpActions({
  step,
  object,
}: {
  step: "Apply" | "Delete" | "None";
  object: KubeObject;
}): Action[] {
  const entry = entryOf(object);
  if (step === "None") return [];
  if (step === "Delete") return [{ kind: "Delete", entry }];
  return [
    { kind: "Record", entries: [entry] },
    { kind: "Apply", object, adopt: false },
  ];
}

/** The status of the daemon, and the warnings about it. */
export function dhcpFindings(
  live: ApiObject,
  pods: readonly MultusPodHealth[],
): { status: DhcpStatus; warnings: string[] } {
  const { desired, available } = daemonSetView(live);
  const unhealthy = pods
    .filter(
      ({ ready, terminating, issue, unschedulable }) => !ready && !terminating && (issue || unschedulable),
    )
    .map(({ node, issue, unschedulable }) => ({
      node,
      message: (issue ? `${issue.reason}: ${issue.message}` : (unschedulable ?? "")).slice(
        0,
        MAX_MESSAGE_LENGTH,
      ),
    }))
    .toSorted((a, b) => (a.node < b.node ? -1 : 1));
  const named = unhealthy
    .slice(0, MAX_NAMED)
    .map(({ node, message }) => `${node || "not scheduled"}: ${message.slice(0, 200)}`)
    .join("; ");
  return {
    status: {
      desired,
      available,
      unhealthyTotal: unhealthy.length,
      ...(unhealthy.length > 0 ? { unhealthy: unhealthy.slice(0, MAX_LISTED) } : {}),
    },
    warnings:
      unhealthy.length > 0
        ? [
            `the dhcp daemon (spec.dhcp) does not run on ${counted(unhealthy.length, "node")}, and pods there get no address by DHCP: ${named}`,
          ]
        : [],
  };
}
