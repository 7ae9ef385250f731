import type { FileHandle } from "node:fs/promises";
import { newestOfLibrary } from "../cni/spoken-version.ts";

/**
 * The version of a Go program and of the CNI library in it, from the build information that its compiler put in. The program is not run:
 * what lies on a host may be anything, of another architecture, or hang; and a read needs no right to execute.
 * Layout: debug/buildinfo of the Go library, format of Go 1.18 and later, and ELF(5).
 */

const MAX_SECTION_BYTES = 64 * 1024;
const MAX_SECTIONS = 128;
const MAGIC = Buffer.from("\xff Go buildinf:", "latin1");
/** Go puts these around the module information, so that it can be found without its section. */
const FRAME = 16;

export interface GoProgram {
  /** Of the module that the program is of. */
  version?: string;
  /** The newest CNI version that the CNI library in it speaks. */
  cniVersion?: string;
}

/** What the build information says of a program; nothing where the file has none. */
export async function goProgram(file: FileHandle): Promise<GoProgram> {
  const section = await buildInfoSection(file);
  if (!section?.subarray(0, MAGIC.length).equals(MAGIC)) return {};
  // Bit 1: the texts follow inline. Before Go 1.18 there were pointers here.
  if (((section[15] ?? 0) & 2) === 0) return {};
  const goVersion = text(section, 32);
  const modules = goVersion && text(section, goVersion.end);
  if (!modules) return {};
  const lines = modules.bytes
    .subarray(FRAME, -FRAME)
    .toString("utf8")
    .split("\n")
    .map((line) => line.split("\t"));
  const version = versionOf(lines);
  const cniVersion = cniVersionOf(lines);
  return { ...(version ? { version } : {}), ...(cniVersion ? { cniVersion } : {}) };
}

type Line = readonly string[];
const CNI_LIBRARY = "github.com/containernetworking/cni";

function cniVersionOf(lines: readonly Line[]): string | undefined {
  // Without one when the program is the library's own; one built with a replacement has that on the next line.
  const library = lines.findIndex(([kind, name]) => kind === "dep" && name === CNI_LIBRARY);
  if (library < 0) return undefined;
  const [kind, , replacement] = lines[library + 1] ?? [];
  return newestOfLibrary((kind === "=>" ? replacement : lines[library]?.[2]) ?? "");
}

/** Lines `path`, `mod path version`, `dep path version` and `build key=value`, separated by tabs. */
function versionOf(lines: readonly Line[]): string | undefined {
  const path = lines.find(([kind]) => kind === "path")?.[1] ?? "";
  const module = lines.find(
    ([kind, name = ""]) =>
      (kind === "mod" || kind === "dep") && (path === name || path.startsWith(`${name}/`)),
  );
  const version = module?.[2];
  if (version && /^v[0-9][\w.+-]{0,62}$/.test(version)) return version;
  // `(devel)`: built in its own repository; its build script passes the version to the linker.
  const flags = lines.find(([kind, value = ""]) => kind === "build" && value.startsWith("-ldflags="))?.[1];
  return /-X[ =]\S*[vV]ersion=(v[0-9][\w.+-]{0,62})/.exec(flags ?? "")?.[1];
}

async function buildInfoSection(file: FileHandle): Promise<Buffer | undefined> {
  const header = await read(file, 0, 64);
  if (header?.toString("latin1", 0, 4) !== "\x7fELF" || header[4] !== 2) return undefined;
  const little = header[5] === 1;
  const u16 = (b: Buffer, at: number) => (little ? b.readUInt16LE(at) : b.readUInt16BE(at));
  const u32 = (b: Buffer, at: number) => (little ? b.readUInt32LE(at) : b.readUInt32BE(at));
  const u64 = (b: Buffer, at: number) => Number(little ? b.readBigUInt64LE(at) : b.readBigUInt64BE(at));
  const size = u16(header, 58);
  const count = u16(header, 60);
  if (size !== 64 || count === 0 || count > MAX_SECTIONS) return undefined;
  const table = await read(file, u64(header, 40), size * count);
  if (!table) return undefined;
  const at = (index: number) => table.subarray(index * size, (index + 1) * size);
  const namesAt = u16(header, 62);
  if (namesAt >= count) return undefined;
  const names = await sectionBytes(at(namesAt));
  if (!names) return undefined;
  for (let index = 0; index < count; index++) {
    const start = u32(at(index), 0);
    const end = names.indexOf(0, start);
    if (names.toString("latin1", start, end < 0 ? start : end) === ".go.buildinfo")
      return await sectionBytes(at(index));
  }
  return undefined;

  async function sectionBytes(entry: Buffer): Promise<Buffer | undefined> {
    const length = u64(entry, 32);
    return length > MAX_SECTION_BYTES ? undefined : await read(file, u64(entry, 24), length);
  }
}

/** A length as a varint and that many bytes. */
function text(buffer: Buffer, start: number): { bytes: Buffer; end: number } | undefined {
  let length = 0;
  let at = start;
  for (let shift = 0; ; shift += 7) {
    const byte = buffer[at++];
    if (byte === undefined || shift > 21) return undefined;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return at + length > buffer.length
    ? undefined
    : { bytes: buffer.subarray(at, at + length), end: at + length };
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer | undefined> {
  if (!Number.isSafeInteger(position) || position < 0 || length <= 0) return undefined;
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return bytesRead === length ? buffer : undefined;
}
