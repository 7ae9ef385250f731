import { expect, it } from "vitest";
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

// mergeCNIRuntimeConfig of pkg/types: the master plugin gets what the runtime gives, and nothing of the request.
it("what Multus passes only to further networks", () => {
  const port = { hostPort: 80, containerPort: 80, protocol: "tcp" };
  expect(codesOf(JSON.stringify([{ name: "lan", portMappings: [port], bandwidth: {} }]))).toEqual([
    "IGNORED",
    "IGNORED",
  ]);
  expect(codesOf('[{"name": "lan", "ips": ["10.0.0.5/24"], "mac": "02:00:00:00:00:01"}]')).toEqual([]);
});
