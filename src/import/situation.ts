import type { Flavour } from "../multus/releases.ts";
import type { Draft } from "./draft.ts";
import type { Findings } from "./finding.ts";
import type { Mounts } from "./manifest/mounts.ts";
import type { ConfigMap } from "./manifest/objects.ts";

/** What the container that runs Multus is read from and into. */
export interface Situation {
  draft: Draft;
  flavour: Flavour;
  mounts: Mounts;
  /** Those that the pod may mount. */
  configMaps: readonly ConfigMap[];
  /** Of the DaemonSet. */
  findings: Findings;
}
