import { expect, it } from "vitest";
import { readNetwork } from "../cross-checks/network.ts";
import { parseDefaultNetwork } from "../pod-request/default-network.ts";
import { problemsOfDefault } from "./default-network.ts";

function codesOf(annotation: string): string[] {
  const parsed = parseDefaultNetwork(annotation);
  return parsed.ok ? problemsOfDefault(parsed.request).map(({ code }) => code) : [parsed.problem.code];
}

// getIfname of pkg/multus: the requested name goes before that of the runtime, also for the master plugin.
it("an interface for the network in the place of the cluster's own", () => {
  expect(codesOf("infra/lan@net1")).toEqual(["DEFAULT_NETWORK_INTERFACE"]);
  expect(codesOf('[{"name": "lan", "interface": "ext"}]')).toEqual(["DEFAULT_NETWORK_INTERFACE"]);
  expect(codesOf("infra/lan@eth0")).toEqual([]);
  expect(codesOf("infra/lan")).toEqual([]);
});

it("a network without an ipam, from which the pod gets no address", () => {
  const parsed = parseDefaultNetwork("infra/lan");
  const of = (config: object) =>
    parsed.ok &&
    problemsOfDefault(
      parsed.request,
      readNetwork({ namespace: "infra", name: "lan", config: JSON.stringify(config) }),
    ).map(({ severity, code }) => `${severity} ${code}`);
  expect(of({ type: "macvlan" })).toEqual(["error DEFAULT_NETWORK_WITHOUT_ADDRESS"]);
  expect(of({ type: "macvlan", ipam: { type: "static" } })).toEqual([]);
  expect(of({ type: "ovn-k8s-cni-overlay" })).toEqual([]);
});

// mergeCNIRuntimeConfig of pkg/types: the master plugin gets what the runtime gives, and nothing of the request.
it("what Multus passes only to further networks", () => {
  const port = { hostPort: 80, containerPort: 80, protocol: "tcp" };
  expect(codesOf(JSON.stringify([{ name: "lan", portMappings: [port], bandwidth: {} }]))).toEqual([
    "IGNORED",
    "IGNORED",
  ]);
  expect(codesOf('[{"name": "lan", "ips": ["10.0.0.5/24"], "mac": "02:00:00:00:00:01"}]')).toEqual([]);
});
