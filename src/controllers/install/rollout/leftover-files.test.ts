import { describe, expect, it } from "vitest";
import type { NodeInspection } from "../../../crds/node-inspection.ts";
import { nodeFilesOf } from "../../../multus/node-files.ts";
import { leftoverFiles } from "./leftover-files.ts";

const PLACES = { confDir: "/etc/cni/net.d", binDir: "/opt/cni/bin" };
const BIN = "/opt/cni/bin";

function inspection(
  confs: Record<string, string>,
  multusFiles: string[],
  leftovers: string[] = [],
): NodeInspection {
  const confFiles = Object.entries(confs).map(([name, type]) => ({ name, pluginTypes: [type] }));
  const more = { binaries: [], interfaces: [], leftovers, truncated: [] };
  return { node: "a", at: "2026-11-24T12:00:00Z", architecture: "amd64", confFiles, multusFiles, ...more };
}

describe("what a previous Multus left", () => {
  const thin = inspection({ "00-multus.conf": "multus", "10-calico.conflist": "calico" }, [
    ...["/etc/cni/net.d/00-multus.conf", "/etc/cni/net.d/multus.d", `${BIN}/multus`, `${BIN}/passthru`],
  ]);

  it("is nothing beside the one that wrote it all", () => {
    expect(leftoverFiles(thin, nodeFilesOf("v4-thin"), PLACES, false)).toEqual([]);
  });

  it("is what the flavour that runs does not have", () => {
    expect(leftoverFiles(thin, nodeFilesOf("v3"), PLACES, false)).toEqual([`${BIN}/passthru`]);
    expect(leftoverFiles(thin, nodeFilesOf("v4-thick"), PLACES, false)).toEqual([
      "/etc/cni/net.d/multus.d",
      `${BIN}/multus`,
    ]);
  });

  it("is a second configuration, also where the runtime calls old programs", () => {
    const two = inspection({ "00-multus.conf": "multus", "00-multus.conflist": "multus" }, [
      `${BIN}/multus-shim`,
    ]);
    const second = "/etc/cni/net.d/00-multus.conflist";
    expect(leftoverFiles(two, nodeFilesOf("v4-thin"), PLACES, false)).toEqual([second, `${BIN}/multus-shim`]);
    expect(leftoverFiles(two, nodeFilesOf("v4-thin"), PLACES, true)).toEqual([second]);
  });

  it("is a copy that a killed installer did not finish, on every runtime", () => {
    const copy = `${BIN}/multus.temp123456`;
    const left = [
      copy,
      `${BIN}/other.temp1`,
      "/usr/lib/cni/multus.temp1",
      "/etc/cni/net.d/10-a.conflist.old",
    ];
    const killed = inspection({ "00-multus.conf": "multus" }, [`${BIN}/multus`], left);
    expect(leftoverFiles(killed, nodeFilesOf("v4-thin"), PLACES, false)).toEqual([copy]);
    expect(leftoverFiles(killed, nodeFilesOf("v4-thin"), PLACES, true)).toEqual([copy]);
  });

  it("is no program of that name in another directory", () => {
    const other = inspection({ "00-multus.conf": "multus" }, ["/usr/lib/cni/multus-shim"]);
    expect(leftoverFiles(other, nodeFilesOf("v4-thin"), PLACES, false)).toEqual([]);
  });
});
