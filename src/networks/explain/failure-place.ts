import type { Finding } from "../../cni/finding.ts";
import type { NetworkRequest } from "../pod-request/request.ts";
import { editCommand } from "./cause-codes.ts";

/** What is known of the place where a plugin failed. */
export interface FailurePlace {
  /** "namespace/name" of the pod. */
  pod: string;
  /** "namespace/name" of the NAD, if it is known. */
  network: string | undefined;
  /** Multus had called a plugin: what failed is the plugin's, not Multus' own. */
  inPlugin: boolean;
  /** What the pod requests of the network. */
  request: NetworkRequest | undefined;
  node: string;
  /** The node's interfaces that the NAD builds on (`master`). */
  masters: readonly string[];
  /** The node's interfaces that the NAD moves into pods (`device` of host-device). */
  devices: readonly string[];
  /** The NAD's findings, errors only. */
  errors: readonly Finding[];
  /** The node's links, if they are known. */
  interfaces: readonly string[] | undefined;
}

/** The NAD's name, or "the network". */
export function nameOf({ network }: Pick<FailurePlace, "network">): string {
  return network ?? "the network";
}

/** " (kubectl edit …)", or nothing if the NAD is not known. */
export function editing({ network }: Pick<FailurePlace, "network">): string {
  return network === undefined ? "" : ` (${editCommand(network)})`;
}
