import { spawnSync } from "node:child_process";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { CNI_VERSIONS, isAtLeast } from "../../src/cni/context.ts";
import { newestCniVersion } from "../../src/cni/spoken-version.ts";
import { goProgram } from "../../src/node/go-build-info.ts";
import { binary } from "../cluster/binaries.ts";

/** What is concluded from build information and from a Multus release, against what the real programs answer. */

const root = process.getuid?.() === 0;

function run(program: string, input: object, env: Record<string, string>): string {
  const { stdout } = spawnSync(program, { input: JSON.stringify(input), env, encoding: "utf8" });
  return stdout;
}

async function builtFor(path: string): Promise<string | undefined> {
  await using file = await open(path);
  return (await goProgram(file)).cniVersion;
}

it.each(["bridge", "macvlan", "host-local", "dhcp", "vrf", "firewall", "multus", "multus-shim", "multus-v3"])(
  "reads from %s the newest CNI version that it answers to VERSION",
  async (name) => {
    const path = await binary(name);
    const answer = run(path, { cniVersion: "0.3.1" }, { CNI_COMMAND: "VERSION" });
    const { supportedVersions } = JSON.parse(answer) as { supportedVersions: string[] };
    expect(await builtFor(path)).toBe(supportedVersions.at(-1));
  },
);

it("takes a plugin that supports fewer than its library for no older one", async () => {
  const path = await binary("calico");
  const answer = run(path, { cniVersion: "0.3.1" }, { CNI_COMMAND: "VERSION" });
  const { supportedVersions } = JSON.parse(answer) as { supportedVersions: string[] };
  expect([supportedVersions.at(-1), await builtFor(path)]).toEqual(["1.0.0", "1.1.0"]);
});

it("is rejected by a program that is older than the configuration", async () => {
  const env = {
    CNI_COMMAND: "ADD",
    CNI_CONTAINERID: "c",
    CNI_NETNS: "/x",
    CNI_IFNAME: "eth0",
    CNI_PATH: "/x",
  };
  const config = { cniVersion: "1.0.0", name: "n", type: "multus-v3" };
  expect(run(await binary("multus-v3"), config, env)).toMatch(/incompatible CNI versions/);
});

/** A namespace with one pod's in it, leases in memory. */
const NODE = `set -e
mount -t tmpfs none /run
mount -t tmpfs none /var/lib
ip link set lo up
ip netns add pod
exec "$0"`;

describe.skipIf(!root)("Multus' delegate", () => {
  it.each([
    ["v3.4.2", "multus-v3"],
    ["v4.3.0", "multus"],
  ])("of %s works up to the CNI version that is known of the release", async (release, program) => {
    const newest = newestCniVersion(release) ?? "";
    const plugins = dirname(await binary("bridge"));
    const path = await binary(program);
    for (const cniVersion of CNI_VERSIONS.slice(CNI_VERSIONS.indexOf("0.3.0"))) {
      const ipam = { type: "static", addresses: [{ address: "10.5.0.5/24" }] };
      const delegate = { cniVersion, name: "primary", plugins: [{ type: "bridge", bridge: "br", ipam }] };
      const { stdout } = spawnSync("unshare", ["-n", "-m", "sh", "-c", NODE, path], {
        input: JSON.stringify({ cniVersion: "0.3.1", name: "m", type: "multus", delegates: [delegate] }),
        env: {
          PATH: process.env.PATH ?? "",
          CNI_COMMAND: "ADD",
          CNI_CONTAINERID: "c",
          CNI_NETNS: "/run/netns/pod",
          CNI_IFNAME: "eth0",
          CNI_PATH: plugins,
          CNI_ARGS: "IgnoreUnknown=1",
        },
        encoding: "utf8",
      });
      if (isAtLeast(newest, cniVersion))
        expect(JSON.parse(stdout)).toMatchObject({ ips: [{ address: "10.5.0.5/24" }] });
      else expect(stdout).toContain(`unsupported CNI result version \\"${cniVersion}\\"`);
    }
  });
});
