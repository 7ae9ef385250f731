import type { CodeMeaning } from "./code.ts";
import { MULTUS_INSTALLS } from "./multus-installs.ts";
import { NETWORK_CONFIGURATIONS } from "./network-configurations.ts";
import { NETWORK_DEFINITIONS } from "./network-definitions.ts";
import { NETWORKS_IN_A_CLUSTER } from "./networks-in-a-cluster.ts";
import { OBJECTS } from "./objects.ts";
import { PODS } from "./pods.ts";

/** All codes of findings, by what they are found in; docs/reference/findings.md is generated from it. */
export const CODES: Readonly<Record<string, readonly CodeMeaning[]>> = {
  "Network configurations (spec.config of a NetworkAttachmentDefinition)": NETWORK_CONFIGURATIONS,
  "Objects of any kind: keys, kind and metadata": OBJECTS,
  "The NetworkAttachmentDefinition itself": NETWORK_DEFINITIONS,
  "Pods and pod templates": PODS,
  "A NAD in its cluster, or together with other NADs": NETWORKS_IN_A_CLUSTER,
  MultusInstalls: MULTUS_INSTALLS,
};
