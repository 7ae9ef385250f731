import { MULTUS_INSTALL, MULTUS_INSTALL_API_VERSION } from "../crds/multus-install/multus-install.ts";
import { readOthers } from "./access.ts";
import { nameOf, readDaemonSet, reportName } from "./daemon-set.ts";
import { type Draft, specOf } from "./draft.ts";
import { ImportError } from "./errors.ts";
import { Findings, type ImportFinding } from "./finding.ts";
import { readManifest } from "./manifest/manifest.ts";
import type { ConfigMap, DaemonSet } from "./manifest/objects.ts";
import { rejectedFields } from "./rejected-fields.ts";
import { readWhereabouts } from "./whereabouts.ts";

/** A MultusInstall that renders what a manifest says, and what could not be carried over. */
export interface Imported {
  install: { apiVersion: string; kind: string; metadata: { name: string }; spec: Record<string, unknown> };
  findings: ImportFinding[];
}

/**
 * Reads a Multus manifest that was written by hand (v3.4 and later, thin or thick) and says by which
 * MultusInstall the operator renders it. The result is always one that the API server takes: what the schema
 * rejects is left out and reported. Throws an ImportError if there is no Multus in it.
 */
export function importInstall(documents: readonly unknown[]): Imported {
  const manifest = readManifest(documents);
  const [first, ...further] = manifest.daemonSets;
  if (!first) throw new ImportError("NO_MULTUS", "no DaemonSet in the manifest runs Multus");
  const { draft, findings } = readDaemonSet(first, manifest.configMaps);
  for (const other of further) findings.push(...mergeArchitecture(draft, first, other, manifest.configMaps));
  const whereabouts = readWhereabouts(manifest, draft);
  findings.push(...whereabouts.findings, ...readOthers(whereabouts.others, draft));
  const rejected = rejectedFields(specOf(draft), nameOf(first));
  findings.push(...rejected.findings);
  return { install: installOf(rejected.spec), findings };
}

function installOf(spec: Record<string, unknown>): Imported["install"] {
  return {
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: MULTUS_INSTALL.kind,
    metadata: { name: "multus" },
    spec,
  };
}

/** v3 has one DaemonSet for each architecture, which differ in that alone where they can be carried over. */
function mergeArchitecture(
  draft: Draft,
  first: DaemonSet,
  other: DaemonSet,
  configMaps: readonly ConfigMap[],
): ImportFinding[] {
  const findings = new Findings(nameOf(other));
  const { draft: second } = readDaemonSet(other, configMaps);
  const { architectures = [], ...rest } = second.workload;
  if (architectures.length === 0 || other.metadata.namespace !== first.metadata.namespace) {
    findings.lost("the object", `is a second Multus; only ${nameOf(first)} is imported`);
    return findings.list;
  }
  reportName(other, second, findings);
  const { architectures: known = [], ...firstRest } = draft.workload;
  draft.workload.architectures = [...new Set([...known, ...architectures])];
  const [one, two] = [
    { ...specOf(draft), workload: firstRest },
    { ...specOf(second), version: draft.version, workload: rest },
  ].map((spec) => spec as Record<string, unknown>);
  for (const field of new Set([...Object.keys(one ?? {}), ...Object.keys(two ?? {})]))
    if (JSON.stringify(one?.[field]) !== JSON.stringify(two?.[field]))
      findings.lost(
        `spec.${field}`,
        `differs from that of ${first.metadata.name}, which is used for every architecture`,
      );
  return findings.list;
}
