import { show } from "../../cni/finding.ts";
import { multusInstallSpec } from "../../crds/multus-install/spec.ts";
import { kubeconfigFile, REJECTED_FLAGS } from "../../multus/entrypoint-flags.ts";
import type { Draft } from "../draft.ts";
import type { Findings } from "../finding.ts";
import type { Flags } from "../manifest/flags.ts";
import type { Situation } from "../situation.ts";

const truth = (value: string) => value === "true" || value === "1";
const texts = (value: string) => value.split(",").filter((part) => part !== "");

/** What each flag sets in the spec. Those of directories and of the configuration's file are read before. */
const READERS: Record<string, (value: string, situation: Situation) => void> = {
  "cni-version": (value, { draft, flavour }) => {
    if (flavour !== "v3" || value !== "0.3.1") draft.cni.version = value as never;
  },
  "multus-bin-file": (value, { draft }) => {
    draft.image.layout = { ...draft.image.layout, binaryFile: value };
  },
  "skip-multus-binary-copy": (value, { draft }) => {
    if (truth(value)) draft.entrypoint.skipBinaryCopy = true;
  },
  "multus-master-cni-file-name": (value, { draft }) => {
    if (value === "") return;
    draft.primaryNetwork.source = "File";
    draft.primaryNetwork.file = value;
  },
  "namespace-isolation": (value, { draft }) => {
    if (truth(value)) draft.isolation.enabled = true;
  },
  "global-namespaces": (value, { draft }) => {
    if (value !== "") draft.isolation.globalNamespaces = texts(value);
  },
  "multus-log-level": (value, { draft }) => {
    if (value !== "") draft.logging.level = value as never;
  },
  "multus-log-file": (value, { draft }) => {
    if (value !== "") draft.logging.file = value;
  },
  "multus-log-to-stderr": (value, { draft }) => {
    draft.logging.toStderr = truth(value);
  },
  "override-network-name": (value, { draft }) => {
    if (truth(value)) draft.entrypoint.overrideNetworkName = true;
  },
  "rename-conf-file": (value, { draft }) => {
    if (truth(value)) draft.entrypoint.renameConfFile = true;
  },
  "readiness-indicator-file": (value, { draft }) => {
    if (value !== "") draft.primaryNetwork.readinessFile = value;
  },
  "additional-bin-dir": (value, { draft }) => {
    if (value !== "") draft.cni.additionalBinDir = value;
  },
  "skip-tls-verify": (value, { draft }) => {
    if (truth(value)) draft.entrypoint.skipTLSVerify = true;
  },
  "restart-crio": (value, { draft, flavour, findings }) => {
    if (!truth(value)) return;
    if (flavour === "v3") draft.entrypoint.restartCRIO = true;
    else
      findings.corrected(
        "args --restart-crio",
        "v4 rejects this flag, and the pod exits; it is not imported",
      );
  },
  "cleanup-config-on-exit": (value, { flavour, findings }) => {
    if (flavour === "v3" && truth(value))
      findings.lost(
        "args --cleanup-config-on-exit",
        "the watch of v3 uses any other configuration as the primary network if its file is missing for 45 s, and does not renew the token: the operator never sets this flag for v3",
      );
  },
};
/** Read with directories, configuration and token. */
const ELSEWHERE = [
  "multus-conf-file",
  "cni-conf-dir",
  "cni-bin-dir",
  "multus-autoconfig-dir",
  "multus-kubeconfig-file-host",
  "skip-config-watch",
];

/** Fills the draft from the flags of a thin entrypoint, except for the configuration's file (configuration.ts). */
export function readEntrypoint(flags: Flags, situation: Situation): void {
  readDirectories(flags, situation);
  readToken(flags, situation);
  if (situation.flavour === "v3" && !flags.get("cni-version"))
    situation.findings.changed(
      "args --cni-version",
      "becomes 0.3.1: without it the runtime assumes 0.1.0, whose results have no interfaces",
    );
  for (const [name, value] of flags) {
    const reader = READERS[name];
    if (reader) reader(value, situation);
    else if (!ELSEWHERE.includes(name)) unknownFlag(name, value, situation);
  }
}

