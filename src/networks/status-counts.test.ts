import { expect, test } from "vitest";
import { multusInstallStatus } from "../crds/multus-install/status.ts";
import { networkStatusFrom } from "./status-counts.ts";
import { summaryOf, summed } from "./summary.ts";

const summary = summaryOf(
  [],
  summed([
    { pod: "a/1", kind: "attached" },
    { pod: "a/2", kind: "restart-needed", evidence: "changed" },
    { pod: "a/3", kind: "bypassed", evidence: "runs" },
    { pod: "a/4", kind: "missing-network", evidence: "gone" },
    { pod: "a/5", kind: "pending" },
    { pod: "a/6", kind: "not-applicable" },
  ]),
);

test("failing pods are those that do not have what they asked for; the rest is attached or pending", () => {
  const { pods, networks } = networkStatusFrom(summary, {});
  expect(pods).toMatchObject({ requesting: 5, failing: 2, attached: 2, restartNeeded: 1, pending: 1 });
  expect(pods?.samples?.map(({ pod }) => pod)).toEqual(["a/3", "a/4", "a/2"]);
  expect(multusInstallStatus.safeParse({ networks, pods }).error).toBeUndefined();
});

test("what a previous operator saw stays until this one has seen everything", () => {
  const before = networkStatusFrom(summary, {});
  expect(networkStatusFrom(undefined, before)).toEqual(before);
  expect(networkStatusFrom(undefined, {})).toEqual({});
});
