import type { PodFacts } from "../outcome/outcome.ts";
import type { SandboxFailure } from "../outcome/sandbox-failure.ts";
import type { Problem } from "../pod-request/go-json.ts";
import type { ParsedNetworks } from "../pod-request/request.ts";
import type { Unread } from "../pod-request/unread.ts";
import { statusOf } from "./packed-status.ts";

/** What is known of a pod that asks for networks. Pods of one workload share what was read of their request. */
export interface PodView {
  uid: string;
  phase: string;
  node: string;
  hostNetwork: boolean;
  hasAddress: boolean;
  /** It is being deleted: its addresses may be given to others already. */
  terminating: boolean;
  /** The text of `askedOf`; empty if it is not read. */
  asked: string;
  request: ParsedNetworks;
  /** Why the annotation is not read; the request is this problem. */
  unread?: Unread;
  /** What Multus reported, in short; see `statusOf`. Absent if it reported nothing. */
  reported?: string | Problem;
  /** Multus wrote it; see `statusWriteOf`. */
  verified?: true;
  /** Milliseconds since 1970 at which the networks were attached, or a later moment by which they were. */
  attachedAt?: number;
  /** It runs the dhcp plugin's daemon. */
  dhcpDaemon?: true;
}

/** What outcomes are evaluated by. */
export function podFacts(
  namespace: string,
  name: string,
  view: PodView,
  failure: SandboxFailure | undefined,
): PodFacts {
  const { phase, node, hostNetwork, hasAddress, request, attachedAt } = view;
  const status = statusOf(view);
  return {
    namespace,
    name,
    phase,
    node,
    hostNetwork,
    hasAddress,
    request,
    ...(status === undefined ? {} : { status }),
    ...(attachedAt === undefined ? {} : { attachedAt }),
    ...(failure === undefined ? {} : { failure }),
  };
}
