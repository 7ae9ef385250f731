import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Host } from "./host.ts";
import { inspect } from "./inspect.ts";
import { installPlugins } from "./install-plugins.ts";
import { PLUGIN_RECORD } from "./plugin-record.ts";
import { uninstall } from "./uninstall.ts";

const BIN = "/opt/cni/bin";
const CONF = "/etc/cni/net.d";
const IMAGE = "registry.example/cni-plugins:v1.9.1";
const NEWER = "registry.example/cni-plugins:v1.9.2";

let root: string;
let source: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "install-plugins-"));
  source = join(root, "image");
  for (const directory of [source, join(root, BIN), join(root, CONF)])
    mkdirSync(directory, { recursive: true });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true });
});

const path = (name: string) => join(root, BIN, name);
const names = () => readdirSync(join(root, BIN)).toSorted();
const content = (name: string) => readFileSync(path(name)).toString("latin1").slice(64);

/** The head of an ELF program for amd64, then `text`. */
function program(text: string, { machine = 62, type = 2 } = {}): Buffer {
  const head = Buffer.alloc(64);
  head.write("\x7fELF", "latin1");
  head.set([2, 1, 1], 4);
  head.writeUInt16LE(type, 16);
  head.writeUInt16LE(machine, 18);
  return Buffer.concat([head, Buffer.from(text)]);
}

function inImage(name: string, data: Buffer | string = program(`${name} 1`)): void {
  writeFileSync(join(source, name), data, { mode: 0o755 });
}

function onNode(name: string, text: string, mode = 0o755): void {
  writeFileSync(path(name), program(text), { mode });
}

async function install(plugins: string[], image = IMAGE) {
  return await installPlugins({
    ...{ node: "node-1", host: new Host(root), binDir: BIN, source, plugins, image },
    architecture: "x64",
    now: new Date(),
  });
}

async function remove() {
  return await uninstall({
    ...{ node: "node-1", host: new Host(root), confDir: CONF, binDir: BIN },
    since: new Date(),
    now: new Date(),
  });
}

async function seen() {
  const { plugins } = await inspect({
    ...{ node: "node-1", host: new Host(root), confDir: CONF, binDirs: [BIN], linksDir: root },
    now: new Date(),
  });
  return plugins;
}

it("installs what is missing, as executable programs, and notes what it was", async () => {
  inImage("macvlan");
  inImage("static");
  const report = await install(["macvlan", "static"]);
  expect(report).toMatchObject({ problems: [], kept: [] });
  expect(report.installed).toEqual([`${BIN}/macvlan`, `${BIN}/static`]);
  expect(names()).toEqual([PLUGIN_RECORD, "macvlan", "static"]);
  expect(content("macvlan")).toBe("macvlan 1");
  expect(lstatSync(path("macvlan")).mode & 0o7777).toBe(0o755);
  expect(lstatSync(path("macvlan")).nlink).toBe(1);
  const record = JSON.parse(readFileSync(path(PLUGIN_RECORD), "utf8"));
  const sha256 = createHash("sha256").update(program("macvlan 1")).digest("hex");
  expect(record).toMatchObject({ image: IMAGE, programs: { macvlan: [{ sha256 }] } });
  expect(await seen()).toEqual({ image: IMAGE, installed: ["macvlan", "static"] });
});

it("changes nothing the second time", async () => {
  inImage("macvlan");
  await install(["macvlan"]);
  const before = lstatSync(path("macvlan"));
  expect(await install(["macvlan"])).toMatchObject({ installed: [], updated: [], kept: [], problems: [] });
  expect(lstatSync(path("macvlan"))).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
});

it("leaves a program that is not the operator's as it is, and does not take it for its own", async () => {
  onNode("macvlan", "of a package");
  inImage("macvlan");
  const report = await install(["macvlan"]);
  expect(report.kept).toEqual([{ path: `${BIN}/macvlan`, reason: "was not installed by the operator" }]);
  expect(report).toMatchObject({ installed: [], problems: [] });
  expect(content("macvlan")).toBe("of a package");
  await remove();
  expect(names()).toEqual(["macvlan"]);
});

it("does not overwrite a program that appears between the look and the installation", async () => {
  inImage("macvlan");
  const host = new Host(root);
  // The last look at the name is before the program is staged; the foreign one appears while that is recorded.
  const inside = host.inside.bind(host);
  vi.spyOn(host, "inside").mockImplementation((given) => {
    if (given.endsWith(".multus-operator.record.tmp") && !existsSync(path("macvlan")))
      onNode("macvlan", "appeared");
    return inside(given);
  });
  const report = await installPlugins({
    ...{ node: "node-1", host, binDir: BIN, source, plugins: ["macvlan"], image: IMAGE },
    architecture: "x64",
    now: new Date(),
  });
  expect(content("macvlan")).toBe("appeared");
  expect(report).toMatchObject({ installed: [], kept: [{ path: `${BIN}/macvlan` }], problems: [] });
  expect(names()).toEqual(["macvlan"]);
});

