import { expect, it } from "vitest";
import { parseNetworks } from "../pod-request/request.ts";
import { problemsOfRelease } from "./release.ts";

function codesOf(annotation: string, version: string | undefined): string[] {
  const parsed = parseNetworks(annotation, "apps");
  return parsed.ok
    ? problemsOfRelease(annotation, parsed.requests, version).map(
        ({ severity, code }) => `${severity} ${code}`,
      )
    : [parsed.problem.code];
}

// parsePodNetworkObjectName of pkg/k8sclient: the pattern of names held for interfaces too, from v3.4 to v4.0.2.
it.each(["lan@net_1", "lan@eth1.100", "lan@Net1", "a,b@net-"])(
  "the interface of %s is rejected before v4.1.0 in the short form",
  (annotation) => {
    for (const version of ["v3.4.2", "v3.9.3", "v4.0.2"])
      expect(codesOf(annotation, version)).toEqual(["error BAD_INTERFACE"]);
    expect(codesOf(annotation, "v4.1.0")).toEqual([]);
    expect(codesOf(annotation, undefined)).toEqual([]);
  },
);

it("an interface that every release reads", () => {
  expect(codesOf("lan@net1,lan@net-2,lan", "v3.4.2")).toEqual([]);
  expect(codesOf('[{"name": "lan", "interface": "net_1"}]', "v3.4.2")).toEqual([]);
});

// types.NetworkSelectionElement of v3.4.2, v3.6 and v3.7; conf.go of v3.8 appends the gateways to none.
it("what an earlier release does not read", () => {
  const guid = '[{"name": "ib", "infiniband-guid": "00:11:22:33:44:55:66:77"}]';
  expect(codesOf(guid, "v3.4.2")).toEqual(["warning UNKNOWN_FIELD"]);
  expect(codesOf(guid, "v3.6")).toEqual([]);
  const device = '[{"name": "vf", "deviceID": "0000:65:00.2"}]';
  expect(codesOf(device, "v3.6")).toEqual(["warning UNKNOWN_FIELD"]);
  expect(codesOf(device, "v3.7")).toEqual([]);
  const route = '[{"name": "lan", "default-route": []}]';
  expect(codesOf(route, "v3.8")).toEqual(["warning IGNORED"]);
  expect(codesOf(route, "v3.9")).toEqual([]);
  expect(codesOf('[{"name": "lan", "default-route": ["10.0.0.1"]}]', "v3.4.2")).toEqual([]);
});
