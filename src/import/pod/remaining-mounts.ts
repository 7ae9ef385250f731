import { show } from "../../cni/finding.ts";
import type { Draft } from "../draft.ts";
import type { Findings } from "../finding.ts";
import { type Mounts, trim } from "../manifest/mounts.ts";
import type { Situation } from "../situation.ts";

const LOG_ROOTS = /^\/(opt\/cni\/log|var\/log\/multus|var\/log\/cni)(\/|$)/;

/** The directory for logs: one of the host that the container sees at the same path. */
export function readLog(draft: Draft, mounts: Mounts, findings: Findings): void {
  readMountedLog(draft, mounts);
  const { file, hostDir } = draft.logging;
  if (file === undefined || hostDir !== undefined || draft.mode === "Thick") return;
  // The thin plugin runs on the host and writes there without any mount.
  const directory = file.slice(0, file.lastIndexOf("/"));
  if (LOG_ROOTS.test(directory)) {
    draft.logging.hostDir = directory;
    return;
  }
  delete draft.logging.file;
  findings.lost(
    "the log file",
    `${show(file)} is written on the host by the plugin itself, but a MultusInstall allows logs below /opt/cni/log, /var/log/multus and /var/log/cni only; set logging.hostDir and logging.file below one of these`,
  );
}

function readMountedLog(draft: Draft, mounts: Mounts): void {
  const found = mounts.unused.find(
    ({ mountPath, volume }) => volume.hostPath?.path !== undefined && LOG_ROOTS.test(mountPath),
  );
  if (!found || mounts.hostPathOf(found.mountPath) !== found.mountPath) return;
  draft.logging.hostDir = found.mountPath;
}

/** What upstream's manifest of the thick daemon mounts, and the operator too. */
const THICK = [
  "/host/run",
  "/var/lib/cni/multus",
  "/var/lib/kubelet",
  "/run/k8s.cni.cncf.io",
  "/run/netns",
  "/hostroot",
  "/etc/cni/multus/net.d",
];

/** Reports which mounts the operator's pods do not have. */
export function readUnused({ draft, mounts, flavour, findings }: Situation): void {
  for (const { mountPath, volume } of mounts.unused) {
    if (flavour !== "v4-thick" && trim(volume.hostPath?.path ?? "") === "/run") {
      if (!draft.entrypoint.restartCRIO && mountPath !== TOKEN)
        findings.note(
          `volumeMounts ${show(volume.name)}`,
          "is not imported: the entrypoint uses the host's /run only to restart CRI-O",
        );
    } else if (!isOperators(mountPath, draft))
      findings.lost(
        `volumeMounts ${show(volume.name)}`,
        `no field of a MultusInstall mounts anything at ${show(mountPath)}`,
      );
  }
}

/** Where Kubernetes mounts the account's token. */
const TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount";

/** Whether the operator's pods have something at the same path. */
function isOperators(mountPath: string, { mode, daemon }: Draft): boolean {
  if (mountPath === TOKEN || (mode === "Thick" && THICK.includes(mountPath))) return true;
  // The daemon's first certificate is asked for with the kubelet's kubeconfig.
  const { enabled, bootstrapKubeconfig = "" } = daemon.perNodeCertificate ?? {};
  return enabled === true && bootstrapKubeconfig.startsWith(`${mountPath}/`);
}