it("names a file of that name that is no program, and leaves it", async () => {
  onNode("macvlan", "not executable", 0o644);
  mkdirSync(path("bridge"));
  inImage("macvlan");
  inImage("bridge");
  const { problems } = await install(["macvlan", "bridge"]);
  expect(problems.map(({ reason }) => reason)).toEqual([
    "exists, is not an executable file, and was not installed by the operator: remove it",
    "exists, is not an executable file, and was not installed by the operator: remove it",
  ]);
  expect(content("macvlan")).toBe("not executable");
});

it("takes a link for the node's own program", async () => {
  symlinkSync("/somewhere/cni", path("bridge"));
  inImage("bridge");
  expect(await install(["bridge"])).toMatchObject({ problems: [], kept: [{ path: `${BIN}/bridge` }] });
});

it.each([
  ["a script", "#!/bin/sh\n".padEnd(64), "the image's program is not an ELF program"],
  ["an empty file", "", "the image's program is empty"],
  [
    "one of another architecture",
    program("", { machine: 183 }),
    "the image's program is built for another architecture than this node's (x64)",
  ],
  ["a library's object", program("", { type: 1 }), "the image's program is not an executable program"],
])("does not install %s", async (_, data, reason) => {
  inImage("macvlan", data);
  inImage("tuning");
  const report = await install(["macvlan", "tuning"]);
  expect(report.problems).toEqual([{ path: `${BIN}/macvlan`, reason }]);
  expect(report.installed).toEqual([`${BIN}/tuning`]);
  expect(names()).toEqual([PLUGIN_RECORD, "tuning"]);
});

it("reports what the image does not have, and does not follow a link in it", async () => {
  symlinkSync("/etc/passwd", join(source, "tap"));
  const { problems } = await install(["macvlan", "tap"]);
  expect(problems.map(({ reason }) => reason)).toEqual([
    "the image of spec.plugins.image has no such program in /opt/cni/bin",
    "the image's program is a link",
  ]);
});

it.each(["../../etc/cron.d/x", "multus", "sh", ""])("never installs %j", async (name) => {
  writeFileSync(join(root, "sh"), program("x"));
  inImage("sh", program("x"));
  inImage("multus", program("x"));
  const { problems } = await install([name]);
  expect(problems).toMatchObject([{ reason: "is not one of the reference plugins" }]);
  expect(names()).toEqual([]);
});

it("replaces its own by that of another image, and a process that runs it keeps its file", async () => {
  inImage("macvlan");
  inImage("static");
  await install(["macvlan", "static"]);
  linkSync(path("macvlan"), join(root, "running"));
  inImage("macvlan", program("macvlan 2"));
  const report = await install(["macvlan", "static"], NEWER);
  expect(report).toMatchObject({ updated: [`${BIN}/macvlan`], installed: [], problems: [] });
  expect(content("macvlan")).toBe("macvlan 2");
  expect(readFileSync(join(root, "running")).toString("latin1")).toContain("macvlan 1");
  expect(await seen()).toEqual({ image: NEWER, installed: ["macvlan", "static"] });
  expect(names()).toEqual([PLUGIN_RECORD, "macvlan", "static"]);
});

it.each([
  ["of other bytes", () => onNode("macvlan", "of a package")],
  [
    "of the same bytes in another file",
    () => {
      writeFileSync(path("new"), program("macvlan 1"), { mode: 0o755 });
      renameSync(path("new"), path("macvlan"));
    },
  ],
  [
    "of other bytes in the same file with the same time",
    () => {
      execFileSync("cp", ["-p", path("macvlan"), join(root, "time")]);
      onNode("macvlan", "changed 1");
      execFileSync("touch", ["-r", join(root, "time"), path("macvlan")]);
    },
  ],
  ["of the same bytes, written again", () => utimesSync(path("macvlan"), new Date(0), new Date(0))],
])("does not replace, and does not remove, one that became someone else's: %s", async (_, change) => {
  inImage("macvlan");
  await install(["macvlan"]);
  change();
  const before = readFileSync(path("macvlan"));
  inImage("macvlan", program("macvlan 2"));
  expect(await install(["macvlan"], NEWER)).toMatchObject({
    updated: [],
    kept: [{ path: `${BIN}/macvlan` }],
  });
  expect(readFileSync(path("macvlan"))).toEqual(before);
  await remove();
  expect(readFileSync(path("macvlan"))).toEqual(before);
  expect(names()).toEqual(["macvlan"]);
});

it("does not remove one that was replaced since, though nothing has noticed", async () => {
  inImage("macvlan");
  await install(["macvlan"]);
  onNode("macvlan", "of a package");
  const report = await remove();
  expect(report.kept).toEqual([
    { path: `${BIN}/macvlan`, reason: "was replaced since the operator installed it" },
  ]);
  expect(names()).toEqual(["macvlan"]);
});

