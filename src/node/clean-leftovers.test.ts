import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeFilesOf } from "../multus/node-files.ts";
import type { PreviousDirectories } from "../multus/previous-directories.ts";
import type { Flavour } from "../multus/releases.ts";
import { cleanLeftovers } from "./clean-leftovers.ts";
import { ForbiddenPath } from "./errors.ts";
import { Host } from "./host.ts";
import { installPlugins } from "./install-plugins.ts";

const CONF = "/etc/cni/net.d";
const BIN = "/opt/cni/bin";
const THIN = '{"name":"multus-cni-network","type":"multus"}';
const THICK = '{"name":"multus-cni-network","type":"multus-shim"}';
const CALICO = '{"name":"k8s-pod-network","plugins":[{"type":"calico"}]}';
const HOUR_MS = 3_600_000;
let root: string;
let daemon: Server | undefined;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "earlier-"));
  for (const directory of [CONF, BIN, `${CONF}/multus.d`, "/run/multus", "/var/lib/cni/multus/results"])
    mkdirSync(join(root, directory), { recursive: true });
  put(`${CONF}/10-calico.conflist`, CALICO);
  put(`${BIN}/bridge`);
});
afterEach(() => {
  daemon?.close();
  rmSync(root, { recursive: true });
});

/** @param age of what the file's time says, s */
function put(path: string, content = "x", age = 0): void {
  writeFileSync(join(root, path), content);
  const written = new Date(Date.now() - age * 1000);
  utimesSync(join(root, path), written, written);
}

const names = (path: string) => readdirSync(join(root, path)).toSorted();
/** An hour later than the files were made, where not said otherwise. */
const run = (
  flavour: Flavour,
  more: { since?: Date; now?: Date; keepPrograms?: boolean; previous?: PreviousDirectories } = {},
) =>
  cleanLeftovers({
    ...{ node: "a", host: new Host(root), confDir: CONF, binDir: BIN, runs: nodeFilesOf(flavour) },
    ...{ since: new Date(0), now: new Date(Date.now() + HOUR_MS), keepPrograms: false, ...more },
  });

/** All that each flavour may have left, and a pod's notes. */
async function everything(): Promise<void> {
  for (const name of ["multus", "multus-shim", "passthru"]) put(`${BIN}/${name}`);
  put(`${CONF}/multus.d/multus.kubeconfig`);
  put("/var/lib/cni/multus/0123", '[{"Conf":{"type":"macvlan"}}]');
  daemon = createServer().listen(join(root, "run/multus/multus.sock"));
  await new Promise((resolve) => daemon?.once("listening", resolve));
}

