import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { tar } from "./tar.ts";

it("is read by tar as it was written", () => {
  const directory = mkdtempSync(join(tmpdir(), "tar-"));
  try {
    const texts = {
      "a/empty.txt": "",
      "a/block.txt": "x".repeat(512),
      [`${"d".repeat(60)}/${"e".repeat(60)}/long.txt`]: "grün\n".repeat(1000),
    };
    const entries = Object.entries(texts).map(([name, content]) => ({ name, content }));
    writeFileSync(join(directory, "x.tar"), tar(entries, 1_795_521_600));
    execFileSync("tar", ["-xf", "x.tar"], { cwd: directory });
    for (const [name, content] of Object.entries(texts)) {
      expect(readFileSync(join(directory, name), "utf8")).toBe(content);
      expect(statSync(join(directory, name)).mtimeMs / 1000).toBe(1_795_521_600);
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

it("rejects a name that does not fit", () => {
  expect(() => tar([{ name: "x".repeat(101), content: "" }], 0)).toThrow(RangeError);
});