function unknownFlag(name: string, value: string, { flavour, findings }: Situation): void {
  const at = `args --${name}`;
  const why = REJECTED_FLAGS[name];
  if (why !== undefined && value === "false") return;
  if (why !== undefined) findings.lost(at, `no field sets it: ${why}`);
  else if (flavour === "v3")
    findings.note(at, "entrypoint.sh does not know it and only warns; it is not imported");
  else findings.corrected(at, "thin_entrypoint does not know it and exits; it is not imported");
}

function readDirectories(flags: Flags, { draft, mounts, findings }: Situation): void {
  const directory = (flag: string, standard: string) => {
    const inside = flags.get(flag) || standard;
    const outside = mounts.hostPathOf(inside);
    if (outside === undefined) {
      findings.corrected(
        `args --${flag}`,
        `${show(inside)} is not a host directory: nothing is mounted there`,
      );
      return undefined;
    }
    return { inside, outside };
  };
  const conf = directory("cni-conf-dir", "/host/etc/cni/net.d");
  const bin = directory("cni-bin-dir", "/host/opt/cni/bin");
  const auto = flags.get("multus-autoconfig-dir");
  const primary = auto === undefined ? conf?.outside : mounts.hostPathOf(auto);
  if (conf && primary !== conf.outside)
    findings.lost(
      "args --multus-autoconfig-dir",
      `the operator searches for the primary network in cni.confDir, ${show(conf.outside)}, only (it is ${show(primary ?? auto)})`,
    );
  if (!conf || !bin) return;
  draft.directories = { confDir: conf.outside, binDir: bin.outside, netnsDir: undefined };
  readPrefix(draft, [conf, bin], findings);
  const expected = kubeconfigFile(multusInstallSpec.parse({ cni: { confDir: undefined } })).replace(
    "/etc/cni/net.d",
    conf.outside,
  );
  const written = flags.get("multus-kubeconfig-file-host") ?? "/etc/cni/net.d/multus.d/multus.kubeconfig";
  if (written !== expected)
    findings.corrected(
      "args --multus-kubeconfig-file-host",
      `the kubeconfig is always written to ${show(expected)}, and pods fail if the configuration names another file (it names ${show(written)}); the operator names the right file`,
    );
}

/** Self-built images may use the host's own paths inside of the container. */
function readPrefix(
  draft: Draft,
  directories: { inside: string; outside: string }[],
  findings: Findings,
): void {
  const prefixes = new Set(
    directories.map(({ inside, outside }) =>
      inside.endsWith(outside) ? inside.slice(0, -outside.length) : undefined,
    ),
  );
  const [prefix] = prefixes;
  if (prefixes.size === 1 && prefix === "/host") return;
  if (prefixes.size === 1 && prefix === "") draft.image.layout = { ...draft.image.layout, mountPrefix: "" };
  else
    findings.note(
      "volumeMounts",
      "the host's directories are mounted at other paths in the container; the path on the host is the same",
    );
}

/** v4 thin renews its token only in the watch that --cleanup-config-on-exit starts (multus-cni #852). */
function readToken(flags: Flags, { draft, flavour, findings }: Situation): void {
  if (flavour !== "v4-thin") return;
  const renews = truth(flags.get("cleanup-config-on-exit") ?? "false");
  const watches = !truth(flags.get("skip-config-watch") ?? "false");
  if (renews && watches) return;
  draft.entrypoint.refreshKubeconfig = false;
  findings.broken(
    "args",
    "the kubeconfig's token is not renewed without --cleanup-config-on-exit: pods fail once it has expired (multus-cni #852). Imported as entrypoint.refreshKubeconfig: false; remove this line to renew the token",
  );
}
