import { expect, it } from "vitest";
import { parsedInstall } from "../../../crds/multus-install/parsed-install.ts";
import type { NodeInspection } from "../../../crds/node-inspection.ts";
import { pluginsFindings, pluginsRequest } from "./plugins-plan.ts";

const IMAGE = "registry.example/cni-plugins:v1.9.1";
const NAMED = { registry: "registry.example", repository: "cni-plugins" };
const install = (plugins: object = {}) =>
  parsedInstall({ plugins: { install: "Missing", image: NAMED, ...plugins } });

function seen(node: string, programs: string[], more: Partial<NodeInspection> = {}): NodeInspection {
  const lists = { confFiles: [], interfaces: [], multusFiles: [], leftovers: [], truncated: [] };
  const binaries = programs.map((name) => ({ name }));
  return { node, at: "2026-11-24T12:00:00Z", architecture: "amd64", ...lists, binaries, ...more };
}

const nodesOf = (needed: string[], inspections: NodeInspection[], plugins = {}) =>
  Object.fromEntries(pluginsRequest(install(plugins), needed, inspections).nodes);

it("asks for what is needed and not there, on each node", () => {
  const nodes = [seen("a", ["macvlan", "static"]), seen("b", ["static"]), seen("c", [])];
  expect(nodesOf(["macvlan", "static"], nodes)).toEqual({ b: ["macvlan"], c: ["macvlan", "static"] });
  expect(nodesOf([], nodes)).toEqual({});
});

it("asks for nothing on a node of which it is not known what it has", () => {
  expect(nodesOf(["macvlan"], [])).toEqual({});
  expect(nodesOf(["macvlan"], [seen("a", [], { truncated: ["binaries"] })])).toEqual({});
});

it("replaces what is of another image, needed or not, and of an installation that did not finish", () => {
  const own = (image: string) => seen("a", ["tap", "vrf"], { plugins: { image, installed: ["vrf", "tap"] } });
  expect(nodesOf([], [own(IMAGE)])).toEqual({});
  expect(nodesOf([], [own("registry.example/plugins:v1.9.0")])).toEqual({ a: ["tap", "vrf"] });
  expect(nodesOf(["macvlan"], [own("")])).toEqual({ a: ["macvlan", "tap", "vrf"] });
  expect(nodesOf([], [own(IMAGE)], { image: { ...NAMED, tag: "v1.9.2" } })).toEqual({ a: ["tap", "vrf"] });
});

it("names the image by its parts, or by its digest", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  const of = (image: object) =>
    pluginsRequest(install({ image: { ...NAMED, ...image } }), [], []).image.reference;
  expect(of({})).toBe(IMAGE);
  expect(of({ registry: "192.168.1.222:80", repository: "kube-ovn/cni-plugins", tag: "x" })).toBe(
    "192.168.1.222:80/kube-ovn/cni-plugins:x",
  );
  expect(of({ digest, tag: "x" })).toBe(`registry.example/cni-plugins@${digest}`);
});

it("shows which nodes failed and why, each message and list within the status' bounds", () => {
  const failed = Array.from({ length: 30 }, (_, i) => ({ node: `n${i}`, message: "x".repeat(5000) }));
  const nodes = failed.map(({ node }) => seen(node, []));
  const request = pluginsRequest(install(), ["macvlan"], nodes);
  const { status, warnings } = pluginsFindings(request, ["macvlan"], nodes, { pending: 0, failed });
  expect(status).toMatchObject({ image: IMAGE, needed: ["macvlan"], nodesInspected: 30, failedTotal: 30 });
  expect(status.failed).toHaveLength(20);
  expect(status.failed?.[0]?.message).toHaveLength(1024);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatch(
    /^CNI plugins \(spec\.plugins\) could not be installed on 30 nodes, and the operator retries: n0: x/,
  );
  expect(pluginsFindings(request, [], nodes, { pending: 1, failed: [] }).warnings).toEqual([]);
});
