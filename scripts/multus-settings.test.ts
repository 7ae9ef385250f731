import { describe, expect, test } from "vitest";
import { customResourceDefinitions } from "../src/crds/definitions.ts";
import { type MultusInstallSpecInput, multusInstallSpec } from "../src/crds/multus-install/spec.ts";
import { daemonConfig, FIXED_KEYS } from "../src/multus/daemon-config.ts";
import { entrypointArgs, entrypointEnvironment, FLAGS } from "../src/multus/entrypoint-flags.ts";
import { type Definition, describedFields } from "./field-table.ts";
import { FIXED_ENVIRONMENT, settingsOf } from "./multus-settings.ts";

const fields = describedFields(customResourceDefinitions()[0] as unknown as Definition);
const settings = fields.map((field) => ({ ...field, ...settingsOf(field) }));

/** Every field that the daemon's configuration can hold. */
const FULL_DAEMON: MultusInstallSpecInput = {
  mode: "Thick",
  namespace: "multus",
  primaryNetwork: { source: "File", file: "10-x.conf", readinessFile: "/etc/cni/net.d/x" },
  cni: { version: "1.0.0", additionalBinDir: "/usr/lib/cni" },
  isolation: { enabled: true, globalNamespaces: ["a"], systemNamespaces: ["b"] },
  logging: {
    level: "debug",
    hostDir: "/opt/cni/log",
    file: "/opt/cni/log/x",
    toStderr: true,
    rotation: { maxAge: 1, maxSize: 1, maxBackups: 1, compress: true },
  },
  daemon: {
    metricsPort: 9091,
    connectionLimit: 1,
    capabilities: { mac: true },
    retryDeleteOnError: true,
    overrideNetworkName: true,
    auxiliaryCNIChainName: "a",
    clusterNetwork: "a",
    defaultNetworks: ["a"],
    perNodeCertificate: { enabled: true },
  },
};

/** The keys of an object; those of an object within it as `logOptions.maxAge`, unless its keys are the user's. */
function keysOf(config: Record<string, unknown>): string[] {
  return Object.entries(config).flatMap(([key, value]) =>
    ["logOptions", "perNodeCertificate"].includes(key)
      ? Object.keys(value as object).map((inner) => `${key}.${inner}`)
      : [key],
  );
}

describe("the reference's table of what each field sets", () => {
  test("names each daemon key that the program writes, or says why no field sets it; and no other", () => {
    const written = keysOf(daemonConfig(multusInstallSpec.parse(FULL_DAEMON)));
    const named = settings.flatMap(({ thick }) => thick);
    expect(written.filter((key) => !named.includes(key) && !(key in FIXED_KEYS))).toEqual([]);
    expect(named.filter((key) => !written.includes(key))).toEqual([]);
    expect(named.filter((key) => key in FIXED_KEYS)).toEqual([]);
  });

  test("names each flag at a field that exists, and the field's description names it too", () => {
    for (const { name, field } of FLAGS) {
      const described = fields.find(({ path }) => path === `spec.${field}`);
      expect(described, `--${name} is set by spec.${field}`).toBeDefined();
      expect(described?.description).toContain(`--${name}`);
    }
  });

  test("has for v3.4 the flags and variables that a v3.4 install gets", () => {
    const spec = multusInstallSpec.parse({
      version: "v3.4.2",
      primaryNetwork: { readinessFile: "/run/x" },
      cni: { confDir: "/etc/cni/multus", additionalBinDir: "/usr/lib/cni" },
      isolation: { enabled: true },
      logging: { level: "debug", hostDir: "/opt/cni/log", file: "/opt/cni/log/x" },
      image: { layout: { binaryFile: "/bin/multus" } },
      entrypoint: {
        overrideNetworkName: true,
        renameConfFile: true,
        skipBinaryCopy: true,
        skipTLSVerify: true,
        kubeconfigMode: "600",
        restartCRIO: true,
      },
    });
    const set = [
      ...entrypointArgs(spec).map((arg) => arg.split("=")[0] ?? ""),
      ...entrypointEnvironment(spec).map(({ name }) => name),
    ];
    expect(settings.flatMap(({ v34 }) => v34).toSorted()).toEqual(set.toSorted());
  });

  // multus-cni 3.4.2, images/entrypoint.sh, and 4.3.0, pkg/types and cmd/multus-daemon.
  test("says something of every variable and key that Multus has", () => {
    const named = settings.flatMap(({ v34, thick }) => [...v34, ...thick]);
    const known = [...named, ...Object.keys(FIXED_KEYS), ...Object.keys(FIXED_ENVIRONMENT)];
    const all =
      "KUBE_CA_FILE KUBECONFIG_MODE SKIP_TLS_VERIFY cniConfigDir cniVersion multusConfigFile kubeconfig namespaceIsolation multusAutoconfigDir logLevel logFile overrideNetworkName binDir multusMasterCNI globalNamespaces logToStderr readinessindicatorfile confDir forceCNIVersion chrootDir socketDir daemonSocketDir metricsPort enablePprof connectionLimit perNodeCertificate.enabled perNodeCertificate.bootstrapKubeconfig perNodeCertificate.certDir perNodeCertificate.certDuration auxiliaryCNIChainName capabilities logOptions.maxAge cniDir clusterNetwork defaultNetworks systemNamespaces multusNamespace retryDeleteOnError";
    expect(all.split(" ").filter((name) => !known.includes(name))).toEqual([]);
  });
});
