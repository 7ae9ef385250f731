import { expect, it } from "vitest";
import { parseDefaultNetwork } from "../pod-request/default-network.ts";
import { parseNetworks } from "../pod-request/request.ts";
import { gatewayProblem, gatewayProblemOfDefault } from "./default-route.ts";

const firstWith = (gateway: string[]) => {
  const parsed = parseDefaultNetwork(JSON.stringify([{ name: "first", "default-route": gateway }]));
  if (!parsed.ok) throw new Error(parsed.problem.message);
  return parsed.request;
};
const problem = (gateways: string[][], first?: string[]) => {
  const asked = gateways.map((gateway) => ({ name: "n", "default-route": gateway }));
  const parsed = parseNetworks(JSON.stringify(asked), "ns");
  if (!parsed.ok) throw new Error(parsed.problem.message);
  return gatewayProblem(parsed.requests, first && firstWith(first));
};

it.each([
  [[["10.0.0.1"], ["fd00::1"]], undefined],
  [[["10.0.0.1", "fd00::1"]], undefined],
  [[[], []], undefined],
  [[["10.0.0.1"], ["10.0.0.1"]], "SECOND_DEFAULT_ROUTE"],
  [[["10.0.0.1", "::ffff:10.0.0.2"]], "SECOND_DEFAULT_ROUTE"],
  [[["fd00::1"], ["fd00::2"]], "SECOND_DEFAULT_ROUTE"],
])("takes one default route of each family: %j is %s", (gateways, code) =>
  expect(problem(gateways)?.code).toBe(code),
);

// CheckGatewayConfig gets all delegates, the first of which is the pod's default network.
it.each([
  [[["10.0.0.1"]], ["fd00::1"], false],
  [[["10.0.0.1"]], [], false],
  [[[]], ["10.0.0.1"], false],
  [[["10.0.0.1"]], ["10.0.0.2"], true],
  [[["fd00::1"]], ["10.0.0.2", "fd00::2"], true],
])("counts the default network of the pod: %j and %j", (gateways, first, isSecond) => {
  const found = problem(gateways, first);
  expect(found?.code).toBe(isSecond ? "SECOND_DEFAULT_ROUTE" : undefined);
  if (isSecond)
    expect(found?.message).toContain(
      'gateway in "default-route", together with that of v1.multus-cni.io/default-network: Multus sets one',
    );
});

it("names the default network only if it is part of the mistake", () => {
  expect(problem([["10.0.0.1"], ["10.0.0.2"]], [])?.message).not.toContain("together");
  expect(problem([[]], ["10.0.0.1", "10.0.0.2"])?.message).not.toContain("together");
});

// TryLoadPodDelegates checks gateways only if the pod requests further networks; then SetDefaultGW meets EEXIST.
it.each([
  [["10.0.0.1", "fd00::1"], "v4.3.0", undefined],
  [["10.0.0.1", "10.0.0.2"], "v4.3.0", "warning: Multus sets the first only"],
  [["10.0.0.1", "10.0.0.2"], "v4.2.2", "warning: Multus sets the first only"],
  [["10.0.0.1", "10.0.0.2"], "v4.2.1", "error: with Multus v4.2.1, the kernel rejects the second"],
  [
    ["10.0.0.1", "10.0.0.2"],
    undefined,
    "warning: Multus sets the first only, and before v4.2.2 the pod does not start",
  ],
])("without further networks, %j with Multus %s: %s", (gateways, version, result) => {
  const found = gatewayProblemOfDefault(firstWith(gateways), version);
  expect(found && `${found.severity}: ${found.message.replace(/^.*?"default-route": /, "")}`).toBe(result);
});
