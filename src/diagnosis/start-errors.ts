import type { Explanation } from "./image-pull.ts";

/** Why a container of an image of another layout or architecture ends as soon as it starts. */
interface Cause {
  reason: "ImageLayout" | "ImageArchitecture" | "ImageLacksPython";
  matches: RegExp;
  explain: (found: RegExpExecArray) => string;
}

const CAUSES: readonly Cause[] = [
  {
    reason: "ImageArchitecture",
    matches: /exec format error/,
    explain: () =>
      "the image's programs are for another architecture than the node's. Build the image for the node's architecture, or keep Multus off these nodes with spec.workload.nodeSelector, such as kubernetes.io/arch: amd64",
  },
  {
    // v3's entrypoint.sh looks for its own binary and for the node's directories before all else.
    reason: "ImageLayout",
    matches: /Location\s+(\S+)\s+does not exist/,
    explain: ([, path = ""]) =>
      /\/multus$/.test(path)
        ? `the image has no ${path}. Set the path of the binary in spec.image.layout.binaryFile`
        : `the entrypoint requires ${path}, which is not mounted there. If the image expects the node's directories at another path, set spec.image.layout.mountPrefix ("/host", or "" for none)`,
  },
  {
    // runc: exec: "/entrypoint.sh": stat /entrypoint.sh: no such file or directory; or executable file not found in $PATH
    reason: "ImageLayout",
    matches: /exec: "([^"]+)": (?:stat \S+: no such file or directory|executable file not found)/,
    explain: ([, path = ""]) =>
      `the image has no ${path}. Set the command that starts Multus in spec.image.layout.command, or check that spec.version and spec.mode match the image`,
  },
  {
    reason: "ImageLayout",
    matches:
      /^(?:ba|da)?sh: (?:line \d+: |\d+: |can't open ')?(\/[^:']+)'?: (?:No such file or directory|not found)/m,
    explain: ([, path = ""]) =>
      `the image has no ${path}. Set the command that starts Multus in spec.image.layout.command`,
  },
  {
    // v3's entrypoint.sh, line 299: it reads the primary network's name with a script of Python 2.
    reason: "ImageLacksPython",
    matches: /\bpython: (?:command )?not found/,
    explain: () =>
      "spec.entrypoint.overrideNetworkName of v3 requires Python 2 in the image, as `python`. Remove the field, or use an image that has it",
  },
  {
    // BusyBox' date does not know --iso-8601, and its usage fills the end of the log that the kubelet keeps.
    reason: "ImageLayout",
    matches: /BusyBox[\s\S]*Usage: date/,
    explain: () =>
      "the entrypoint's own message is hidden behind the usage of BusyBox' date, which does not know --iso-8601; read it with kubectl logs --previous. The most likely cause is spec.image.layout (command, binaryFile, mountPrefix)",
  },
];

/** The cause, where what the container left behind shows that its image cannot work like this; undefined otherwise. */
export function explainStartFailure(message: string): Explanation | undefined {
  for (const cause of CAUSES) {
    const found = cause.matches.exec(message);
    if (found) return { reason: cause.reason, message: `Multus does not start: ${cause.explain(found)}` };
  }
  return undefined;
}
