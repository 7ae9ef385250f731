import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { moduleDirectory } from "../cluster/binaries.ts";

/** An object of a manifest, as far as the tests look at it. */
export interface ManifestObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
}

/** Multus' own manifests, as the Go modules of the releases under test hold them. */
export const UPSTREAM = {
  "v4 thin": ["multus-v4", "gopkg.in/k8snetworkplumbingwg/multus-cni.v4", "deployments/multus-daemonset.yml"],
  "v4 thick": [
    "multus-v4",
    "gopkg.in/k8snetworkplumbingwg/multus-cni.v4",
    "deployments/multus-daemonset-thick.yml",
  ],
  "v3.4.2": ["multus-v3", "gopkg.in/intel/multus-cni.v3", "images/multus-daemonset.yml"],
} as const;

export function upstreamManifest(name: keyof typeof UPSTREAM): ManifestObject[] {
  const [family, module, file] = UPSTREAM[name];
  const text = readFileSync(join(moduleDirectory(family, module), file), "utf8");
  return loadAll(text).filter((document) => document !== null && document !== undefined) as ManifestObject[];
}
