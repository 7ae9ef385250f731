import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { multusInstallSpecs } from "../../test/integration/multus-install-specs.ts";
import { checkConflist } from "../cni/check-conflist.ts";
import { formatProblem } from "../crds/field-problem.ts";
import { MULTUS_INSTALL_API_VERSION, parseMultusInstall } from "../crds/multus-install/multus-install.ts";
import { PRESETS } from "../crds/multus-install/spec.ts";
import { presetConflist, presetProblem } from "../multus/primary-network.ts";
import { RenderError } from "./errors.ts";
import { type RenderedInstall, renderInstall } from "./render.ts";

/**
 * Settings with which Multus crashes, hangs, or fails pods, each by the behaviour of Multus that is behind it:
 * rejected with the reason, told as a warning where it depends on the nodes, or not to be expressed at all.
 */

const install = (spec: unknown) => ({
  apiVersion: MULTUS_INSTALL_API_VERSION,
  kind: "MultusInstall",
  metadata: { name: "multus" },
  spec,
});

function evaluate(spec: unknown): { rejected: string[]; rendered?: RenderedInstall } {
  const parsed = parseMultusInstall(install(spec));
  if (!parsed.ok) return { rejected: parsed.problems.map(formatProblem) };
  try {
    return { rejected: [], rendered: renderInstall(parsed.value) };
  } catch (error) {
    if (error instanceof RenderError) return { rejected: error.problems.map(formatProblem) };
    throw error;
  }
}

const inline = (config: unknown) => ({
  primaryNetwork: { source: "Inline", config: typeof config === "string" ? config : JSON.stringify(config) },
});
const calico = { name: "n", plugins: [{ type: "calico" }] };

describe("is rejected with the reason", () => {
  it.each<[behaviour: string, spec: object, reason: RegExp]>([
    [
      "v4 ends at a flag that it does not know",
      { entrypoint: { restartCRIO: true } },
      /restartCRIO: exists in v3 only/,
    ],
    [
      "an inline network with another cluster network",
      { mode: "Thick", ...inline(calico), daemon: { clusterNetwork: "a" } },
      /clusterNetwork: names the same network/,
    ],
    [
      "an auxiliary chain is looked for next to the primary network's file",
      { mode: "Thick", ...inline(calico), daemon: { auxiliaryCNIChainName: "b" } },
      /auxiliaryCNIChainName: makes every pod fail with primaryNetwork\.source: Inline/,
    ],
    [
      "an inline network with a daemon on which it was not tried",
      { version: "v4.0.2", mode: "Thick", ...inline(calico) },
      /Inline requires version v4\.1\.0 or later/,
    ],
    [
      "the daemon does not know multusConfigFile as a field",
      { mode: "Thick", daemon: { multusConfigFile: "/x" } },
      /multusConfigFile: unknown field/,
    ],
    [
      "the daemon removes its whole socketDir",
      { mode: "Thick", daemon: { socketDir: "/" } },
      /socketDir: unknown field/,
    ],
    [
      "forceCNIVersion rewrites the primary network's file",
      { mode: "Thick", daemon: { forceCNIVersion: true } },
      /forceCNIVersion: unknown field/,
    ],
    [
      "the daemon fails at a connection limit of 0",
      { mode: "Thick", daemon: { connectionLimit: 0 } },
      /connectionLimit: must be at least 1/,
    ],
    [
      "the daemon does not start with a port as text (#1320)",
      { mode: "Thick", daemon: { metricsPort: "9091" } },
      /metricsPort: must be of type number/,
    ],
    [
      "an auxiliary chain needs a cluster network by path",
      { mode: "Thick", daemon: { clusterNetwork: "a", auxiliaryCNIChainName: "b" } },
      /makes every pod fail together with daemon\.clusterNetwork/,
    ],
    [
      "the daemon waits for a file that it cannot see",
      { mode: "Thick", primaryNetwork: { readinessFile: "/run/x" } },
      /the daemon does not see other files/,
    ],
    [
      "v3 ends at a log level that it does not know",
      { version: "v3.4.2", logging: { level: "info" } },
      /must be one of debug, verbose, error, panic/,
    ],
    [
      "v3.4's libcni fails CNI 1.0.0",
      { version: "v3.4.2", cni: { version: "1.0.0" } },
      /must be 0\.4\.0 or earlier with v3/,
    ],
    [
      "v3.4's libcni fails a delegate of CNI 1.0.0",
      { version: "v3.4.2", ...inline({ ...calico, cniVersion: "1.0.0" }) },
      /cniVersion must be 0\.4\.0 or earlier/,
    ],
    [
      "0.1.0 and 0.2.0 have results without interfaces",
      { cni: { version: "0.2.0" } },
      /must be one of 0\.3\.0/,
    ],
    ["Multus panics at null", inline("null"), /must be a JSON object/],
    [
      "Multus panics at no plugin",
      inline({ name: "n", plugins: [] }),
      /must have a list of plugins that is not empty/,
    ],
    [
      "Multus panics at a plugin that is null",
      inline({ name: "n", plugins: [null] }),
      /plugins\[0\] must be an object/,
    ],
    [
      "a plugin rejects what is not its own value",
      inline({ name: "n", plugins: [{ type: "macvlan", mode: "brige" }] }),
      /mode/,
    ],
    [
      "libcni runs any path that a type names",
      inline({ name: "n", plugins: [{ type: "../../bin/sh" }] }),
      /without a path/,
    ],
    [
      "kube-router's range is each node's own",
      { primaryNetwork: { source: "Inline", preset: "KubeRouter" } },
      /cannot be inline/,
    ],
    [
      "a renamed file beside a configuration that is deleted on exit leaves no network",
      { entrypoint: { renameConfFile: true } },
      /without a CNI configuration/,
    ],
    [
      "a self-built image has not the daemon's paths",
      { mode: "Thick", image: { layout: {} } },
      /the daemon's paths are fixed/,
    ],
    ["the daemon does not exist in v3", { version: "v3.4.2", mode: "Thick" }, /Thick requires version v4\.0/],
  ])("%s", (_, spec, reason) => {
    expect(evaluate(spec).rejected.join("\n")).toMatch(reason);
  });
});

