import { expect, it } from "vitest";
import { checkNetworkConfig } from "../cni/check.ts";
import { networkData, networkDetails, networksTable, type ShownNetwork } from "./networks.ts";

const base = { namespace: "shop", name: "lan", plugins: "macvlan/host-local", findings: [] };
const condition = (type: string, status: "True" | "False", message: string) => ({
  type,
  status,
  lastTransitionTime: "2026-11-24T12:00:00Z",
  reason: "PodsFailing",
  message,
});
const reported: ShownNetwork = {
  ...base,
  report: {
    conditions: [
      condition("Valid", "True", "it can be read"),
      condition("Available", "False", "3 pods fail"),
    ],
    pods: {
      requesting: 5,
      attached: 2,
      pending: 0,
      failed: 2,
      bypassed: 1,
      partial: 0,
      restartNeeded: 0,
      forbidden: 0,
    },
    nodesLacking: [{ node: "node-2", lacks: ["plugin macvlan"] }],
  },
};
const unreported: ShownNetwork = {
  ...base,
  name: "typo",
  findings: checkNetworkConfig('{"cniVersion": "0.3.1", "type": "macvlan", "mode": "brige"}'),
  outcomes: [
    { kind: "failed", evidence: "", attachments: [] },
    { kind: "not-applicable", evidence: "", attachments: [] },
  ],
};

it("takes the operator's report, and checks itself if there is none", () => {
  const text = networksTable([reported, unreported], { namespaces: true, wide: false });
  expect(text).toBe(`NAMESPACE   NAME   PLUGINS              VALID   AVAILABLE   PODS   ATTACHED   FAILING
shop        lan    macvlan/host-local   True    False       5      2          3
shop        typo   macvlan/host-local   False   -           1      0          1
`);
  expect(networksTable([reported], { namespaces: false, wide: true })).toContain("3 pods fail");
});

it("shows all of one", () => {
  expect(networkDetails(reported)).toContain("  node-2 lacks plugin macvlan\n");
  expect(networkDetails(unreported)).toMatch(
    / {2}error \(line 1 column \d+\): mode must be one of .*"bridge"\?\)/,
  );
});

it("shows a range with the node that uses most of it, if each node allocates from it", () => {
  const range = { range: "10.0.0.1-10.0.0.9", ipam: "host-local", size: 9, used: 2, free: 7, perNode: true };
  const textOf = (ranges: object[]) =>
    networkDetails({ ...base, report: { ranges } as NonNullable<ShownNetwork["report"]> });
  expect(textOf([{ ...range, node: "n1" }])).toContain("(host-local): 2 of 9 used on n1, the fullest node\n");
  expect(textOf([{ ...range, used: 0 }])).toContain("0 of 9 used on each node\n");
  expect(textOf([{ ...range, perNode: false }])).toContain("2 of 9 used\n");
});

it("shows each finding of one once", () => {
  const { findings } = unreported;
  const message = findings.map(({ path, message: text }) => `${path} ${text}`).join("; ");
  const conditions = [condition("Valid", "False", message), condition("Available", "False", message)];
  const text = networkDetails({ ...unreported, report: { conditions } });
  expect(text).toMatch(/ {2}Valid: False, 1 error\n {2}Available: False\n/);
  expect(text.match(/did you mean "bridge"/g)).toHaveLength(1);
});

it("lets no tenant's text reach the terminal as it is", () => {
  const hostile = {
    ...base,
    plugins: "x\u001b[2J",
    report: { nodesLacking: [{ node: "n", lacks: ["\u009b31m"] }] },
  };
  expect(networkDetails(hostile)).toBe("shop/lan: x\\x1b[2J\n  n lacks \\x9b31m\n");
});

it("gives scripts numbers, and null if nothing was inspected", () => {
  expect(networkData(reported)).toMatchObject({ valid: "True", available: "False", pods: 5, failing: 3 });
  expect(networkData(base)).toMatchObject({ valid: "True", available: "Unknown", pods: null, report: null });
});

it("counts a pod that fails because of another network as the operator's report does", () => {
  const waits: ShownNetwork = {
    ...base,
    outcomes: [
      { kind: "failed", network: "shop/other", evidence: "", attachments: [] },
      { kind: "partial", network: "shop/other", evidence: "", attachments: [] },
      { kind: "failed", network: "shop/lan", evidence: "", attachments: [] },
    ],
  };
  expect(networkData(waits)).toMatchObject({ pods: 3, attached: 1, failing: 1 });
});

it("calls a network that was not read neither valid nor invalid", () => {
  const findings = checkNetworkConfig(`{"x":"${"x".repeat(70_000)}"}`);
  expect(networkData({ ...base, findings })).toMatchObject({ valid: "Unknown" });
});
