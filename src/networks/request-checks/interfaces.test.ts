import { expect, it } from "vitest";
import { parseNetworks } from "../pod-request/request.ts";
import { interfaceProblem, networksBefore } from "./interfaces.ts";

function messageOf(annotation: string, before = 0): string | undefined {
  const parsed = parseNetworks(annotation, "apps");
  return parsed.ok ? interfaceProblem(parsed.requests, before)?.message : parsed.problem.code;
}

it("names by position, after the cluster's own network", () => {
  expect(messageOf("a,b@net3,c@net4")).toBeUndefined();
  expect(messageOf("a,b@net1")).toContain('"net1" more than once');
  expect(messageOf("a@net2,b")).toContain('"net2" more than once');
  expect(messageOf("a@eth0")).toContain("that every pod already has");
});

// CmdAdd of 4.3.0: GetDefaultNetworks comes before TryLoadPodDelegates, and getIfname counts all delegates.
it("counts the default networks of the daemon, which every pod has", () => {
  expect(messageOf("a@net2,b", 1)).toBeUndefined();
  expect(messageOf("a@net3,b", 1)).toContain('"net3" more than once');
  expect(messageOf("a@net1", 1)).toContain("that every pod already has");
  expect(messageOf("a@net1,b@net2", 2)).toContain("that every pod already has");
});

it("no default networks in system namespaces", () => {
  const daemon = { defaultNetworks: ["storage", "backup"] };
  expect(networksBefore({ daemon, isolation: {} }, "apps")).toBe(2);
  expect(networksBefore({ daemon, isolation: {} }, "kube-system")).toBe(0);
  expect(networksBefore({ daemon, isolation: { systemNamespaces: ["infra"] } }, "kube-system")).toBe(2);
  expect(networksBefore({ isolation: {} }, "apps")).toBe(0);
  // Delegates are read instead of a clusterNetwork and of default networks (CmdAdd).
  expect(networksBefore({ daemon, isolation: {}, primaryNetwork: { source: "Inline" } }, "apps")).toBe(0);
});
