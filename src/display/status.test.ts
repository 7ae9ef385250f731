import { expect, it } from "vitest";
import type { OutcomeKind } from "../networks/outcome.ts";
import { isReady, type ShownStatus, statusData, statusText } from "./status.ts";

const at = "2026-11-24T12:00:00Z";

function pod(name: string, kind: OutcomeKind): NonNullable<ShownStatus["pods"]>[number] {
  return { namespace: "shop", name, node: "node-1", outcome: { kind, evidence: "", attachments: [] } };
}

const shown: ShownStatus = {
  install: {
    name: "multus",
    generation: 2,
    status: {
      observedGeneration: 2,
      conditions: [
        {
          type: "Ready",
          status: "False",
          observedGeneration: 2,
          lastTransitionTime: at,
          reason: "NodesUnhealthy",
          message: "Multus runs on 1 of 2 nodes",
        },
        { type: "Stalled", status: "False", lastTransitionTime: at, reason: "Settled", message: "" },
      ],
      version: "v4.3.0",
      mode: "Thin",
      image: "example/multus:v4.3.0",
      nodes: {
        desired: 2,
        updated: 2,
        available: 1,
        unhealthyTotal: 1,
        unhealthy: [
          { node: "node-2", reason: "OOMKilled", message: "Multus was killed\nfor want of memory" },
        ],
      },
    },
  },
  others: ["second"],
  networks: { total: 3, invalid: ["shop/lan"] },
  pods: [pod("a", "attached"), pod("b", "bypassed"), pod("c", "attached"), pod("d", "pending")],
};

it("shows the install, the nodes, the networks and the pods, each on its line", () => {
  expect(statusText(shown)).toBe(`MultusInstall  multus
  Ready        False, NodesUnhealthy: Multus runs on 1 of 2 nodes
  Stalled      False, Settled
  Multus       v4.3.0 Thin, example/multus:v4.3.0
  Nodes        2 desired, 2 updated, 1 available
               node-2 OOMKilled: Multus was killed for want of memory
  No effect    second, since multus is older
Networks       3
  Invalid      1: shop/lan
Pods           4 ask for networks
               2 attached
               1 pending
               1 bypassed
  Look at      shop/b
  with         kubectl multus explain POD -n NAMESPACE; all of them: kubectl multus pods -A --failing
`);
});

it("counts for scripts", () => {
  expect(statusData(shown)).toMatchObject({
    ready: false,
    networks: { total: 3, invalid: ["shop/lan"] },
    pods: { requesting: 4, attached: 2, bypassed: 1, pending: 1, failing: ["shop/b"] },
  });
});

it("is ready only for the spec as it is now", () => {
  const ready = (observedGeneration: number): ShownStatus => ({
    ...shown,
    install: {
      name: "multus",
      generation: 2,
      status: {
        conditions: [
          {
            type: "Ready",
            status: "True",
            observedGeneration,
            lastTransitionTime: at,
            reason: "Available",
            message: "",
          },
        ],
      },
    },
  });
  expect(isReady(ready(2))).toBe(true);
  expect(isReady(ready(1))).toBe(false);
  expect(isReady({ ...shown, install: undefined })).toBe(false);
  expect(statusText(ready(1))).toContain("the operator has not looked at it since its last change");
});
