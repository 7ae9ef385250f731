import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { nodeInspection } from "../crds/node-inspection.ts";
import { cleaningReport } from "../node/cleaning-report.ts";
import { decodeMessage } from "../node/message.ts";

const root = resolve(import.meta.dirname, "../..");
/** Of the bundle's 2.6 MB. Most of it is zod. */
const MOST_BYTES_OF_A_NODE_TASK = 600_000;
let host: string;

beforeEach(() => {
  host = mkdtempSync(join(tmpdir(), "node-command-"));
  for (const directory of ["etc/cni/net.d", "opt/cni/bin"])
    mkdirSync(join(host, directory), { recursive: true });
  writeFileSync(join(host, "etc/cni/net.d/00-multus.conf"), '{"type":"multus"}');
});
afterEach(() => rmSync(host, { recursive: true }));

/** Runs `multus-operator node …` as it is built; returns exit code and termination message. */
async function node(...args: string[]): Promise<{ code: number; message: unknown; stderr: string }> {
  const file = join(host, "message");
  const common = ["--node", "node-1", "--host", host, "--conf-dir", "/etc/cni/net.d", "--message", file];
  const program = [
    "--disable-warning=DEP0040",
    join(root, "dist/multus-operator.mjs"),
    "node",
    ...args,
    ...common,
  ];
  const { code, stderr } = await new Promise<{ code: number; stderr: string }>((done) =>
    execFile(join(root, "node_modules/.bin/node"), program, (error, _, text) =>
      done({ code: Number(error?.code ?? 0), stderr: text }),
    ),
  );
  const message = code < 2 && stderr === "" ? decodeMessage(readFileSync(file, "utf8")) : undefined;
  return { code, message, stderr };
}

it("inspects, then cleans, and answers in the termination message", async () => {
  const inspected = await node("inspect", "--bin-dir", "/opt/cni/bin", "/usr/lib/cni");
  expect(inspected.code).toBe(0);
  expect(nodeInspection.parse(inspected.message)).toMatchObject({
    node: "node-1",
    multusFiles: ["/etc/cni/net.d/00-multus.conf"],
  });
  const cleaned = await node("clean", "--bin-dir", "/opt/cni/bin", "--since", "2026-01-01T00:00:00Z");
  expect(cleaned.code).toBe(0);
  expect(cleaningReport.parse(cleaned.message).removed).toEqual(["/etc/cni/net.d/00-multus.conf"]);
  expect(readdirSync(join(host, "etc/cni/net.d"))).toEqual([]);
});

it("reads which directories Multus no longer has, and removes nothing there that was just written", async () => {
  const directories = [join(host, "etc/cni/net.d"), join(host, "etc/cni/multus"), join(host, "usr/lib/cni")];
  for (const directory of directories) mkdirSync(directory, { recursive: true });
  for (const directory of directories.slice(0, 2))
    writeFileSync(join(directory, "00-multus.conf"), '{"type":"multus"}');
  writeFileSync(join(host, "usr/lib/cni/multus"), "");
  const cleaned = await node(
    ...["clean", "--bin-dir", "/opt/cni/bin", "--since", "2026-01-01T00:00:00Z", "--runs", "v4-thin"],
    ...["--previous-conf-dir", "/etc/cni/multus", "--previous-bin-dir", "/usr/lib/cni"],
  );
  expect(cleaned.code).toBe(1);
  expect(cleaningReport.parse(cleaned.message).problems).toEqual([
    { path: "/etc/cni/multus/00-multus.conf", reason: "was written recently" },
    { path: "/usr/lib/cni/multus", reason: "was written recently" },
  ]);
});

it("touches no directory that is not one of CNI's", async () => {
  const { code, stderr } = await node("clean", "--bin-dir", "/usr/bin", "--since", "2026-01-01T00:00:00Z");
  expect(code).not.toBe(0);
  expect(stderr).toContain("/usr/bin");
});

it("loads only a small part of the program, since each node of a cluster starts it", () => {
  const parts = join(root, "dist/parts");
  const loaded = new Set<string>();
  const load = (part: string) => {
    if (loaded.has(part)) return;
    loaded.add(part);
    const text = readFileSync(join(parts, part), "utf8");
    for (const [, next = ""] of text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.mjs)"/g)) load(next);
  };
  const own = readdirSync(parts).filter((name) => /^node-\w+\.mjs$/.test(name));
  expect(own).toHaveLength(1);
  for (const part of own) load(part);
  expect(loaded.size).toBeGreaterThan(3);
  const bytes = [...loaded].map((part) => statSync(join(parts, part)).size);
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MOST_BYTES_OF_A_NODE_TASK);
});
