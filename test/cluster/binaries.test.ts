import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BINARIES, binary, moduleDirectory, REQUIRED_BINARIES } from "./binaries.ts";
import { execute } from "./execute.ts";
import { FAMILIES } from "./families.ts";

/** A cache of this test's own, so that something is built; `crane` is the family that is built fastest. */
let cache: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "binaries-"));
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));

function builder() {
  const child = spawn(process.execPath, [join(import.meta.dirname, "binaries.ts"), "crane"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, MULTUS_OPERATOR_CACHE: cache },
  });
  const built = { child, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    built.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    built.stderr += text;
  });
  return built;
}

test("two processes that need the same program build it once, and say what they do", async () => {
  const both = [builder(), builder()];
  await Promise.all(both.map(({ child }) => once(child, "close")));
  expect(both.map(({ child }) => child.exitCode)).toEqual([0, 0]);
  const [one, two] = both.map(({ stdout }) => stdout.trim());
  expect(one).toBe(two);
  expect(await execute(one ?? "", ["--help"])).toContain("crane");
  // A build that takes longer than 15 s says so again and again.
  const builds = /^tools: 0 of 1 programs built, building crane \(\d+ s\)$/m;
  expect(both.filter(({ stderr }) => builds.test(stderr))).toHaveLength(1);
  const said = both.map(({ stderr }) => stderr).join("");
  expect(said.match(/^tools: 1 of 1 programs built, done \(\d+ s\)$/gm)).toHaveLength(2);
  expect(readdirSync(join(cache, "bin"))).toHaveLength(1);
});

test("a killed builder leaves nothing that the next one trips over", async () => {
  const killed = builder();
  while (!killed.stderr.includes("building crane")) await once(killed.child.stderr, "data");
  killed.child.kill("SIGKILL");
  await once(killed.child, "exit");
  const next = builder();
  await once(next.child, "close");
  expect(next.child.exitCode).toBe(0);
  expect(readdirSync(join(cache, "bin"))).toEqual([expect.stringMatching(/^crane-[0-9a-f]{16}$/)]);
});

test("a program that no family has is rejected, with those that there are", async () => {
  await expect(binary("kubctl")).rejects.toThrow(/no such program: kubctl \(there are: .*kubectl/);
});

test("a name belongs to one family, and every program is pinned by its family's tools.go", () => {
  expect(new Set(BINARIES).size).toBe(BINARIES.length);
  for (const [family, { programs }] of Object.entries(FAMILIES)) {
    const pinned = readFileSync(join(import.meta.dirname, "tools", family, "tools.go"), "utf8");
    for (const path of Object.values(programs)) expect(pinned).toContain(`_ "${path}"`);
  }
});

test("the older Kubernetes servers are built on demand, and not with everything else", () => {
  expect(BINARIES).toContain("kube-apiserver-1.30");
  expect(REQUIRED_BINARIES).toContain("kube-apiserver");
  expect(REQUIRED_BINARIES.filter((name) => /-1\.\d+$/.test(name))).toEqual([]);
});

test("a module's own files are at hand: the manifests and the entrypoint that Multus ships", () => {
  const v4 = moduleDirectory("multus-v4", "gopkg.in/k8snetworkplumbingwg/multus-cni.v4");
  expect(readdirSync(join(v4, "deployments"))).toContain("multus-daemonset-thick.yml");
  const v3 = moduleDirectory("multus-v3", "gopkg.in/intel/multus-cni.v3");
  expect(readFileSync(join(v3, "images/entrypoint.sh"), "utf8")).toMatch(/^#!\/bin\/bash/);
});
