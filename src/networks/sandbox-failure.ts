/** Why the kubelet could not set a pod's network up, from its event FailedCreatePodSandBox. */
export interface SandboxFailure {
  /** Multus, or a plugin that it called, refused; else something else did, such as the primary network alone or the runtime. */
  byMultus: boolean;
  /** The CNI name of the network that failed, where Multus got so far as to call its plugin. */
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
/** The daemon appends the whole request to its answer (multus-cni pkg/server, and the shim's own quotes). */
const TAIL = /\\?'?[:;]? *StdinData: .*$|\\?'$/;

/** Reads the event's note. Undefined where the event is of another kind. */
export function sandboxFailureOf(reason: string, note: string): SandboxFailure | undefined {
  if (reason !== "FailedCreatePodSandBox") return undefined;
  const line = note.replace(/\p{Cc}+/gu, " ").trim();
  if (line.includes(GUARD))
    return { byMultus: false, message: `${GUARD} holds it back while Multus is exchanged on its node` };
  if (!MULTUS.test(line)) return { byMultus: false, message: bounded(innermost(line)) };
  const adding = [...line.matchAll(ADDING)].at(-1);
  if (adding) {
    const message = bounded(line.slice(adding.index + adding[0].length).replace(TAIL, ""));
    return { byMultus: true, network: adding[1] ?? "", message };
  }
  const own = [...line.matchAll(MULTUS_ERROR)].at(-1);
  if (own)
    return { byMultus: true, message: bounded(line.slice(own.index + own[0].length).replace(TAIL, "")) };
  const shim = SHIM_ERROR.exec(line);
  const message = shim ? line.slice(shim.index + shim[0].length).replace(TAIL, "") : innermost(line);
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
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
}
