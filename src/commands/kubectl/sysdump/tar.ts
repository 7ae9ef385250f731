const BLOCK = 512;

export interface TarEntry {
  /** Relative, with slashes: at most 100 bytes behind the last one, and 155 before it. */
  name: string;
  content: string;
}

/** A tar archive (POSIX ustar) of regular files that their owner can read and write. @param at seconds since 1970 */
export function tar(entries: readonly TarEntry[], at: number): Buffer {
  const blocks = entries.flatMap(({ name, content }) => {
    const body = Buffer.from(content);
    const padding = Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK);
    return [header(name, body.length, at), body, padding];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function header(name: string, size: number, at: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const slash = name.lastIndexOf("/");
  const [directory, file] = [name.slice(0, Math.max(0, slash)), name.slice(slash + 1)];
  if (Buffer.byteLength(file) > 100 || Buffer.byteLength(directory) > 155)
    throw new RangeError(`${name} is too long for an archive`);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  block.write(file, 0);
  block.write(octal(0o600, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(at, 11), 136);
  block.write(" ".repeat(8), 148); // the checksum's own field counts as blanks
  block.write("0", 156);
  block.write("ustar\x0000", 257);
  block.write(directory, 345);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}
