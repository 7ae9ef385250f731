import { expect, it } from "vitest";
import type { NodeInspection } from "../../../crds/node-inspection.ts";
import { installOf, multusPod, readyNode } from "../observe/observed.fixture.ts";
import { leftoversRequest } from "./leftovers.ts";

const DS = "kube-multus-ds";
const NODES = ["a", "b", "down", "starting", "unseen"];
const inspected = (node: string): NodeInspection | undefined =>
  node === "unseen"
    ? undefined
    : {
        ...{ node, at: "2026-11-24T12:00:00Z", architecture: "amd64", binaries: [], interfaces: [] },
        ...{ leftovers: [], truncated: [] },
        confFiles: [{ name: "00-multus.conf", pluginTypes: ["multus"] }],
        multusFiles: node === "b" ? ["/opt/cni/bin/multus-shim"] : [],
      };

function request(previous?: { confDir?: string; binDir?: string }) {
  const pods = NODES.map((node) => multusPod(node, DS, { ready: node !== "starting" }));
  const nodes = NODES.map((name) => ({ ...readyNode(name), keepsCalls: false, reachable: name !== "down" }));
  const { nodes: found, ...rest } = leftoversRequest(
    installOf({ mode: "Thin" }),
    { daemonSets: [DS], revision: "r", since: "2026-01-01T00:00:00Z", previous },
    pods,
    nodes,
    inspected,
  );
  return { ...rest, nodes: found.map(({ name }) => name) };
}

it("cleans the nodes on which an inspection shows something, of those that run the new Multus", () => {
  const found = request();
  expect(found.nodes).toEqual(["b"]);
  expect(found).not.toHaveProperty("previous");
});

it("cleans every node that runs the new Multus of directories that the spec no longer has, once for each change", () => {
  const found = request({ confDir: "/etc/cni/multus" });
  expect(found).toMatchObject({ nodes: ["a", "b"], previous: { confDir: "/etc/cni/multus" } });
  const keys = [request(), found, request({ confDir: "/etc/cni/multus/v3" })].map(({ key }) => key);
  expect(new Set(keys).size).toBe(3);
});
