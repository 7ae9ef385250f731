import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";
import { kubeconfigFile } from "./entrypoint-flags.ts";
import type { Conflist } from "./primary-network.ts";

/** The Multus configuration with the primary network written into it, for the thin plugin (source: Inline). */
export function inlineConfig(spec: MultusInstallSpec, delegate: Conflist): Record<string, unknown> {
  const { cni, isolation, logging, primaryNetwork } = spec;
  const cniVersion = inlineVersion(spec);
  const config = {
    cniVersion,
    name: "multus-cni-network",
    type: "multus",
    capabilities: { portMappings: true },
    namespaceIsolation: isolation.enabled || undefined,
    globalNamespaces: isolation.globalNamespaces.join(",") || undefined,
    logLevel: logging.level,
    logFile: logging.file,
    logToStderr: logging.toStderr,
    binDir: cni.additionalBinDir,
    readinessindicatorfile: primaryNetwork.readinessFile,
    delegates: [{ cniVersion, ...delegate }],
    kubeconfig: kubeconfigFile(spec),
  };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

/** Of the Multus configuration, and of a delegate that names none. */
export function inlineVersion({ cni }: MultusInstallSpec): string {
  return cni.version ?? "0.3.1";
}
