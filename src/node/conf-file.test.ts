import { describe, expect, it } from "vitest";
import { byName, isMultusTemporary, parseConfFile, primaryOf } from "./conf-file.ts";

describe("parseConfFile", () => {
  it.each([
    ["a plugin", '{"name":"n","type":"multus"}', ["multus"], true],
    ["a conflist", '{"name":"n","plugins":[{"type":"multus"}]}', ["multus"], true],
    ["the daemon's shim", '{"name":"n","type":"multus-shim"}', ["multus-shim"], true],
    ["Calico", '{"name":"n","plugins":[{"type":"calico"},{"type":"portmap"}]}', ["calico", "portmap"], false],
    ["plugins that are none", '{"name":"n","plugins":[null,1,{"type":2}]}', undefined, false],
  ])("knows %s by its content", (_, text, pluginTypes, isMultus) => {
    expect(parseConfFile("x.conf", text)).toEqual({
      name: "x.conf",
      networkName: "n",
      isMultus,
      ...(pluginTypes ? { pluginTypes } : {}),
    });
  });

  it("knows what v3 leaves when it ends", () => {
    const text = "{Multus configuration intentionally invalidated to prevent pods from being scheduled.}";
    expect(parseConfFile("00-multus.conf", text).isMultus).toBe(true);
  });

  it.each([undefined, "", "null", "[]", "{", "\u0000"])("takes %j for nothing", (text) => {
    expect(parseConfFile("x.conf", text)).toEqual({ name: "x.conf", isMultus: false });
  });

  it("hands on no control characters and no long names", () => {
    const { networkName } = parseConfFile("x", JSON.stringify({ name: `a\n${"b".repeat(9999)}` }));
    expect(networkName).toMatch(/^a\?b+$/);
    expect(networkName).toHaveLength(253);
  });
});

describe("primaryOf", () => {
  const file = (name: string, isMultus = false) => ({ name, isMultus });
  it.each([
    [[file("00-multus.conf", true), file("10-calico.conflist")], "10-calico.conflist"],
    [[file("05-first.json"), file("10-bridge.conf")], "10-bridge.conf"],
    [[file("00-multus.conf", true), file("70-multus.conf", true)], undefined],
    [[], undefined],
  ])("of %j is %s", (files, expected) => expect(primaryOf(files)?.name).toBe(expected));
});

it("sorts by bytes", () =>
  expect(["b", "B", "10-a", "00-z"].toSorted(byName)).toEqual(["00-z", "10-a", "B", "b"]));

it.each([
  ["00-multus.conf.new", true],
  ["00-multus.conf.temp123", true],
  ["_multus4711", true],
  ["passthru.temp9", true],
  ["multus", false],
  ["00-multus.conf", false],
  ["multus.template", false],
])("takes %s for a file that was being written: %s", (name, expected) =>
  expect(isMultusTemporary(name)).toBe(expected),
);
