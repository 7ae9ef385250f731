import { expect, it } from "vitest";
import { isReady, type ShownStatus, statusData, statusText } from "./status.ts";

const at = "2026-11-24T12:00:00Z";

const shown: ShownStatus = {
  operator: {
    state: "Running",
    deployment: "multus-operator/multus-operator",
    replicas: 2,
    available: 2,
    version: "0.1.0",
    leader: { alive: true, renewedAt: at, name: "multus-operator-abc" },
  },
  pluginVersion: "0.1.0",
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
        nodesInspected: 1,
        oldestInspection: at,
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
  duplicates: [
    { network: "shop/lan", address: "10.1.1.4", pods: ["shop/a", "shop/b"] },
    { network: "shop/lan", address: "10.1.1.5", pods: ["shop/c"], otherPods: 1 },
  ],
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

it("shows which CNI plugins nodes need, and where they could not be installed", () => {
  const { install } = shown;
  if (!install) throw new Error("no install");
  const rowFor = (plugins: object) => {
    const status = { ...install.status, plugins: { image: "example/p:1", nodesInspected: 3, ...plugins } };
    const text = statusText({ ...shown, install: { ...install, status } } as ShownStatus);
    return text.split("\n").find((line) => line.includes("CNI plugins"));
  };
  expect(rowFor({ pendingTotal: 0, failedTotal: 0 })).toBe(
    "  CNI plugins    none needed (example/p:1); 3 nodes inspected",
  );
  expect(rowFor({ needed: ["macvlan", "static"], pendingTotal: 1, failedTotal: 2 })).toBe(
    "  CNI plugins    macvlan, static from example/p:1; 3 nodes inspected, pending on 1, failed on 2",
  );
  expect(statusText(shown)).not.toContain("CNI plugins");
  const dhcp = { desired: 3, available: 2, unhealthyTotal: 1 };
  const withDhcp = { ...shown, install: { ...install, status: { ...install.status, dhcp } } };
  expect(statusText(withDhcp)).toContain("  DHCP daemon    available on 2 of 3 nodes\n");
});

it("shows the install, the nodes, the networks and the pods, each on its line", () => {
  expect(
    statusText(shown),
  ).toBe(`Operator         2 of 2 replicas available, version 0.1.0, leader multus-operator-abc
MultusInstall    multus
  Ready          False, NodesUnhealthy: Multus runs on 1 of 2 nodes
  Multus         v4.3.0 Thin, example/multus:v4.3.0
  Nodes          2 desired, 2 updated, 1 available
                 node-2 OOMKilled: Multus was OOM-killed
  Primary        10-calico.conflist (k8s-pod-network) on 1 node
  No effect      second: multus is older and takes precedence
Networks         3: 2 valid, 1 invalid
                 2 duplicate addresses
                 10.1.1.4 of shop/lan: shop/a, shop/b
                 10.1.1.5 of shop/lan: shop/c, 1 pod of other namespaces
                 shop/lan Invalid: mode must be …
  see            kubectl multus networks NAME -n NAMESPACE
Pods             4 request networks: 2 attached, 1 pending, 1 bypassed
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
  expect(statusText(ready(1))).toContain("the operator has not processed the last change of the spec");
});

const isUp: ShownStatus = {
  ...shown,
  install: {
    name: "multus",
    generation: 1,
    status: {
      observedGeneration: 1,
      conditions: [
        {
          type: "Ready",
          status: "True",
          observedGeneration: 1,
          lastTransitionTime: at,
          reason: "Available",
          message: "Multus runs on 2 of 2 nodes",
        },
        {
          type: "Reconciling",
          status: "True",
          lastTransitionTime: at,
          reason: "Deleting",
          message: "0 of 2 nodes cleaned",
        },
      ],
    },
  },
};

it("does not repeat Ready from a time when an operator ran", () => {
  expect(isReady(isUp)).toBe(true);
  const down: ShownStatus = {
    ...isUp,
    operator: {
      state: "NotRunning",
      deployment: "multus-operator/multus-operator",
      replicas: 0,
      available: 0,
      leader: { alive: false, renewedAt: at },
    },
  };
  expect(isReady(down)).toBe(false);
  const text = statusText(down);
  expect(text).toContain(
    "Operator         not running: Deployment multus-operator/multus-operator has 0 of 0 replicas available",
  );
  expect(text).toContain(`no replica has renewed its Lease since ${at}`);
  expect(text).toContain("Ready          Unknown; last reported: True, Available");
  expect(statusData(down)).toMatchObject({ ready: false, stale: true, operator: { state: "NotRunning" } });
  const gone: ShownStatus = {
    ...isUp,
    operator: { state: "NotInstalled", why: "there is no ClusterRoleBinding" },
  };
  expect(isReady(gone)).toBe(false);
  expect(statusText(gone)).toContain("no operator is running");
});

it("takes the status at its word if the user may not read the operator", () => {
  const unknown: ShownStatus = { ...isUp, operator: { state: "Unknown", why: "no permission" } };
  expect(isReady(unknown)).toBe(true);
  expect(statusText(unknown)).toContain("Ready          True, Available");
});

it("shows a deletion and how far it is", () => {
  const ending: ShownStatus = { ...isUp, install: { ...(isUp.install as object), deletedAt: at } as never };
  expect(isReady(ending)).toBe(false);
  expect(statusText(ending)).toContain(`Deletion       is being deleted since ${at}: 0 of 2 nodes cleaned`);
});

it("names operator and plugin of different versions", () => {
  expect(statusText({ ...shown, pluginVersion: "0.2.0" })).toContain(
    "version 0.1.0, leader multus-operator-abc. This plugin is 0.2.0: use the plugin of the operator's version",
  );
});

it("prints a message once, and conditions without news only if wide", () => {
  const condition = (type: string, status: "True" | "False") => ({
    type,
    status,
    lastTransitionTime: at,
    observedGeneration: 1,
    reason: status === "True" ? "NodesUnhealthy" : "Settled",
    message: type === "Stalled" ? "" : "node-2 is broken",
  });
  const install = {
    name: "multus",
    generation: 1,
    status: {
      observedGeneration: 1,
      conditions: [condition("Ready", "False"), condition("Degraded", "True"), condition("Stalled", "False")],
    },
  };
  const text = statusText({ ...shown, install });
  expect(text.match(/node-2 is broken/g)).toHaveLength(1);
  expect(text).not.toContain("Stalled");
  expect(statusText({ ...shown, install }, { wide: true })).toContain("Stalled        False, Settled");
});

it("prints a warning once, in the condition or in its own line", () => {
  const install = {
    name: "multus",
    generation: 1,
    status: {
      observedGeneration: 1,
      conditions: [
        {
          type: "Warning",
          status: "True" as const,
          lastTransitionTime: at,
          reason: "KnownDefect",
          message: "v4.3.0 has a defect (1 more in status.warnings)",
        },
      ],
      warnings: ["v4.3.0 has a defect", "the limit is low"],
    },
  };
  const text = statusText({ ...shown, install });
  expect(text.match(/v4\.3\.0 has a defect/g)).toHaveLength(1);
  expect(text.match(/the limit is low/g)).toHaveLength(1);
  expect(statusText({ ...shown, install }, { wide: true })).toContain("  Warning        v4.3.0 has a defect");
});
