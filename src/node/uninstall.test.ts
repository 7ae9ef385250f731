import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Host } from "./host.ts";
import { uninstall } from "./uninstall.ts";

const CONF = "/etc/cni/net.d";
const BIN = "/opt/cni/bin";
const MULTUS = '{"name":"multus-cni-network","type":"multus"}';
const CALICO = '{"name":"k8s-pod-network","plugins":[{"type":"calico"}]}';
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "clean-"));
  for (const directory of [CONF, BIN, "/run/multus", "/var/lib/cni/multus/results", "/elsewhere"])
    mkdirSync(join(root, directory), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

const put = (path: string, content = "x", mode = 0o644) => writeFileSync(join(root, path), content, { mode });
const names = (path: string) => readdirSync(join(root, path)).toSorted();
const LONG_AGO = new Date(0);
const LATER = new Date(Date.now() + 3_600_000);
const run = (since = LONG_AGO, more: { whereabouts?: boolean } = {}) =>
  uninstall({
    ...{ node: "node-1", host: new Host(root), confDir: CONF, binDir: BIN, since, now: new Date() },
    ...more,
  });

it("gives the primary network its name back whenever Multus renamed it: an adopted Multus is older than the install", async () => {
  put(`${CONF}/00-multus.conf`, `{"name":"multus-cni-network","type":"multus","delegates":[${CALICO}]}`);
  put(`${CONF}/10-calico.conflist.old`, CALICO);
  put(`${CONF}/20-other.conflist.old`, '{"name":"other","plugins":[{"type":"bridge"}]}');
  const report = await run(LATER);
  expect(report).toMatchObject({ restored: [`${CONF}/10-calico.conflist`], problems: [] });
  expect(names(CONF)).toEqual(["10-calico.conflist", "20-other.conflist.old"]);
});

it("leaves a network aside that an administrator replaced: by its name it would be the first that the runtime reads", async () => {
  put(`${CONF}/10-calico.conflist.old`, CALICO);
  put(`${CONF}/10-calico.conf.old`, '{"name":"k8s-pod-network","type":"calico"}');
  const flannel = '{"name":"cbr0","plugins":[{"type":"flannel"}]}';
  put(`${CONF}/10-flannel.conflist`, flannel);
  put(`${CONF}/00-multus.conf`, `{"name":"multus-cni-network","type":"multus","delegates":[${flannel}]}`);
  expect((await run()).restored).toEqual([]);
  expect(names(CONF)).toEqual(["10-calico.conf.old", "10-calico.conflist.old", "10-flannel.conflist"]);
});

it("gives the primary network its name back next to one that nothing calls", async () => {
  put(`${CONF}/00-multus.conf`, `{"name":"multus-cni-network","type":"multus","delegates":[${CALICO}]}`);
  put(`${CONF}/10-calico.conflist.old`, CALICO);
  put(`${CONF}/87-podman.conflist`, '{"name":"podman","plugins":[{"type":"bridge"}]}');
  expect((await run()).restored).toEqual([`${CONF}/10-calico.conflist`]);
});

it("removes what each kind of Multus creates, and nothing else", async () => {
  const stays = ["10-calico.conflist", "calico-kubeconfig", "87-podman.conflist", "notes.txt"];
  put(`${CONF}/10-calico.conflist`, CALICO, 0o600);
  for (const name of stays.slice(1)) put(`${CONF}/${name}`, "{}");
  put(`${CONF}/00-multus.conf`, MULTUS);
  put(`${CONF}/00-multus.conflist`, '{"plugins":[{"type":"multus"}]}');
  put(`${CONF}/00-multus.conf.new`, '{"cut');
  put(`${CONF}/00-multus.conf.cilium_bak`, MULTUS);
  put(`${CONF}/70-multus.conf`, MULTUS);
  put(`${CONF}/00-multus.conflist-guard.conf`, MULTUS);
  put(`${CONF}/00-multus.conflist-guard.conf.temp815`, "");
  mkdirSync(join(root, CONF, "multus.d"));
  put(`${CONF}/multus.d/multus.kubeconfig`);
  put(`${CONF}/multus.d/multus.kubeconfig.new`);
  mkdirSync(join(root, CONF, "multus.d/certs"));
  put(`${CONF}/multus.d/certs/multus-client-2026-11-24-16-00-00.pem`, "a key", 0o600);
  symlinkSync("/host/elsewhere", join(root, CONF, "multus.d/certs/multus-client-current.pem"));
  for (const name of [
    "multus",
    "multus-shim",
    "passthru",
    "_multus12",
    "passthru.temp3",
    "bridge",
    "multus-tool",
  ])
    put(`${BIN}/${name}`);
  put("/var/lib/cni/multus/0123abc");
  put("/var/lib/cni/multus/results/net-0123abc-net1");
  const daemon = createServer().listen(join(root, "run/multus/multus.sock"));
  await new Promise((resolve) => daemon.once("listening", resolve));

  const report = await run();
  daemon.close();
  expect(report.problems).toEqual([]);
  expect(report.kept).toEqual([]);
  expect(names(CONF)).toEqual(stays.toSorted());
  expect(readFileSync(join(root, CONF, "10-calico.conflist"), "utf8")).toBe(CALICO);
  expect(lstatSync(join(root, CONF, "10-calico.conflist")).mode & 0o777).toBe(0o600);
  expect(names(BIN)).toEqual(["bridge", "multus-tool"]);
  expect(names("/run/multus")).toEqual([]);
  expect(names("/var/lib/cni/multus")).toEqual([]);
  expect(report.removed).toContain(`${CONF}/00-multus.conf`);
  expect(await run()).toMatchObject({ removed: [], restored: [], problems: [] });
});

it.each([
  [
    "what v3 leaves when it ends",
    "{Multus configuration intentionally invalidated to prevent pods from being scheduled.}",
  ],
  ["an empty file", ""],
])("knows %s as Multus' own", async (_, text) => {
  put(`${CONF}/00-multus.conf`, text);
  await run();
  expect(names(CONF)).toEqual([]);
});

it("leaves what was there before the install, and says so", async () => {
  put(`${CONF}/10-calico.conflist`, CALICO);
  put(`${CONF}/70-multus.conf`, MULTUS);
  put(`${CONF}/20-flannel.conflist.old`, CALICO);
  for (const name of ["multus", "passthru"]) put(`${BIN}/${name}`);
  const report = await run(LATER);
  expect(names(CONF)).toEqual(["10-calico.conflist", "20-flannel.conflist.old", "70-multus.conf"]);
  expect(names(BIN)).toEqual(["multus", "passthru"]);
  expect(report.kept.map(({ path }) => path)).toEqual([
    `${CONF}/70-multus.conf`,
    `${BIN}/multus`,
    `${BIN}/passthru`,
  ]);
  expect(report.problems).toEqual([]);
});

it("gives a renamed primary network its name back, unless the name is taken", async () => {
  put(`${CONF}/10-calico.conflist.old`, CALICO, 0o600);
  put(`${CONF}/00-multus.conf`, MULTUS);
  expect((await run()).restored).toEqual([`${CONF}/10-calico.conflist`]);
  expect(names(CONF)).toEqual(["10-calico.conflist"]);
  expect(lstatSync(join(root, CONF, "10-calico.conflist")).mode & 0o777).toBe(0o600);

  put(`${CONF}/10-calico.conflist.old`, "{}");
  expect((await run()).restored).toEqual([]);
  expect(names(CONF)).toEqual(["10-calico.conflist", "10-calico.conflist.old"]);
});

it("follows no link out of the directories", async () => {
  put("/elsewhere/multus.kubeconfig");
  put("/elsewhere/cache");
  symlinkSync(join(root, "elsewhere"), join(root, CONF, "multus.d"));
  symlinkSync(join(root, "elsewhere"), join(root, "var/lib/cni/multus/results2"));
  symlinkSync(join(root, "elsewhere/cache"), join(root, BIN, "multus"));
  symlinkSync(join(root, "elsewhere/cache"), join(root, CONF, "00-multus.conf"));
  const report = await run();
  expect(names("/elsewhere")).toEqual(["cache", "multus.kubeconfig"]);
  expect(names("/var/lib/cni/multus")).toEqual([]);
  expect(names(BIN)).toEqual(["multus"]);
  expect(report.kept.map(({ path }) => path)).toEqual([`${CONF}/00-multus.conf`, `${BIN}/multus`]);
});

it("keeps what is not Multus' in its own places", async () => {
  put(`${CONF}/00-multus.conf`, CALICO);
  mkdirSync(join(root, CONF, "multus.d"));
  put(`${CONF}/multus.d/mine`);
  put("/run/multus/notes");
  const report = await run();
  expect(names(CONF)).toEqual(["00-multus.conf", "multus.d"]);
  expect(names("/run/multus")).toEqual(["notes"]);
  expect(report.kept).toHaveLength(2);
});

it("says when a node still calls Multus", async () => {
  put(`${CONF}/00-aaa.conf`, MULTUS);
  const report = await run(LATER);
  expect(report.problems).toEqual([
    { path: `${CONF}/00-aaa.conf`, reason: expect.stringContaining("sorts first") },
  ]);
});

it("keeps what lies beside the daemon's certificates", async () => {
  mkdirSync(join(root, CONF, "multus.d/certs/inner"), { recursive: true });
  put(`${CONF}/multus.d/certs/multus-client-2026-11-24-16-00-00.pem`);
  put(`${CONF}/multus.d/certs/ca.pem`);
  const report = await run();
  expect(names(`${CONF}/multus.d/certs`)).toEqual(["ca.pem", "inner"]);
  expect(report.kept.map(({ path }) => path)).toEqual([
    `${CONF}/multus.d/certs/ca.pem`,
    `${CONF}/multus.d/certs/inner`,
  ]);
});

it("does not follow a link in place of the certificates' directory", async () => {
  mkdirSync(join(root, CONF, "multus.d"));
  put("/elsewhere/multus-client-current.pem");
  symlinkSync(join(root, "elsewhere"), join(root, CONF, "multus.d/certs"));
  await run();
  expect(names("/elsewhere")).toEqual(["multus-client-current.pem"]);
});

it("removes Multus from directories that the install had before, too, and verifies both", async () => {
  const [conf, bin] = ["/etc/cni/multus", "/usr/lib/cni"];
  for (const directory of [conf, bin]) mkdirSync(join(root, directory), { recursive: true });
  for (const directory of [CONF, conf]) {
    put(`${directory}/00-multus.conf`, MULTUS);
    put(`${directory}/10-calico.conflist`, CALICO);
  }
  for (const directory of [BIN, bin]) for (const name of ["multus", "bridge"]) put(`${directory}/${name}`);
  const options = { node: "node-1", host: new Host(root), confDir: CONF, binDir: BIN, now: new Date() };
  const previous = { confDir: conf, binDir: bin };
  expect((await uninstall({ ...options, since: LATER, previous })).kept.map(({ path }) => path)).toEqual([
    `${BIN}/multus`,
    `${bin}/multus`,
  ]);
  expect((await uninstall({ ...options, since: LONG_AGO, previous })).problems).toEqual([]);
  for (const directory of [CONF, conf]) expect(names(directory)).toEqual(["10-calico.conflist"]);
  for (const directory of [BIN, bin]) expect(names(directory)).toEqual(["bridge"]);
  put(`${conf}/00-multus.conf`, '{"name":"mine"}');
  mkdirSync(join(root, bin, "multus"));
  expect((await uninstall({ ...options, since: LONG_AGO, previous })).kept.map(({ path }) => path)).toEqual([
    `${conf}/00-multus.conf`,
    `${bin}/multus`,
  ]);
});

it("removes the files of whereabouts if the install had it, and only those that its installer wrote", async () => {
  mkdirSync(join(root, CONF, "whereabouts.d"));
  const whereabouts = ["whereabouts.conf", "whereabouts.kubeconfig", "nodename"];
  for (const name of whereabouts) put(`${CONF}/whereabouts.d/${name}`);
  put(`${BIN}/whereabouts`);
  await run();
  expect(names(`${CONF}/whereabouts.d`)).toEqual(whereabouts.toSorted());
  expect(names(BIN)).toEqual(["whereabouts"]);
  const kept = await run(LATER, { whereabouts: true });
  expect(names(BIN)).toEqual(["whereabouts"]);
  expect(kept.kept.map(({ path }) => path)).toContain(`${BIN}/whereabouts`);
  put(`${CONF}/whereabouts.d/notes`);
  await run(LONG_AGO, { whereabouts: true });
  expect(names(`${CONF}/whereabouts.d`)).toEqual(["notes"]);
  rmSync(join(root, CONF, "whereabouts.d/notes"));
  const report = await run(LONG_AGO, { whereabouts: true });
  expect(report.problems).toEqual([]);
  expect([names(CONF), names(BIN)]).toEqual([[], []]);
});

it("follows no link in place of whereabouts' directory or program", async () => {
  put("/elsewhere/whereabouts.conf");
  symlinkSync(join(root, "elsewhere"), join(root, CONF, "whereabouts.d"));
  symlinkSync(join(root, "elsewhere/whereabouts.conf"), join(root, BIN, "whereabouts"));
  await run(LONG_AGO, { whereabouts: true });
  expect(names("/elsewhere")).toEqual(["whereabouts.conf"]);
  expect(names(BIN)).toEqual(["whereabouts"]);
});
