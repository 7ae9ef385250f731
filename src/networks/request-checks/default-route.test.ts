import { expect, it } from "vitest";
import { parseNetworks } from "../pod-request/request.ts";
import { gatewayProblem } from "./default-route.ts";

const problem = (...gateways: string[][]) => {
  const asked = gateways.map((gateway) => ({ name: "n", "default-route": gateway }));
  const parsed = parseNetworks(JSON.stringify(asked), "ns");
  return parsed.ok ? gatewayProblem(parsed.requests)?.code : parsed.problem.code;
};

it.each([
  [[["10.0.0.1"], ["fd00::1"]], undefined],
  [[["10.0.0.1", "fd00::1"]], undefined],
  [[[], []], undefined],
  [[["10.0.0.1"], ["10.0.0.1"]], "SECOND_DEFAULT_ROUTE"],
  [[["10.0.0.1", "::ffff:10.0.0.2"]], "SECOND_DEFAULT_ROUTE"],
  [[["fd00::1"], ["fd00::2"]], "SECOND_DEFAULT_ROUTE"],
])("takes one default route of each family: %j is %s", (gateways, code) =>
  expect(problem(...gateways)).toBe(code),
);