describe("is told as a warning, since it depends on the nodes or is meant at times", () => {
  it.each<[behaviour: string, spec: object, code: string]>([
    [
      "v4's token expires without the watch (#852)",
      { entrypoint: { refreshKubeconfig: false } },
      "TOKEN_NOT_RENEWED",
    ],
    [
      "v4's token expires with a configuration of one's own (#852)",
      { primaryNetwork: { source: "Inline", preset: "Calico" } },
      "TOKEN_NOT_RENEWED",
    ],
    [
      "50Mi is too little for Multus under load (#1346)",
      { workload: { resources: { limits: { memory: "50Mi" } } } },
      "LOW_MEMORY_LIMIT",
    ],
    [
      "the daemon wants a delegate from 0.4.0 on",
      { mode: "Thick", cni: { version: "1.0.0" } },
      "NEEDS_NEWER_PRIMARY_NETWORK",
    ],
    [
      "thin wants the primary network's own version",
      { cni: { version: "1.0.0" } },
      "MUST_BE_THE_PRIMARY_NETWORKS",
    ],
    ["a tag that moves (#1065)", { image: { tag: "snapshot" } }, "MOVING_TAG"],
    ["a release that leaks addresses (#1449)", { version: "v4.3.0", mode: "Thick" }, "KNOWN_DEFECT"],
    ["a release that is later than the table of defects", { version: "v4.9.0" }, "NEWER_RELEASE"],
    [
      "v3 calls python for the network's name",
      { version: "v3.4.2", entrypoint: { overrideNetworkName: true } },
      "NEEDS_PYTHON",
    ],
    ["a calico delegate without a datastore", inline(calico), "INCOMPLETE_CALICO"],
    [
      "one range of addresses on every node",
      { primaryNetwork: { source: "Inline", preset: "Bridge" } },
      "ONE_RANGE",
    ],
  ])("%s", (_, spec, code) => {
    const { rejected, rendered } = evaluate(spec);
    expect(rejected).toEqual([]);
    expect(rendered?.warnings.map((warning) => warning.code)).toContain(code);
  });
});

