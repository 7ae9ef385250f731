import type { Finding } from "../../cni/finding.ts";
import type { AddressUse } from "../addresses/address-pools.ts";
import type { Duplicate } from "../addresses/layer2-claims.ts";
import type { Network } from "../cross-checks/network.ts";
import type { CrossFinding, SeenNode } from "../cross-checks/view.ts";
import type { LackingNode } from "../node-requirements.ts";
import type { ConfigVersion } from "../outcome/config-history.ts";
import type { NetworkPods } from "./network-pods.ts";

export interface ReportInput {
  network: Network;
  /** The NAD's. */
  generation: number;
  /** The first of the configuration's, errors before warnings. */
  findings: readonly Finding[];
  /** How many more it has. */
  moreFindings?: number;
  crossFindings: readonly CrossFinding[];
  nodes: readonly SeenNode[];
  /** Other nodes are to be inspected for the first time since the operator started: what they have is not known yet. */
  isFirstRound?: boolean;
  pods: NetworkPods;
  addresses: AddressUse;
  /** Of its layer-2 network, those that a pod of its own is party to. */
  duplicates: readonly Duplicate[];
  versions: readonly ConfigVersion[];
}

/** What a report is made of, with what earlier inspections of the nodes showed. */
export interface Inspected extends ReportInput {
  lacking: { total: number; nodes: readonly LackingNode[] };
  /** Some node was looked at, now or before. */
  inspected: boolean;
}
