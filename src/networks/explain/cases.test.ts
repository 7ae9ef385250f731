import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { checkNetworkConfig } from "../../cni/check.ts";
import { readNetwork } from "../cross-checks/network.ts";
import { devicesOf, needsOf } from "../node-requirements.ts";
import { failureView, rejectionOf } from "../outcome/sandbox-event.ts";
import { NETWORKS, parseNetworks } from "../pod-request/request.ts";
import type { CauseCode } from "./cause-codes.ts";
import { explain } from "./explain.ts";

/** Events of kubelets as users reported them, for a pod app/web that requests app/lan: test/cases/explain-*.yaml. */
const MACVLAN =
  '{"cniVersion":"0.3.1","type":"macvlan","master":"eth1","mode":"bridge","ipam":{"type":"dhcp"}}';
const STATIC = '{"cniVersion":"0.3.1","type":"macvlan","master":"eth1","ipam":{"type":"static"}}';

interface Case {
  code: CauseCode;
  config?: string;
  annotation?: string;
  says: readonly string[];
}

const CASES: Record<string, Case> = {
  "address-without-prefix": {
    code: "REQUEST_REJECTED",
    config: STATIC,
    annotation: '[{"name":"lan","ips":["192.168.70.33"]}]',
    says: ['the address "192.168.70.33" that app/web requests of app/lan needs a prefix length'],
  },
  "device-busy": { code: "DEVICE_BUSY", says: ['the interface "eth1" on node-1 is busy', "bridge or bond"] },
  "duplicate-ipv6-address": {
    code: "DUPLICATE_ADDRESS",
    says: ["in the layer-2 network of app/lan has the address fd00:1::20 already", "its own range"],
  },
  "host-device-not-there": {
    code: "MISSING_MASTER",
    config: '{"cniVersion":"0.3.1","type":"host-device","device":"eth7"}',
    says: ['node-1 has no interface "eth7", which app/lan names as device'],
  },
  "kernel-without-ipvlan": {
    code: "NO_KERNEL_SUPPORT",
    config: '{"cniVersion":"0.3.1","type":"ipvlan","master":"eth1","ipam":{"type":"static"}}',
    says: ["the kernel of node-1 does not support ipvlan: load the module", "editing the NAD does not help"],
  },
  "mac-of-a-group": {
    code: "REQUEST_REJECTED",
    config: STATIC.replace('"eth1"', '"eth1","mode":"brigde"'),
    annotation: '[{"name":"lan","mac":"f1:00:00:00:00:01","ips":["10.0.0.2/24"]}]',
    says: ['the MAC address "f1:00:00:00:00:01" that app/web requests of app/lan is a group address'],
  },
  "netns-not-seen": {
    code: "NETNS_NOT_VISIBLE",
    says: [
      "does not see the pod's network namespace /var/run/netns/cni-1",
      "spec.distribution",
      "the NAD is not at fault",
    ],
  },
  "no-dhcp-daemon": {
    code: "NO_DHCP_DAEMON",
    says: ["no daemon of the dhcp plugin runs on node-1", "the NAD is not at fault"],
  },
  "no-dhcp-lease": {
    code: "NO_DHCP_LEASE",
    says: ['a DHCP server with free addresses serves the network of "eth1" on node-1', "-broadcast=true"],
  },
  "no-ips-asked-for": {
    code: "REQUEST_REJECTED",
    config: STATIC,
    says: ["app/web requests no ips: a static IPAM without addresses assigns what pods request"],
  },
  "plugin-for-another-cpu": {
    code: "PLUGIN_NOT_RUNNABLE",
    says: ["/opt/cni/bin/macvlan on node-1 is built for another architecture", "the NAD is not at fault"],
  },
  "range-of-old-whereabouts": {
    code: "RANGE_USED_UP",
    says: ["no free address in 10.9.0.10-10.9.0.11 of 10.9.0.0/24"],
  },
  "shim-reaches-no-daemon": {
    code: "DAEMON_UNREACHABLE",
    says: ["the Multus daemon on node-1 does not answer", "the NAD is not at fault"],
  },
  "sriov-without-device": {
    code: "NO_DEVICE",
    config: '{"cniVersion":"0.3.1","type":"sriov","ipam":{"type":"dhcp"}}',
    says: ["got no device for app/lan: a container of the pod must request the resource", "resourceName"],
  },
  "whereabouts-unauthorized": {
    code: "PLUGIN_CREDENTIALS",
    says: ["not those of Multus", "whereabouts.kubeconfig", "the NAD is not at fault"],
  },
};

const eventOf = (name: string): unknown =>
  load(readFileSync(new URL(`../../../test/cases/explain-${name}.yaml`, import.meta.url), "utf8"));

function explained(name: string, { config = MACVLAN, annotation = "lan" }: Case) {
  const failure = failureView(eventOf(name));
  if (!failure) throw new Error(`${name} is not an event of a sandbox`);
  const network = readNetwork({ namespace: "app", name: "lan", config });
  return explain({
    pod: {
      namespace: "app",
      name: "web",
      phase: "Pending",
      node: failure.node,
      hostNetwork: false,
      hasAddress: false,
      annotations: { [NETWORKS]: annotation },
      request: parseNetworks(annotation, "app"),
      failure,
      owner: { kind: "ReplicaSet", name: "web-1", annotated: false },
    },
    network: () => ({ cniName: "lan", capabilities: [] }),
    isolation: { enabled: false, globalNamespaces: [] },
    nads: new Map([
      [
        "app/lan",
        {
          findings: checkNetworkConfig(config, { networkName: "lan" }),
          types: needsOf(network).binaries,
          masters: needsOf(network).masters,
          devices: devicesOf(network),
        },
      ],
    ]),
    known: ["app/lan"],
    multus: { state: "ready", pod: "kube-multus-ds-x" },
    nodeReady: true,
    lacking: new Map(),
  });
}

describe("explain, for events that users reported", () => {
  it.each(Object.entries(CASES))("%s", (name, given) => {
    const { code, sentence } = explained(name, given);
    expect(code).toBe(given.code);
    for (const part of given.says) expect(sentence).toContain(part);
    // Only a NAD that is at fault is to be edited.
    if (sentence.includes("the NAD is not at fault")) expect(sentence).not.toContain("kubectl edit");
  });

  it("does not take a plugin's rejected credentials for those of Multus", () => {
    const failure = failureView({
      ...(eventOf("whereabouts-unauthorized") as object),
      lastTimestamp: "2026-11-24T10:00:00Z",
    });
    expect(failure && rejectionOf(failure)).toBeUndefined();
  });

  it("keeps the quotes that belong to the plugin's sentence", () => {
    expect(failureView(eventOf("address-without-prefix"))?.message).toMatch(/got: '192\.168\.70\.33'$/);
  });
});