describe("what a previous Multus left on a node", () => {
  it.each([
    { runs: "v3" as const, own: THIN, bin: ["bridge", "multus"], conf: ["multus.d"], run: [] },
    {
      runs: "v4-thin" as const,
      own: THIN,
      bin: ["bridge", "multus", "passthru"],
      conf: ["multus.d"],
      run: [],
    },
    {
      ...{ runs: "v4-thick" as const, own: THICK, conf: [] },
      ...{ bin: ["bridge", "multus-shim", "passthru"], run: ["multus.sock"] },
    },
  ])("goes, and what $runs has stays", async ({ runs, own, bin, conf, run: sockets }) => {
    await everything();
    put(`${CONF}/00-multus.conf`, own);
    const report = await run(runs);
    expect(report.problems).toEqual([]);
    expect(names(BIN)).toEqual(bin);
    expect(names(CONF)).toEqual(["00-multus.conf", "10-calico.conflist", ...conf]);
    expect(names("/run/multus")).toEqual(sockets);
    expect(names("/var/lib/cni/multus")).toEqual(["0123", "results"]);
    expect((await run(runs)).removed).toEqual([]);
  });

  it("is the older configuration, or the other flavour's, and the guard's", async () => {
    put(`${CONF}/00-multus.conf`, THIN, 60);
    put(`${CONF}/00-multus.conflist`, `{"plugins":[${THIN}]}`, 10);
    put(`${CONF}/00-multus.conflist-guard.conf`, THIN);
    expect((await run("v4-thin")).problems).toEqual([]);
    expect(names(CONF)).toEqual(["00-multus.conflist", "10-calico.conflist", "multus.d"]);
    put(`${CONF}/00-multus.conf`, THICK, 600);
    expect((await run("v4-thick")).problems).toEqual([]);
    expect(names(CONF)).toEqual(["00-multus.conf", "10-calico.conflist"]);
  });

  it("stays while the configuration of the one that runs is not there", async () => {
    await everything();
    put(`${CONF}/00-multus.conf`, THICK);
    const report = await run("v4-thin");
    expect(report.problems).toEqual([
      { path: CONF, reason: "has no configuration of the Multus that runs on this node" },
    ]);
    expect(report.removed).toEqual([]);
  });

  it("is what a killed installer did not finish, unless it is being written", async () => {
    put(`${CONF}/00-multus.conf`, THIN);
    for (const name of ["multus", "multus.temp2039", "_multus"]) put(`${BIN}/${name}`);
    const early = await run("v4-thin", { now: new Date() });
    expect(early.problems).toEqual([
      { path: `${BIN}/_multus`, reason: "was written recently" },
      { path: `${BIN}/multus.temp2039`, reason: "was written recently" },
    ]);
    const older = await run("v4-thin", { since: new Date(Date.now() + HOUR_MS) });
    expect(older.removed).toEqual([]);
    expect((await run("v4-thin", { keepPrograms: true })).problems).toEqual([]);
    expect(names(BIN)).toEqual(["bridge", "multus"]);
  });

  it("is removed also if the node's clock was set back by an hour since it was written", async () => {
    put(`${CONF}/00-multus.conf`, THIN);
    put(`${BIN}/_multus`);
    const report = await run("v4-thin", { now: new Date(Date.now() - HOUR_MS) });
    expect(report).toMatchObject({ problems: [], removed: [`${BIN}/_multus`] });
  });

  it("stays where it may be what another Multus is just writing", async () => {
    await everything();
    put(`${CONF}/00-multus.conf`, THIN);
    const report = await run("v4-thin", { now: new Date() });
    expect(report.removed).toEqual([]);
    expect(report.problems.map(({ path }) => path)).toEqual([
      `${BIN}/multus-shim`,
      "/run/multus/multus.sock",
    ]);
  });

  it("is no program from before the install, none that the runtime calls, and none that a pod's network is of", async () => {
    await everything();
    put(`${CONF}/00-multus.conf`, THIN);
    const before = await run("v3", { since: new Date(Date.now() + HOUR_MS) });
    expect(before.removed).toEqual(["/run/multus/multus.sock"]);
    expect(before.kept.map(({ path }) => path)).toEqual([`${BIN}/multus-shim`, `${BIN}/passthru`]);
    await run("v3", { keepPrograms: true });
    expect(names(BIN)).toEqual(["bridge", "multus", "multus-shim", "passthru"]);
    put("/var/lib/cni/multus/4567", '[{"ConfList":{"plugins":[{"type":"passthru"}]}}]');
    expect((await run("v3")).kept).toEqual([
      { path: `${BIN}/passthru`, reason: "a running pod uses its network" },
    ]);
    expect(names(BIN)).toEqual(["bridge", "multus", "passthru"]);
  });
});