it("installs one again that was lost", async () => {
  inImage("macvlan");
  await install(["macvlan"]);
  rmSync(path("macvlan"));
  expect(await seen()).toEqual({ image: IMAGE, installed: [] });
  expect(await install(["macvlan"])).toMatchObject({ installed: [`${BIN}/macvlan`], problems: [] });
});

it("leaves the directory as it was once all is removed", async () => {
  onNode("loopback", "of the node");
  const before = [names(), content("loopback"), lstatSync(path("loopback")).mtimeMs];
  inImage("macvlan");
  inImage("loopback");
  await install(["macvlan", "loopback"]);
  const report = await remove();
  expect(report).toMatchObject({ removed: [`${BIN}/macvlan`], problems: [], kept: [] });
  expect([names(), content("loopback"), lstatSync(path("loopback")).mtimeMs]).toEqual(before);
});

it("keeps what a network that stays on the node calls, by name or by default", async () => {
  for (const name of ["macvlan", "bridge", "host-local", "portmap"]) inImage(name);
  await install(["macvlan", "bridge", "host-local", "portmap"]);
  const conf = { name: "cbr0", plugins: [{ type: "flannel" }, { type: "portmap" }] };
  writeFileSync(join(root, CONF, "10-flannel.conflist"), JSON.stringify(conf));
  const report = await remove();
  expect(report.removed).toEqual([`${BIN}/macvlan`]);
  expect(report.kept.map((kept) => kept.path)).toEqual([
    `${BIN}/bridge`,
    `${BIN}/host-local`,
    `${BIN}/portmap`,
  ]);
  expect(report.kept[0]?.reason).toBe("a network in the node's configuration directory calls it");
  expect(names()).toEqual(["bridge", "host-local", "portmap"]);
});

it.each<[string, (file: string) => void]>([
  // The runtime follows it, and the pod that cleans does not see where it leads.
  ["is a link", (file) => symlinkSync("/var/lib/rancher/10-net.conflist", file)],
  ["is too large", (file) => writeFileSync(file, `{"type":"bridge"}${" ".repeat(300_000)}`)],
])("keeps everything while a configuration that %s may call it", async (_, put) => {
  inImage("bridge");
  await install(["bridge"]);
  put(join(root, CONF, "10-net.conflist"));
  const report = await remove();
  expect(report).toMatchObject({ removed: [], problems: [] });
  expect(report.kept).toEqual([
    { path: `${BIN}/bridge`, reason: `${CONF}/10-net.conflist cannot be read, and may call it` },
  ]);
  expect(names()).toEqual(["bridge"]);
});

it("recognizes what an installation that was killed left, whichever way it came", async () => {
  inImage("macvlan");
  await install(["macvlan"]);
  // Killed before the link: recorded, not there, with the staged copy beside it.
  renameSync(path("macvlan"), path(".multus-operator.macvlan.tmp"));
  expect(await install(["macvlan"])).toMatchObject({ installed: [`${BIN}/macvlan`] });
  expect(names()).toEqual([PLUGIN_RECORD, "macvlan"]);
  // Killed after the link: two names.
  linkSync(path("macvlan"), path(".multus-operator.macvlan.tmp"));
  expect(await remove()).toMatchObject({ removed: [`${BIN}/macvlan`], problems: [] });
  expect(names()).toEqual([]);
});

it("does nothing on the word of a record that it cannot read, and says so", async () => {
  inImage("macvlan");
  onNode("macvlan", "unknown");
  writeFileSync(path(PLUGIN_RECORD), '{"programs":{"../../../etc/passwd":[]}}');
  const told = expect.stringContaining(
    "cannot be read: it is not known which plugins the operator installed",
  );
  expect(await install(["macvlan"])).toMatchObject({ installed: [], problems: [{ reason: told }] });
  expect(await remove()).toMatchObject({ problems: [{ reason: told }] });
  expect(names()).toEqual([PLUGIN_RECORD, "macvlan"]);
  expect(await seen()).toBeUndefined();
});

it("reports a directory that is not there, and creates none", async () => {
  rmSync(join(root, BIN), { recursive: true });
  expect(await install(["macvlan"])).toMatchObject({
    problems: [{ path: BIN, reason: "is not a directory" }],
  });
  expect(existsSync(join(root, BIN))).toBe(false);
});

it.runIf(process.getuid?.() !== 0)("reports a directory that it may not write to", async () => {
  inImage("macvlan");
  chmodSync(join(root, BIN), 0o555);
  expect((await install(["macvlan"])).problems[0]?.reason).toContain("cannot be written to (EACCES)");
  chmodSync(join(root, BIN), 0o755);
});
