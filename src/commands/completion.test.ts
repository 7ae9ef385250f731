import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, expect, it } from "vitest";

const bin = resolve(import.meta.dirname, "../../bin");
const directory = mkdtempSync(join(tmpdir(), "completion-"));
symlinkSync(join(bin, "multus-operator"), join(directory, "multus-operator"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What bash offers for the words that were typed, the last of which is not complete. */
function offered(...words: string[]): string[] {
  const script = `source <(multus-operator completion bash)
COMP_WORDS=(${["multus-operator", ...words].map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length}
_multus_operator
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const env = { ...process.env, PATH: `${directory}:${process.env.PATH}` };
  return execFileSync("bash", ["-c", script], { env, encoding: "utf8" }).split("\n").filter(Boolean);
}

it("completes commands, flags and values in bash", () => {
  expect(offered("val")).toEqual(["validate"]);
  expect(offered("")).toEqual(expect.arrayContaining(["render", "run", "completion"]));
  expect(offered("")).not.toContain("read-log-end");
  expect(offered("render", "--fi")).toEqual(["--filename"]);
  expect(offered("import", "-o", "")).toEqual(["json", "yaml"]);
  expect(offered("completion", "")).toEqual(["bash", "fish", "zsh"]);
});

it("offers no candidates for a file, so that bash completes its name", () => {
  expect(offered("validate", "-f", "")).toEqual([]);
});
