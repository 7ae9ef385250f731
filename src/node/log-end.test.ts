import { execFileSync } from "node:child_process";
import { appendFileSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { logEnd, logGrowth } from "./log-end.ts";

const directory = mkdtempSync(join(tmpdir(), "multus-operator-log-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, content: string): string {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
}
const end = (path: string, lines: number, bytes = 1_000_000) =>
  logEnd(path, { lines, bytes }).content.toString();

describe("logEnd", () => {
  it.each([
    [2, "c\nd\n"],
    [4, "a\nb\nc\nd\n"],
    [9, "a\nb\nc\nd\n"],
    [0, ""],
    [-1, "a\nb\nc\nd\n"],
  ])("gives the last %i lines", (lines, expected) => {
    expect(end(file("four", "a\nb\nc\nd\n"), lines)).toBe(expected);
  });

  it.each([
    ["", 3, ""],
    ["\n", 1, "\n"],
    ["\n\n\n", 2, "\n\n"],
    ["a\nb", 1, "b"],
    ["\na\n", 1, "a\n"],
  ])("of %j the last %i as %j", (content, lines, expected) => {
    expect(end(file("odd", content), lines)).toBe(expected);
  });

  it("reads no more than the bytes allowed, and begins with a whole line", () => {
    const path = file("long", `${"x".repeat(100)}\nsecond\nthird\n`);
    expect(end(path, -1, 12)).toBe("third\n");
    expect(end(path, -1, 5)).toBe("hird\n"); // no line fits: rather a part than nothing
  });

  it("rejects what is not a regular file, and does not hang on a pipe", () => {
    symlinkSync("/etc/hostname", join(directory, "link"));
    execFileSync("mkfifo", [join(directory, "pipe")]);
    expect(() => end(join(directory, "link"), 1)).toThrow("symbolic link");
    expect(() => end(join(directory, "pipe"), 1)).toThrow("not a regular file");
    expect(() => end(directory, 1)).toThrow("not a regular file");
    expect(() => end(join(directory, "none"), 1)).toThrow("does not exist");
  });
});

describe("logGrowth", () => {
  it("gives what was appended, and begins again after a rotation", () => {
    const path = file("growing", "a\n");
    let seen = logEnd(path, { lines: 10, bytes: 100 });
    appendFileSync(path, "b\nc\n");
    seen = logGrowth(path, seen, 3);
    expect(seen.content.toString()).toBe("b\nc");
    seen = logGrowth(path, seen, 100);
    expect(seen.content.toString()).toBe("\n");
    writeFileSync(path, "z\n");
    expect(logGrowth(path, seen, 100).content.toString()).toBe("z\n");
    // The rotated file stays, as log rotation leaves it: the inode of one that is removed may be given to the next.
    renameSync(path, `${path}.1`);
    writeFileSync(path, "a new file, and a longer one\n");
    expect(logGrowth(path, seen, 100).content.toString()).toBe("a new file, and a longer one\n");
  });
});
