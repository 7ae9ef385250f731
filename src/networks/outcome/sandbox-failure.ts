import { copied } from "../../crds/copied.ts";

/** Why the kubelet could not set up a pod's network, from its event FailedCreatePodSandBox. */
export interface SandboxFailure {
  /** Multus failed, or a plugin that it called; else something else did, such as the primary network alone or the runtime. */
  byMultus: boolean;
  /** The CNI name of the network that failed, if Multus had called its plugin. */
  network?: string;
  /** The innermost error: the plugin's own words. One line, bounded. */
  message: string;
}

/** Characters; what plugins say goes into a status that is bounded. */
const LONGEST = 512;
const MULTUS = /plugin type="multus(?:-shim)?"/;
/** What keeps new pods off a node in the seconds in which it has no Multus (docs/adr/0007). */
export const GUARD = "multus-rollout-guard";
const ADDING = /error adding container to network "([^"]*)": /g;
/** "Multus: [namespace/pod/uid]: " (cmdErr), the last one. */
const MULTUS_ERROR = /Multus: \[[^\]]*\]: /g;
const SHIM_ERROR = /ERRORED: (?:error configuring pod \[[^\]]*\] networking: )?/;
/** The daemon appends the whole request to its answer (multus-cni pkg/server). */
const REQUEST = /\\?'?[:;]? *StdinData: .*$/;
/** The shim puts the daemon's answer in quotes; their end is not part of the plugin's words. */
const QUOTED_BY_SHIM = /CNI request failed with status \d+: \\?'/;

/** Reads the event's note. Undefined if the event is of another kind. */
export function sandboxFailureOf(reason: string, note: string): SandboxFailure | undefined {
  if (reason !== "FailedCreatePodSandBox") return undefined;
  const line = note.replace(/\p{Cc}+/gu, " ").trim();
  if (line.includes(GUARD))
    return { byMultus: false, message: `${GUARD} holds the pod back while Multus is replaced on its node` };
  if (!MULTUS.test(line)) return { byMultus: false, message: bounded(innermost(line)) };
  /** What stands from there on, without what daemon and shim add. */
  const own = (from: number) => {
    const words = line.slice(from).replace(REQUEST, "");
    return QUOTED_BY_SHIM.test(line) ? words.replace(/\\?'$/, "") : words;
  };
  const adding = [...line.matchAll(ADDING)].at(-1);
  if (adding) {
    const message = bounded(own(adding.index + adding[0].length));
    return { byMultus: true, network: copied((adding[1] ?? "").slice(0, LONGEST)), message };
  }
  const multus = [...line.matchAll(MULTUS_ERROR)].at(-1);
  if (multus) return { byMultus: true, message: bounded(own(multus.index + multus[0].length)) };
  const shim = SHIM_ERROR.exec(line);
  const message = shim ? own(shim.index + shim[0].length) : innermost(line);
  return { byMultus: true, message: bounded(message) };
}

/** Without the kubelet's and the runtime's wrapping. */
function innermost(line: string): string {
  return line
    .replace(/^\(combined from similar events\): /, "")
    .replace(/^Failed to create pod sandbox: /, "")
    .replace(/^rpc error: code = \w+ desc = /, "")
    .replace(/^failed to set ?up network for sandbox "[^"]*": /, "")
    .replace(/^plugin type="multus(?:-shim)?"(?: name="[^"]*")? failed \(\w+\): /, "");
}

function bounded(text: string): string {
  const line = text.trim();
  return copied(line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`);
}
