import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ForbiddenPath } from "./errors.ts";
import { Host } from "./host.ts";
import { inspect } from "./inspect.ts";

const CONF = "/etc/cni/net.d";
const BIN = "/opt/cni/bin";
let root: string;
let host: Host;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "host-"));
  for (const directory of [CONF, BIN, "/links/eth0", "/links/bond0", "/links/cali0123456789a", "/links/lo"])
    mkdirSync(join(root, directory), { recursive: true });
  host = new Host(root);
});
afterEach(() => rmSync(root, { recursive: true }));

const put = (path: string, content: string, mode = 0o644) =>
  writeFileSync(join(root, path), content, { mode });
const look = () =>
  inspect({
    node: "node-1",
    host,
    confDir: CONF,
    binDirs: [BIN],
    linksDir: join(root, "links"),
    now: new Date("2026-11-24T12:00:00Z"),
  });

describe("the host's files", () => {
  it.each([
    "/etc/passwd",
    "/",
    "/etc/cni",
    "/etc/cni/net.d/../../passwd",
    "/etc/cni/net.d/./x",
    "etc/cni/net.d",
    "/etc/cni/net.dx",
    "/run/multus\0",
  ])("are out of reach at %j", (path) => expect(() => host.inside(path)).toThrow(ForbiddenPath));

  it("are read without following a link, waiting for a pipe's writer, or without end", async () => {
    put("/secret", "secret");
    symlinkSync(join(root, "secret"), join(root, CONF, "link"));
    execFileSync("mkfifo", [join(root, CONF, "pipe")]);
    put(`${CONF}/endless`, "");
    truncateSync(join(root, CONF, "endless"), 1e12);
    mkdirSync(join(root, CONF, "directory"));
    for (const name of ["link", "pipe", "endless", "directory", "absent"])
      expect(await host.text(`${CONF}/${name}`, 1024)).toBeUndefined();
  });
});

describe("a look at a node", () => {
  it("tells which file is the primary network's, and what Multus left", async () => {
    const claims = Buffer.from(JSON.stringify({ exp: 1795521600 })).toString("base64url");
    put(
      `${CONF}/10-calico.conflist`,
      '{"cniVersion":"0.3.1","name":"k8s-pod-network","plugins":[{"type":"calico"}]}',
    );
    put(`${CONF}/00-multus.conf`, '{"name":"multus-cni-network","type":"multus"}');
    put(`${CONF}/00-multus.conflist`, '{"name":"multus-cni-network","plugins":[{"type":"multus"}]}');
    put(`${CONF}/05-cilium.conflist.cilium_bak`, "{}");
    put(`${CONF}/calico-kubeconfig`, "");
    mkdirSync(join(root, CONF, "multus.d"));
    put(`${CONF}/multus.d/multus.kubeconfig`, `    token: "e30.${claims}.c2ln"\n`);
    put(`${BIN}/bridge`, "#!", 0o755);
    put(`${BIN}/multus`, "#!", 0o755);
    put(`${BIN}/README`, "text");
    put(`${BIN}/multus.temp4711`, "half a program");
    symlinkSync("/elsewhere/cni", join(root, BIN, "linked"));
    const found = await look();
    expect(found).toEqual({
      node: "node-1",
      at: "2026-11-24T12:00:00.000Z",
      architecture: expect.any(String),
      confFiles: [
        { name: "00-multus.conf", networkName: "multus-cni-network", pluginTypes: ["multus"] },
        { name: "00-multus.conflist", networkName: "multus-cni-network", pluginTypes: ["multus"] },
        {
          name: "10-calico.conflist",
          networkName: "k8s-pod-network",
          pluginTypes: ["calico"],
          cniVersion: "0.3.1",
        },
      ],
      primary: { file: "10-calico.conflist", networkName: "k8s-pod-network" },
      binaries: [{ name: "bridge" }, { name: "linked" }, { name: "multus" }],
      interfaces: ["bond0", "eth0", "lo"],
      multusFiles: [
        `${CONF}/00-multus.conf`,
        `${CONF}/00-multus.conflist`,
        `${CONF}/multus.d`,
        `${BIN}/multus`,
      ],
      leftovers: [
        `${CONF}/00-multus.conflist`,
        `${CONF}/05-cilium.conflist.cilium_bak`,
        `${BIN}/multus.temp4711`,
      ],
      kubeconfig: { expires: "2026-11-24T12:00:00.000Z" },
      truncated: [],
    });
    expect(JSON.stringify(found)).not.toContain(claims);
  });

  it("finds nothing on a node without CNI", async () => {
    rmSync(join(root, CONF), { recursive: true });
    expect(await look()).toMatchObject({ confFiles: [], binaries: [], multusFiles: [] });
    expect(await look()).not.toHaveProperty("primary");
  });
});