interface Pod {
  containers: { image: string; args?: string[]; resources: { limits?: object } }[];
  initContainers?: { image: string; command: string[]; resources: { limits?: object } }[];
}
const podOf = (rendered: RenderedInstall) => {
  const daemonSet = rendered.objects.find(({ kind }) => kind === "DaemonSet");
  return (daemonSet as unknown as { spec: { template: { spec: Pod } } }).spec.template.spec;
};
const configOf = (rendered: RenderedInstall) => {
  const map = rendered.objects.find(({ metadata }) => metadata.name === "multus-daemon-config");
  const text = (map?.data as Record<string, string> | undefined)?.["daemon-config.json"];
  return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
};

describe("cannot be expressed, whatever the spec", () => {
  const always = (name: string, holds: (rendered: RenderedInstall, spec: Record<string, unknown>) => void) =>
    it(name, () => {
      fc.assert(
        fc.property(multusInstallSpecs(), (spec) => {
          const { rendered } = evaluate(spec);
          if (rendered) holds(rendered, spec);
        }),
        { numRuns: 60 },
      );
    });

  always("a shim and a daemon of different releases", (rendered) => {
    const { containers, initContainers = [] } = podOf(rendered);
    expect(new Set([...containers, ...initContainers].map(({ image }) => image)).size).toBe(1);
  });
  always("an installer that does not replace a running binary (#1221)", (rendered) => {
    for (const { command } of podOf(rendered).initContainers ?? [])
      expect(command[0]).toMatch(/\/install_multus$/);
  });
  always("a kubeconfig beside the one that is written", (rendered) => {
    const args = podOf(rendered).containers[0]?.args ?? [];
    const value = (name: string) => args.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3);
    const file = value("multus-kubeconfig-file-host");
    if (file === undefined) return;
    expect(value("cni-conf-dir")?.endsWith(file.slice(0, -"/multus.d/multus.kubeconfig".length))).toBe(true);
  });
  always("v3's clean-up, which leaves an invalid file", (rendered, { version }) => {
    if (!String(version).startsWith("v3")) return;
    expect(podOf(rendered).containers[0]?.args?.join(" ")).not.toContain("cleanup-config-on-exit");
  });
  always("a watch that is disabled (#852)", (rendered) => {
    expect(podOf(rendered).containers[0]?.args?.join(" ") ?? "").not.toContain("skip-config-watch");
  });
  always("a daemon with another socket directory, chroot or configuration", (rendered) => {
    const config = configOf(rendered);
    if (!config) return;
    expect(config).toMatchObject({
      socketDir: "/host/run/multus/",
      chrootDir: "/hostroot",
      multusConfigFile: "auto",
    });
    expect(typeof config.cniVersion).toBe("string");
  });

  it("a memory limit that the spec does not set (#1346)", () => {
    for (const spec of [{}, { mode: "Thick" }, { version: "v3.4.2" }]) {
      const { rendered } = evaluate(spec);
      const pod = rendered && podOf(rendered);
      for (const { resources } of [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])])
        expect(resources.limits).toBeUndefined();
    }
  });

  it("a tag that moves, unless the spec sets it (#1065)", () => {
    for (const version of ["v3.4.2", "v3.9.3", "v4.2.4", "v4.3.0"])
      expect(evaluate({ version }).rendered?.image).toContain(`:${version}`);
  });
});

describe("the presets of the primary network", () => {
  it.each(PRESETS.filter((preset) => presetProblem(preset) === undefined))(
    "%s passes the checker of networks",
    (preset) => {
      const conflist = { cniVersion: "0.3.1", ...presetConflist(preset, "/etc/cni/net.d") };
      expect(checkConflist(conflist).filter(({ severity }) => severity === "error")).toEqual([]);
      const { rejected, rendered } = evaluate({ primaryNetwork: { source: "Inline", preset } });
      expect(rejected).toEqual([]);
      expect(rendered?.warnings.map(({ code }) => code)).not.toContain("INCOMPLETE_CALICO");
    },
  );
});
