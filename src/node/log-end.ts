import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from "node:fs";
import { LogFileError } from "./errors.ts";

export interface LogEnd {
  /** Whole lines, the newest last. */
  content: Buffer;
  /** Where the file goes on: what `logGrowth` reads from. */
  offset: number;
  /** The file itself; another one by this name has another. */
  inode: number;
}

/**
 * The last `lines` whole lines of a file, at most `bytes` bytes of it; lines < 0 means all. Only a regular
 * file is read: a directory that tenants may write to could hold a link or a pipe by that name.
 *
 * Throws a LogFileError.
 */
export function logEnd(file: string, { lines, bytes }: { lines: number; bytes: number }): LogEnd {
  return withFile(file, (descriptor, { size, ino }) => {
    const start = Math.max(0, size - bytes);
    const content = read(descriptor, start, size);
    return { content: lastLines(start > 0 ? wholeLines(content) : content, lines), offset: size, inode: ino };
  });
}

/** What was written after a previous read, at most `bytes` bytes of it; from the start where the file was replaced or cut. */
export function logGrowth(file: string, before: LogEnd, bytes: number): LogEnd {
  return withFile(file, (descriptor, { size, ino }) => {
    const from = ino !== before.inode || size < before.offset ? 0 : before.offset;
    const end = Math.min(size, from + bytes);
    return { content: read(descriptor, from, end), offset: end, inode: ino };
  });
}

function withFile<T>(file: string, use: (descriptor: number, stats: Stats) => T): T {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new LogFileError(`${file} does not exist`);
    if (code === "ELOOP") throw new LogFileError(`${file} is a symbolic link; links are not followed`);
    throw new LogFileError(`${file} cannot be opened: ${message}`);
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new LogFileError(`${file} is not a regular file`);
    return use(descriptor, stats);
  } finally {
    closeSync(descriptor);
  }
}

function read(descriptor: number, from: number, to: number): Buffer {
  const buffer = Buffer.alloc(to - from);
  let length = 0;
  while (length < buffer.length) {
    const count = readSync(descriptor, buffer, length, buffer.length - length, from + length);
    if (count === 0) break; // cut since its size was asked for
    length += count;
  }
  return buffer.subarray(0, length);
}

/** Without the first line, which may lack its beginning; all if there is but one. */
function wholeLines(content: Buffer): Buffer {
  const end = content.indexOf("\n");
  return end < 0 || end === content.length - 1 ? content : content.subarray(end + 1);
}

function lastLines(content: Buffer, lines: number): Buffer {
  if (lines < 0) return content;
  if (lines === 0) return content.subarray(content.length);
  let at = content.length - 1; // the last byte ends the last line, if it is a line feed
  for (let n = 0; n < lines; n++) {
    at = at <= 0 ? -1 : content.lastIndexOf("\n", at - 1);
    if (at < 0) return content;
  }
  return content.subarray(at + 1);
}
