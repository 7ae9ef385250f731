import { expect, it } from "vitest";
import type { NodeInspection } from "../../../crds/node-inspection.ts";
import { installOf, multusPod, readyNode } from "../observe/observed.fixture.ts";
import { leftoverProgress, leftoversRequest, nodesWithoutMultus } from "./leftovers.ts";

const DS = "kube-multus-ds";
const NODES = ["a", "b", "down", "failing", "starting", "unseen"];
const inspected = (node: string): NodeInspection | undefined =>
  ["unseen", "failing"].includes(node)
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
    { found: inspected, failures: new Map([["failing", "no pull secret"]]) },
  );
  return { ...rest, nodes: found.map(({ name }) => name) };
}

it("cleans the nodes on which an inspection shows something, of those that run the new Multus", () => {
  const found = request();
  expect(found.nodes).toEqual(["b"]);
  expect(found).not.toHaveProperty("previous");
});

it("cleans every node of directories that the spec no longer has, once for each change", () => {
  const found = request({ confDir: "/etc/cni/multus" });
  expect(found).toMatchObject({ previous: { confDir: "/etc/cni/multus" } });
  // None is taken for clean because it does not answer, or because it could not be inspected or was not inspected yet.
  expect(found.nodes).toEqual(NODES);
  expect([...found.busy]).toEqual(["starting", "unseen"]);
  const keys = [request(), found, request({ confDir: "/etc/cni/multus/v3" })].map(({ key }) => key);
  expect(new Set(keys).size).toBe(3);
});

it("names the nodes that have no pod of the spec's Multus, and could run one", () => {
  const nodes = ["a", "ending", "other", "none"].map(readyNode);
  const windows = { ...readyNode("windows"), runsMultus: false };
  const pods = [
    multusPod("a", DS),
    multusPod("ending", DS, { terminating: true }),
    multusPod("other", "kube-multus-ds-amd64"),
  ];
  const found = nodesWithoutMultus([DS], pods, [...nodes, windows]);
  expect(found.map(({ name }) => name)).toEqual(["other", "none"]);
});

it("warns of previous directories that a runtime seems to read, and does not try again", () => {
  const reason = "/etc/cni/multus has configurations of other plugins, and /etc/cni/net.d has none";
  const found = leftoverProgress({ total: 1, cleaned: 1, left: [], kept: [{ node: "a", reason }] });
  expect(found).toEqual({
    ...{ unclean: 0, failed: 0, kept: 1 },
    warnings: [
      `a previous CNI directory was not cleaned on 1 node, because the container runtime seems to read it (check spec.distribution, spec.cni.confDir and spec.cni.binDir): a: ${reason}`,
    ],
  });
});
