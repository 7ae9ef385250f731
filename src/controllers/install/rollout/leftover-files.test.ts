import { describe, expect, it } from "vitest";
import type { NodeInspection } from "../../../crds/node-inspection.ts";
import { nodeFilesOf } from "../../../multus/node-files.ts";
import { earlierFiles } from "./leftover-files.ts";

const PLACES = { confDir: "/etc/cni/net.d", binDir: "/opt/cni/bin" };
const BIN = "/opt/cni/bin";

function look(
  confs: Record<string, string>,
  multusFiles: string[],
  leftovers: string[] = [],
): NodeInspection {
  const confFiles = Object.entries(confs).map(([name, type]) => ({ name, pluginTypes: [type] }));
  const more = { binaries: [], interfaces: [], leftovers, truncated: [] };
  return { node: "a", at: "2026-11-24T12:00:00Z", architecture: "amd64", confFiles, multusFiles, ...more };
}

describe("what an earlier Multus left", () => {
  const thin = look({ "00-multus.conf": "multus", "10-calico.conflist": "calico" }, [
    ...["/etc/cni/net.d/00-multus.conf", "/etc/cni/net.d/multus.d", `${BIN}/multus`, `${BIN}/passthru`],
  ]);

  it("is nothing beside the one that wrote it all", () => {
    expect(earlierFiles(thin, nodeFilesOf("v4-thin"), PLACES, false)).toEqual([]);
  });

  it("is what the flavour that runs does not have", () => {
    expect(earlierFiles(thin, nodeFilesOf("v3"), PLACES, false)).toEqual([`${BIN}/passthru`]);
    expect(earlierFiles(thin, nodeFilesOf("v4-thick"), PLACES, false)).toEqual([
      "/etc/cni/net.d/multus.d",
      `${BIN}/multus`,
    ]);
  });

  it("is a second configuration, also where the runtime calls old programs", () => {
    const two = look({ "00-multus.conf": "multus", "00-multus.conflist": "multus" }, [`${BIN}/multus-shim`]);
    const second = "/etc/cni/net.d/00-multus.conflist";
    expect(earlierFiles(two, nodeFilesOf("v4-thin"), PLACES, false)).toEqual([second, `${BIN}/multus-shim`]);
    expect(earlierFiles(two, nodeFilesOf("v4-thin"), PLACES, true)).toEqual([second]);
  });

  it("is a copy that a killed installer did not finish, on every runtime", () => {
    const copy = `${BIN}/multus.temp123456`;
    const left = [
      copy,
      `${BIN}/other.temp1`,
      "/usr/lib/cni/multus.temp1",
      "/etc/cni/net.d/10-a.conflist.old",
    ];
    const killed = look({ "00-multus.conf": "multus" }, [`${BIN}/multus`], left);
    expect(earlierFiles(killed, nodeFilesOf("v4-thin"), PLACES, false)).toEqual([copy]);
    expect(earlierFiles(killed, nodeFilesOf("v4-thin"), PLACES, true)).toEqual([copy]);
  });

  it("is no program of that name in another directory", () => {
    const other = look({ "00-multus.conf": "multus" }, ["/usr/lib/cni/multus-shim"]);
    expect(earlierFiles(other, nodeFilesOf("v4-thin"), PLACES, false)).toEqual([]);
  });
});