describe("directories that Multus no longer has", () => {
  const OLD = "/etc/cni/multus";
  const OLD_BIN = "/usr/lib/cni";
  const previous = { confDir: OLD, binDir: OLD_BIN };

  beforeEach(() => {
    for (const directory of [`${OLD}/multus.d/certs`, OLD_BIN])
      mkdirSync(join(root, directory), { recursive: true });
    put(`${CONF}/00-multus.conf`, THIN);
    put(`${CONF}/multus.d/multus.kubeconfig`);
    for (const name of ["multus", "passthru"]) put(`${BIN}/${name}`);
    put(`${OLD}/00-multus.conf`, `{"type":"multus","delegates":[${CALICO}]}`);
    put(`${OLD}/10-calico.conflist.old`, CALICO);
    put(`${OLD}/20-other.conflist`, '{"name":"other","plugins":[{"type":"bridge"}]}');
    put(`${OLD}/multus.d/multus.kubeconfig`);
    put(`${OLD}/multus.d/certs/multus-client-current.pem`);
    for (const name of ["multus", "passthru", "bridge", "multus.temp123"]) put(`${OLD_BIN}/${name}`);
  });

  it("keep what is not Multus', get renamed files back, and the directories that it has are as they were", async () => {
    const report = await run("v4-thin", { previous });
    expect(report.problems).toEqual([]);
    expect(names(OLD)).toEqual(["10-calico.conflist", "20-other.conflist"]);
    expect(names(OLD_BIN)).toEqual(["bridge"]);
    expect(names(CONF)).toEqual(["00-multus.conf", "10-calico.conflist", "multus.d"]);
    expect(names(BIN)).toEqual(["bridge", "multus", "passthru"]);
    expect((await run("v4-thin", { previous })).removed).toEqual([]);
  });

  it("are not touched if the other one alone has changed", async () => {
    await run("v4-thin", { previous: { binDir: OLD_BIN } });
    expect(names(OLD)).toContain("00-multus.conf");
    expect(names(OLD_BIN)).toEqual(["bridge"]);
  });

  it("lose the CNI plugins that the operator installed there, unless the runtime may still call them", async () => {
    const source = join(root, "image");
    mkdirSync(source);
    const program = Buffer.alloc(64);
    program.write("\x7fELF", "latin1");
    program.set([2, 1, 1], 4);
    program.set([2, 0, 62, 0], 16);
    writeFileSync(join(source, "macvlan"), program);
    const how = { source, plugins: ["macvlan"], image: "p:1", architecture: "x64", now: new Date() };
    await installPlugins({ node: "a", host: new Host(root), binDir: OLD_BIN, ...how });
    put(`${CONF}/00-multus.conf`, THIN);
    await run("v4-thin", { previous: { binDir: OLD_BIN }, keepPrograms: true });
    expect(names(OLD_BIN)).toContain("macvlan");
    await run("v4-thin", { previous: { binDir: OLD_BIN } });
    expect(names(OLD_BIN)).toEqual(["bridge"]);
  });

  it("keep programs that existed before the install, and those that the runtime or a pod still needs", async () => {
    await run("v4-thin", { previous, keepPrograms: true });
    expect(names(OLD_BIN)).toEqual(["bridge", "multus", "passthru"]);
    expect(names(`${OLD}/multus.d`)).toContain("multus.kubeconfig");
    const later = new Date(Date.now() + HOUR_MS);
    await run("v4-thin", { previous, since: later, now: later });
    expect(names(OLD_BIN)).toEqual(["bridge", "multus", "passthru"]);
    put("/var/lib/cni/multus/0123", '[{"Conf":{"type":"passthru"}}]');
    await run("v4-thin", { previous });
    expect(names(OLD_BIN)).toEqual(["bridge", "passthru"]);
  });

  it("stay as they are while Multus has no configuration in its own, or has just written there", async () => {
    const before = names(OLD);
    expect((await run("v4-thin", { previous, now: new Date() })).problems).not.toEqual([]);
    expect(names(OLD)).toEqual(before);
    rmSync(join(root, `${CONF}/00-multus.conf`));
    expect((await run("v4-thin", { previous })).problems).toMatchObject([{ path: CONF }]);
    expect(names(OLD)).toEqual(before);
  });

  it("stay as they are if the runtime seems to read them rather than the new ones", async () => {
    rmSync(join(root, `${CONF}/10-calico.conflist`));
    rmSync(join(root, `${BIN}/bridge`));
    const before = [names(OLD), names(OLD_BIN)];
    const { kept, removed, problems } = await run("v4-thin", { previous });
    expect([names(OLD), names(OLD_BIN)]).toEqual(before);
    expect([removed, problems]).toEqual([[], []]);
    expect(kept.map(({ path }) => path)).toEqual([OLD, OLD_BIN]);
    // The configuration that stays calls programs of the previous one.
    put(`${BIN}/bridge`);
    await run("v4-thin", { previous });
    expect([names(OLD), names(OLD_BIN)]).toEqual(before);
    // The package of a distribution has plugins in the new one, and not the primary network's.
    put(`${CONF}/10-calico.conflist`, CALICO);
    put(`${OLD_BIN}/calico`);
    expect((await run("v4-thin", { previous: { binDir: OLD_BIN } })).kept).toEqual([
      {
        path: OLD_BIN,
        reason: `has calico, which a configuration in ${CONF} calls and ${BIN} does not have`,
      },
    ]);
    for (const path of [`${CONF}/10-calico.conflist`, `${OLD_BIN}/calico`, `${BIN}/bridge`])
      rmSync(join(root, path));
    // Without files of other plugins, both directories are cleaned.
    rmSync(join(root, `${OLD}/20-other.conflist`));
    rmSync(join(root, `${OLD_BIN}/bridge`));
    await run("v4-thin", { previous });
    expect(names(OLD)).toEqual(["10-calico.conflist"]);
    expect(names(OLD_BIN)).toEqual([]);
  });

  it("stay as they are if they are the new ones by another path: a link of the host, which its mount follows", async () => {
    symlinkSync(join(root, "/etc/cni"), join(root, OLD, "link"));
    symlinkSync(join(root, "/opt/cni"), join(root, OLD_BIN, "link"));
    const before = [names(CONF), names(`${CONF}/multus.d`), names(BIN)];
    const linked = { confDir: `${OLD}/link/net.d`, binDir: `${OLD_BIN}/link/bin` };
    const { kept, removed, problems } = await run("v4-thin", { previous: linked });
    expect([names(CONF), names(`${CONF}/multus.d`), names(BIN)]).toEqual(before);
    expect([removed, problems, kept]).toEqual([[], [], []]);
  });

  it("are never outside of CNI's", async () => {
    mkdirSync(join(root, "usr/bin"), { recursive: true });
    put("/usr/bin/multus");
    for (const elsewhere of [{ confDir: "/etc/ssl" }, { binDir: "/usr/bin" }])
      await run("v4-thin", { previous: elsewhere }).catch((error) =>
        expect(error).toBeInstanceOf(ForbiddenPath),
      );
    expect(names("/usr/bin")).toEqual(["multus"]);
  });
});
