import { partsOf } from "../crds/namespaced-name.ts";
import type { ReportStatus } from "../crds/network-attachment-report/report.ts";
import type { DocumentFinding } from "./finding.ts";
import { NETWORK_DEFINITION } from "./network-definition.ts";
import { Places } from "./places.ts";
import { type Validation, validateFiles } from "./validate.ts";

/** A finding as `kubectl multus check -o json` prints it. */
export type ClusterFinding = Pick<
  DocumentFinding,
  "kind" | "namespace" | "name" | "path" | "severity" | "code" | "message"
>;

export interface ClusterObjects {
  /** As the API server returns them. Of the MultusInstalls only the active one. */
  objects: readonly object[];
  /** Whether they have every NAD of the cluster. */
  allNetworks: boolean;
  /** Of the operator, by "namespace/name" of the NAD: what it found on the nodes and in other NADs. */
  reports: ReadonlyMap<string, ReportStatus>;
}

export interface ClusterCheck {
  findings: ClusterFinding[];
  checked: Map<string, number>;
}

/**
 * What is wrong or doubtful with objects of a cluster; pure.
 * @param namespace findings of this one only; undefined: of all. Objects without a namespace are always included
 */
export function checkCluster(
  { objects, allNetworks, reports }: ClusterObjects,
  namespace: string | undefined,
): ClusterCheck {
  const isAsked = (value: object) => {
    const own = (value as { metadata?: { namespace?: string } }).metadata?.namespace;
    return namespace === undefined || own === undefined || own === namespace;
  };
  const places = new Places(undefined, () => ({ line: 1, column: 1 }));
  const documents = objects.map((value, index) => ({ index, value, places, duplicates: [] }));
  const validation = validateFiles([{ file: "", documents }], { allNetworks });
  const found = validation.findings.filter(({ document }) => isAsked(objects[document] ?? {}));
  return {
    findings: withReports(found, reports, namespace),
    checked: countOf(validation, objects, isAsked),
  };
}

/** Those of the reports that the objects alone do not show. */
function withReports(
  found: readonly DocumentFinding[],
  reports: ReadonlyMap<string, ReportStatus>,
  namespace: string | undefined,
): ClusterFinding[] {
  const own = found.map(
    ({ kind, namespace: ns, name, path, severity, code, message }): ClusterFinding => ({
      ...{ kind, namespace: ns, name, path, severity, code, message },
    }),
  );
  const known = new Set(own.map(({ namespace: ns, name, code }) => `${ns}/${name} ${code}`));
  const reported = [...reports].flatMap(([key, { findings = [] }]) => {
    const { namespace: ns, name } = partsOf(key);
    if (namespace !== undefined && ns !== namespace) return [];
    return findings
      .filter(({ code }) => !known.has(`${key} ${code}`))
      .map(
        ({ path, ...rest }): ClusterFinding => ({
          ...{ kind: NETWORK_DEFINITION.kind, namespace: ns, name, path: path || "spec.config", ...rest },
        }),
      );
  });
  return [...own, ...reported];
}

function countOf(
  { checked }: Validation,
  objects: readonly object[],
  isAsked: (value: object) => boolean,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const object of objects.filter(isAsked)) {
    const { kind = "" } = object as { kind?: string };
    if (checked.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}
