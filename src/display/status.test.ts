import { expect, it } from "vitest";
import { isReady, type ShownStatus, statusData, statusText } from "./status.ts";

const at = "2026-11-24T12:00:00Z";

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
      primaryNetwork: {
        files: [{ file: "10-calico.conflist", networkName: "k8s-pod-network", nodes: 1 }],
        nodesLookedAt: 1,
        oldestLook: at,
      },
      nodes: {
        desired: 2,
        updated: 2,
        available: 1,
        unhealthyTotal: 1,
        unhealthy: [{ node: "node-2", reason: "OOMKilled", message: "Multus was\nOOM-killed" }],
      },
    },
  },
  others: ["second"],
  networks: {
    total: 3,
    valid: 2,
    invalid: 1,
    unavailable: 1,
    rangesUsedUp: 0,
    rangesNearlyUsedUp: 0,
    duplicateAddresses: 2,
    samples: [{ network: "shop/lan", reason: "Invalid", message: "mode must be …" }],
  },
  pods: {
    requesting: 4,
    failing: 1,
    bypassed: 1,
    failed: 0,
    missingNetwork: 0,
    forbidden: 0,
    partial: 0,
    attached: 2,
    restartNeeded: 0,
    pending: 1,
    samples: [{ pod: "shop/b", outcome: "bypassed", message: "Multus reported nothing" }],
  },
};

it("shows the install, the nodes, the networks and the pods, each on its line", () => {
  expect(statusText(shown)).toBe(`MultusInstall    multus
  Ready          False, NodesUnhealthy: Multus runs on 1 of 2 nodes
  Stalled        False, Settled
  Multus         v4.3.0 Thin, example/multus:v4.3.0
  Nodes          2 desired, 2 updated, 1 available
                 node-2 OOMKilled: Multus was OOM-killed
  Primary        10-calico.conflist (k8s-pod-network) on 1 node
  No effect      second, since multus is older
Networks         3: 2 valid, 1 invalid
                 2 addresses given twice
                 shop/lan Invalid: mode must be …
  see            kubectl multus networks NAME -n NAMESPACE
Pods             4 ask for networks: 2 attached, 1 pending, 1 bypassed
                 shop/b bypassed: Multus reported nothing
  see            kubectl multus explain POD -n NAMESPACE, kubectl multus pods -A --failing
`);
});

it("gives scripts the same", () => {
  expect(statusData(shown)).toMatchObject({
    ready: false,
    install: { name: "multus", version: "v4.3.0" },
    networks: { total: 3, invalid: 1 },
    pods: { requesting: 4, attached: 2, bypassed: 1 },
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
