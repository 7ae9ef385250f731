import { setTimeout as sleep } from "node:timers/promises";
import { waitUntil } from "./daemon.ts";
import type { Kubectl } from "./kubectl.ts";
import { list, pod } from "./pods.ts";

/**
 * The classic cases in which a pod has not the network that it asked for, each made as users make it: what
 * the reports and `kubectl multus explain` say of them is what the end-to-end tests check.
 */

const NETWORKS = "k8s.v1.cni.cncf.io/networks";

export function macvlan(ipam: object, more: object = {}): object {
  return { cniVersion: "0.3.1", type: "macvlan", master: "eth1", mode: "bridge", ...more, ipam };
}

export function range(first: number, last: number): object {
  return {
    type: "host-local",
    subnet: "192.168.1.0/24",
    rangeStart: `192.168.1.${first}`,
    rangeEnd: `192.168.1.${last}`,
    gateway: "192.168.1.1",
  };
}

export function nad(name: string, config: object | string, namespace = "default"): object {
  return {
    apiVersion: "k8s.cni.cncf.io/v1",
    kind: "NetworkAttachmentDefinition",
    metadata: { name, namespace },
    spec: { config: typeof config === "string" ? config : JSON.stringify(config) },
  };
}

export function podAsking(name: string, networks: string, node = "node-1"): object {
  return pod(name, { node, annotations: { [NETWORKS]: networks } });
}

export async function apply(kubectl: Kubectl, ...objects: object[]): Promise<void> {
  await kubectl.runWithInput(list(...objects), "apply", "-f", "-");
}

export async function waitForRunning(kubectl: Kubectl, ...pods: string[]): Promise<void> {
  await kubectl.run("wait", "--for=condition=Ready", ...pods.map((name) => `pod/${name}`), "--timeout=120s");
}

/**
 * Waits for the kubelet's event that the pod's sandbox could not be made, for this reason: an attempt may fail for another,
 * such as an API server that takes Multus' quarter of a second on a busy machine. Its note.
 */
export async function waitForSandboxFailure(kubectl: Kubectl, name: string, reason = /^/): Promise<string> {
  interface Events {
    items: { message: string }[];
  }
  let note: string | undefined;
  await waitUntil(
    `${name} to fail`,
    async () => {
      const { items } = await kubectl.get<Events>(
        "events",
        "--field-selector",
        `involvedObject.name=${name},reason=FailedCreatePodSandBox`,
      );
      note = items.map(({ message }) => message).find((message) => reason.test(message));
      return note !== undefined;
    },
    { everyMs: 250 },
  );
  return note ?? "";
}

/** Before Multus is installed: a pod that asks for a network, and runs without. */
export async function startBypassed(kubectl: Kubectl): Promise<string> {
  await apply(kubectl, podAsking("bypassed", "plain"));
  await waitForRunning(kubectl, "bypassed");
  return "bypassed";
}

/** A good network and a pod that has it. */
export async function startAttached(kubectl: Kubectl): Promise<string> {
  await apply(kubectl, nad("plain", macvlan(range(20, 60))), podAsking("attached", "plain"));
  await waitForRunning(kubectl, "attached");
  return "attached";
}

/** A typing error in the plugin's name: no such program is on any node. */
export async function startMistyped(kubectl: Kubectl): Promise<string> {
  await apply(
    kubectl,
    nad("mistyped", { ...macvlan(range(61, 70)), type: "macvlam" }),
    podAsking("mistyped", "mistyped"),
  );
  await waitForSandboxFailure(kubectl, "mistyped");
  return "mistyped";
}

/** A NAD of a namespace that isolation keeps to itself. `spec.isolation.enabled` has to be set. */
export async function startForbidden(kubectl: Kubectl): Promise<string> {
  await kubectl.run("create", "namespace", "others");
  await apply(
    kubectl,
    nad("theirs", macvlan(range(71, 80)), "others"),
    podAsking("forbidden", "others/theirs"),
  );
  await waitForSandboxFailure(kubectl, "forbidden");
  return "forbidden";
}

/** A NAD whose range has one address, and two pods on one node. */
export async function startExhausted(kubectl: Kubectl): Promise<string> {
  await apply(kubectl, nad("narrow", macvlan(range(81, 81))), podAsking("lucky", "narrow"));
  await waitForRunning(kubectl, "lucky");
  await apply(kubectl, podAsking("exhausted", "narrow"));
  await waitForSandboxFailure(kubectl, "exhausted");
  return "exhausted";
}

/** A NAD that changes after its pod was attached: the MTU, from 1500 to 1400. */
export async function startOutdated(kubectl: Kubectl): Promise<string> {
  await apply(
    kubectl,
    nad("changing", macvlan(range(82, 90), { mtu: 1500 })),
    podAsking("outdated", "changing"),
  );
  await waitForRunning(kubectl, "outdated");
  await nextSecond();
  await apply(kubectl, nad("changing", macvlan(range(82, 90), { mtu: 1400 })));
  return "outdated";
}

/** The same address on two nodes: host-local keeps its leases per node. */
export async function startDoubled(kubectl: Kubectl): Promise<[string, string]> {
  await apply(
    kubectl,
    nad("doubled", macvlan(range(91, 99))),
    podAsking("first", "doubled", "node-1"),
    podAsking("second", "doubled", "node-2"),
  );
  await waitForRunning(kubectl, "first", "second");
  return ["first", "second"];
}

/** Managed fields have whole seconds: a change within the second of an attachment is none that can be told. */
export async function nextSecond(): Promise<void> {
  await sleep(1100);
}
