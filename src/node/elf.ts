/** The machine of ELF programs (elf.h) by Node's name of the architecture. */
const MACHINES: Partial<Record<string, { machine: number; is64: boolean; little: boolean }>> = {
  x64: { machine: 62, is64: true, little: true },
  arm64: { machine: 183, is64: true, little: true },
  arm: { machine: 40, is64: false, little: true },
  ppc64: { machine: 21, is64: true, little: true },
  s390x: { machine: 22, is64: true, little: false },
  riscv64: { machine: 243, is64: true, little: true },
};
const EXECUTABLE = 2;
const POSITION_INDEPENDENT = 3;

/**
 * Why a file does not run on this node, from its first 20 bytes; undefined if it may. A script or a program of another
 * architecture would fail every pod with "exec format error".
 * @param architecture process.arch
 */
export function whyNotRunnable(start: Buffer, architecture: string): string | undefined {
  if (start.length < 20 || start.toString("latin1", 0, 4) !== "\x7fELF") return "is not an ELF program";
  const wanted = MACHINES[architecture];
  const little = start[5] === 1;
  const u16 = (at: number) => (little ? start.readUInt16LE(at) : start.readUInt16BE(at));
  if (![EXECUTABLE, POSITION_INDEPENDENT].includes(u16(16))) return "is not an executable program";
  if (!wanted || wanted.machine !== u16(18) || wanted.is64 !== (start[4] === 2) || wanted.little !== little)
    return `is built for another architecture than this node's (${architecture})`;
  return undefined;
}
