/** The network controller against a real API server: NADs and pods are plain objects, without nodes. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Reporter } from "../../src/controllers/network-attachment/reporter.ts";
import { MULTUS_INSTALL, MULTUS_INSTALL_API_VERSION } from "../../src/crds/multus-install/multus-install.ts";
import {
  NETWORK_ATTACHMENT_REPORT,
  type ReportStatus,
} from "../../src/crds/network-attachment-report/report.ts";
import type { NodeInspection } from "../../src/crds/node-inspection.ts";
import { KubeClient, type RequestInfo } from "../../src/kube/client.ts";
import { CUSTOM_RESOURCE_DEFINITIONS, NODES, PODS, pathOf } from "../../src/kube/resource.ts";
import { nadView } from "../../src/networks/nad-view.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { untilQuiet, waitUntil } from "../cluster/daemon.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { RunningController, World } from "./networks/world.ts";

let plane: BorrowedControlPlane;
let world: World;
let controller: RunningController;

const macvlan = (more: object = {}) => ({ cniVersion: "0.3.1", type: "macvlan", master: "eth0", ...more });
const hostLocal = (start: number, end: number) => ({
  type: "host-local",
  subnet: "192.168.1.0/24",
  rangeStart: `192.168.1.${start}`,
  rangeEnd: `192.168.1.${end}`,
});
const got = (nad: string, ip: string, more: object = {}) => [
  { name: "cluster", interface: "eth0", default: true, dns: {} },
  { name: `default/${nad}`, interface: "net1", ips: [ip], dns: {}, gateway: ["<nil>"], ...more },
];
const reasonOf = (status: ReportStatus, type: string) =>
  status.conditions?.find((condition) => condition.type === type)?.reason;
const messageOf = (status: ReportStatus, type: string) =>
  status.conditions?.find((condition) => condition.type === type)?.message;
const outcomeOf = (status: ReportStatus, pod: string) =>
  status.samples?.find((sample) => sample.pod === `default/${pod}`);

beforeAll(async () => {
  plane = await borrowControlPlane();
  world = new World(plane.kubeconfig);
  await world.installOwnDefinitions();
  await world.serviceAccount("default");
  controller = new RunningController(plane.kubeconfig);
  await controller.start();
});

afterAll(async () => {
  await controller?.stop();
  await world?.connection.close();
  await plane?.stop();
});

it("waits for the NAD CRD, which the first MultusInstall creates; until then no NAD exists", async () => {
  await world.pod("early", { networks: "first", node: "n1" });
  await waitUntil("the pod's event", async () => (await world.eventsOf("early")).includes("NetworkMissing"));
  await world.installNetworkDefinition();
  await world.nad("first", macvlan());
  const { status } = await world.reportWhere("first", ({ pods }) => pods?.pending === 1);
  expect(status).toMatchObject({
    observedGeneration: 1,
    plugins: "macvlan",
    needs: { binaries: ["macvlan"], masters: ["eth0"] },
  });
  await world.removePod("early");
});

it.each([
  ["bad json", "{", "Valid", "Invalid", "is not valid JSON"],
  ["a typing error", macvlan({ mode: "brige" }), "Valid", "Invalid", 'did you mean "bridge"?'],
  ["no type", { cniVersion: "0.3.1" }, "Valid", "Invalid", "type"],
  ["a path in the type", { cniVersion: "0.3.1", type: "../x" }, "Valid", "Invalid", "type"],
  ["an address range that is reversed", macvlan({ ipam: hostLocal(20, 10) }), "Valid", "Invalid", "rangeEnd"],
])("a NAD with %s has it in its report", async (what, config, type, reason, text) => {
  const name = what.replaceAll(" ", "-");
  await world.nad(name, config);
  const { status } = await world.reportWhere(name, (found) => reasonOf(found, type) === reason);
  expect(messageOf(status, type)).toContain(text);
  expect(reasonOf(status, "Available")).toBe("Invalid");
  await waitUntil("the NAD's event", async () => (await world.eventsOf(name)).includes("Invalid"));
  await world.nad(name, macvlan());
  await world.reportWhere(name, (found) => reasonOf(found, type) === "Valid");
  await world.removeNad(name);
  await waitUntil("the report to be deleted", async () => (await world.report(name)) === undefined);
});

it("reports which nodes lack what a NAD needs after each inspection", async () => {
  const node = (name: string) => ({ apiVersion: "v1", kind: "Node", metadata: { name } });
  for (const name of ["n1", "n2"]) await world.client.create(NODES, node(name));
  const inspected = (name: string, binaries: string[], interfaces: string[]): NodeInspection => ({
    node: name,
    at: "2026-11-24T10:00:00Z",
    architecture: "amd64",
    confFiles: [],
    binaries: binaries.map((binary) => ({ name: binary })),
    interfaces,
    multusFiles: [],
    leftovers: [],
    truncated: [],
  });
  await world.nad("needs", macvlan());
  controller.inspections.set(inspected("n1", ["macvlan"], ["eth0"]));
  controller.inspections.set(inspected("n2", ["bridge"], ["eth0"]));
  const some = await world.reportWhere("needs", ({ nodesLackingTotal }) => nodesLackingTotal === 1);
  expect(some.status.nodesLacking).toEqual([{ node: "n2", lacks: ["plugin macvlan"] }]);
  expect(reasonOf(some.status, "Available")).toBe("Attachable");
  controller.inspections.set(inspected("n1", ["bridge"], []));
  await world.reportWhere("needs", (found) => reasonOf(found, "Available") === "NeedsMissing");
  for (const name of ["n1", "n2"])
    controller.inspections.set(inspected(name, ["macvlan", "host-local"], ["eth0", "eth5"]));
  await world.reportWhere("needs", (found) => reasonOf(found, "Available") === "Attachable");
});

it("never reports a new or changed NAD as available before its cross checks are done", async () => {
  const seen: (string | undefined)[] = [];
  await using _ = await world.watchReports((name, status) => {
    if (name.startsWith("default/unattachable")) seen.push(reasonOf(status, "Available"));
  });
  for (const name of ["unattachable-1", "unattachable-2"]) await world.nad(name, macvlan({ master: "eth9" }));
  await world.reportWhere("unattachable-2", (found) => reasonOf(found, "Available") === "NeedsMissing");
  await world.nad("unattachable-1", macvlan({ master: "eth8" }));
  await world.reportWhere("unattachable-1", (found) => found.observedGeneration === 2);
  expect(seen).not.toEqual([]);
  expect(seen.filter((reason) => reason !== "NeedsMissing")).toEqual([]);
  for (const name of ["unattachable-1", "unattachable-2"]) await world.removeNad(name);
});

it("reports each outcome of pods with its evidence, and counts it", async () => {
  await world.nad("net", macvlan({ ipam: hostLocal(10, 250) }));
  await world.pod("attached", {
    networks: "net",
    status: got("net", "192.168.1.10"),
    phase: "Running",
    node: "n1",
  });
  await world.pod("waiting", { networks: "net", node: "n1" });
  await world.pod("bypassed", { networks: "net", phase: "Running", node: "n1" });
  await world.pod("on-host", { networks: "net", phase: "Running", node: "n1", hostNetwork: true });
  await world.pod("over", { networks: "net", phase: "Succeeded", node: "n1" });
  await world.pod("static", {
    networks: '[{"name":"net","ips":["192.168.1.99"]}]',
    status: got("net", "192.168.1.11"),
    phase: "Running",
    node: "n1",
  });
  const failed = await world.pod("failed", { networks: "net", node: "n1" });
  await world.sandboxFailure(
    failed,
    'plugin type="multus" name="multus-cni-network" failed (add): [default/failed/1:net]: error adding container to network "net": Link not found',
  );
  const { status } = await world.reportWhere("net", ({ pods }) => pods?.failed === 1 && pods.partial === 1);
  expect(status.pods).toEqual({
    requesting: 5,
    attached: 1,
    pending: 1,
    failed: 1,
    bypassed: 1,
    partial: 1,
    restartNeeded: 0,
    forbidden: 0,
    unverified: 0,
  });
  expect(outcomeOf(status, "failed")?.message).toBe('network "net": Link not found');
  expect(outcomeOf(status, "bypassed")).toMatchObject({ outcome: "bypassed", node: "n1" });
  expect(outcomeOf(status, "static")?.message).toContain('capability "ips"');
  expect(reasonOf(status, "Available")).toBe("PodsFailing");
  await world.reportStatus("failed", got("net", "192.168.1.12"));
  await world.podStatus("failed", "Running");
  await world.reportWhere("net", ({ pods }) => pods?.failed === 0 && pods.attached === 2);
  await waitUntil("both events", async () => (await world.eventsOf("failed")).includes("NetworkAttached"));
  expect((await world.eventsOf("failed")).filter((reason) => reason === "NetworkFailed")).toHaveLength(1);
});

it.each([
  ["another manager", "kubectl-annotate", undefined],
  ["Multus' name, without the right to pods/status", "multus", undefined],
  ["another manager, on pods/status", "kubectl-edit", "status"],
])("raises no alert about a network-status that Multus cannot have written: %s", async (_, manager, part) => {
  await world.nad("forgeable", macvlan({ master: "eth6", ipam: hostLocal(20, 22) }));
  const address = "192.168.1.20";
  const honest = {
    networks: "forgeable",
    status: got("forgeable", address),
    phase: "Running",
    node: "n1",
  } as const;
  await world.pod("honest", honest);
  await world.pod("forger", { networks: "forgeable", node: "n1" });
  await world.podStatus("forger", "Running");
  const status = JSON.stringify([...got("forgeable", address), ...got("forgeable", "192.168.1.99")]);
  await world.client.json({
    method: "PATCH",
    path: pathOf({ type: PODS, namespace: "default", name: "forger" }, part),
    query: { fieldManager: manager },
    body: { metadata: { annotations: { "k8s.v1.cni.cncf.io/network-status": status } } },
    contentType: "application/merge-patch+json",
  });
  const { status: report } = await world.reportWhere("forgeable", ({ pods }) => pods?.unverified === 1);
  expect(report.duplicates ?? []).toEqual([]);
  expect(report.outside ?? []).toEqual([]);
  expect(report.ranges?.[0]).toMatchObject({ used: 1 });
  await world.removePod("forger");
  await world.removePod("honest");
  await world.removeNad("forgeable");
});

it("reports addresses that two pods share, and a range that is used up", async () => {
  await world.nad("narrow", macvlan({ master: "eth5", ipam: hostLocal(30, 32) }));
  const pod = (name: string, ip: string, node: string) =>
    world.pod(name, { networks: "narrow", status: got("narrow", ip), phase: "Running", node });
  await pod("one", "192.168.1.30", "n1");
  await pod("two", "192.168.1.30", "n2");
  await pod("three", "192.168.1.31", "n1");
  await pod("four", "192.168.1.77", "n1");
  const { status } = await world.reportWhere("narrow", ({ pods }) => pods?.attached === 4);
  expect(status.duplicates).toEqual([{ address: "192.168.1.30", pods: ["default/one", "default/two"] }]);
  expect(status.outside).toEqual([{ address: "192.168.1.77", pod: "default/four" }]);
  expect(status.ranges).toEqual([
    {
      range: "192.168.1.30-192.168.1.32",
      ipam: "host-local",
      size: 3,
      used: 2,
      free: 1,
      perNode: true,
      node: "n1",
    },
  ]);
  await pod("five", "192.168.1.32", "n1");
  const full = await world.reportWhere("narrow", (found) => reasonOf(found, "Available") === "RangeUsedUp");
  expect(messageOf(full.status, "Available")).toContain("all 3 addresses");
  await world.removePod("five");
  await world.removePod("two");
  await world.reportWhere(
    "narrow",
    ({ duplicatesTotal, ranges }) => duplicatesTotal === 0 && ranges?.[0]?.free === 1,
  );
});

it("counts the addresses of a pool over the NADs that share it, in every namespace, and names none of another", async () => {
  await world.namespace("shop");
  const ipam = { type: "whereabouts", range: "10.9.0.0/30" };
  await world.nad("pool", macvlan({ ipam }));
  await world.nad("secret-pool", macvlan({ ipam }), { namespace: "shop" });
  await world.pod("mine", {
    networks: "pool",
    status: got("pool", "10.9.0.1"),
    phase: "Running",
    node: "n1",
  });
  await world.reportWhere("secret-pool", ({ ranges }) => ranges?.[0]?.used === 1, { namespace: "shop" });
  const theirs = { name: "shop/secret-pool", interface: "net1", ips: ["10.9.0.2"] };
  await world.pod("theirs", {
    ...{ namespace: "shop", networks: "secret-pool", status: [theirs], phase: "Running", node: "n1" },
  });
  const { status } = await world.reportWhere("pool", ({ ranges }) => ranges?.[0]?.used === 2);
  expect(status).toMatchObject({
    pods: { requesting: 1 },
    ranges: [{ size: 2, used: 2, free: 0, shared: true }],
  });
  expect(JSON.stringify(status)).not.toMatch(/shop|secret|theirs/);
  await waitUntil("the summary", () => controller.summary.get()?.rangesUsedUp === 1);
  await world.removePod("theirs", "shop");
  await world.removeNad("secret-pool", "shop");
  // The pod may be known to be gone before the NAD is.
  await world.reportWhere(
    "pool",
    ({ ranges: [range] = [] }) => range?.used === 1 && range.shared === undefined,
  );
  await world.removePod("mine");
  await world.removeNad("pool");
});

it("counts a pod that has a NAD in the place of the cluster's own network", async () => {
  await world.nad("primary", macvlan({ ipam: { type: "whereabouts", range: "10.9.1.0/24" } }));
  await world.pod("replaced", { first: "default/primary", node: "n1" });
  await world.reportWhere("primary", ({ pods }) => pods?.pending === 1);
  await world.reportStatus("replaced", [
    { name: "default/primary", interface: "eth0", ips: ["10.9.1.5"], default: true, dns: {} },
  ]);
  await world.podStatus("replaced", "Running");
  const { status } = await world.reportWhere("primary", ({ pods }) => pods?.attached === 1);
  expect(status).toMatchObject({ pods: { requesting: 1, unverified: 0 }, ranges: [{ used: 1 }] });
  await world.pod("lost", { first: "gone", node: "n1" });
  await waitUntil("the pod's event", async () => (await world.eventsOf("lost")).includes("NetworkMissing"));
  for (const pod of ["replaced", "lost"]) await world.removePod(pod);
  await world.reportWhere("primary", ({ pods }) => pods?.requesting === 0);
  await world.removeNad("primary");
});

it("reports pods that need a restart after their NAD changed, and the difference", async () => {
  await world.nad("changing", macvlan({ mtu: 1500 }));
  await world.reportWhere("changing", ({ versions }) => versions?.length === 1);
  await world.pod("behind", { networks: "changing", node: "n1" });
  await world.reportStatus("behind", got("changing", "10.0.0.5"));
  await world.podStatus("behind", "Running");
  await world.reportWhere("changing", ({ pods }) => pods?.attached === 1);
  await sleep(1100); // managed fields have whole seconds
  await world.nad("changing", macvlan({ mtu: 1400 }));
  const { status } = await world.reportWhere("changing", ({ pods }) => pods?.restartNeeded === 1);
  expect(outcomeOf(status, "behind")?.message).toContain("mtu: 1500 → 1400");
  await world.nad("changing", macvlan({ mtu: 1500 }));
  await world.reportWhere("changing", ({ pods }) => pods?.restartNeeded === 0);
});

it("searches a default network without a namespace where Multus does, by the active MultusInstall", async () => {
  const ref = { type: MULTUS_INSTALL, name: "multus" };
  const install = async (mode: string) => {
    const head = {
      apiVersion: MULTUS_INSTALL_API_VERSION,
      kind: "MultusInstall",
      metadata: { name: "multus" },
    };
    const spec = { version: "v4.3.0", mode, namespace: "default" };
    await world.client.apply(ref, { ...head, spec }, { fieldManager: "test", force: true });
  };
  await world.nad("searched", macvlan({ ipam: { type: "whereabouts", range: "10.9.2.0/24" } }));
  await install("Thin");
  await world.pod("searching", {
    ...{ first: "searched", node: "n1", phase: "Running" },
    status: [{ name: "default/searched", interface: "eth0", ips: ["10.9.2.5"], default: true, dns: {} }],
  });
  await waitUntil("the pod's event", async () =>
    (await world.eventsOf("searching")).includes("NetworkPartial"),
  );
  await install("Thick");
  const { status } = await world.reportWhere("searched", ({ pods }) => pods?.attached === 1);
  expect(status).toMatchObject({ pods: { requesting: 1 }, ranges: [{ used: 1 }] });
  await world.client.delete(ref);
  await world.reportWhere("searched", ({ pods }) => pods?.requesting === 0);
  await world.removePod("searching");
  await world.removeNad("searched");
});

it("applies the namespace isolation of the active MultusInstall", async () => {
  await world.namespace("apart");
  await world.pod("foreign", { namespace: "apart", networks: "default/net", node: "n1" });
  await world.reportWhere("net", ({ pods }) => pods?.pending === 2);
  const install = (enabled: boolean) =>
    world.client.apply(
      { type: MULTUS_INSTALL, name: "multus" },
      {
        apiVersion: MULTUS_INSTALL_API_VERSION,
        kind: "MultusInstall",
        metadata: { name: "multus" },
        spec: { isolation: { enabled, globalNamespaces: ["shared"] } },
      },
      { fieldManager: "test", force: true },
    );
  await install(true);
  const { status } = await world.reportWhere("net", ({ pods }) => pods?.forbidden === 1);
  // A report does not name pods of other namespaces.
  expect(status.samples?.filter(({ outcome }) => outcome === "forbidden-network") ?? []).toEqual([]);
  expect(status.otherSamples).toBe(1);
  await install(false);
  await world.reportWhere("net", ({ pods }) => pods?.forbidden === 0);
});

it("restores a report that was deleted, and one that another field manager changed", async () => {
  const ref = { type: NETWORK_ATTACHMENT_REPORT, namespace: "default", name: "net" };
  await world.client.delete(ref);
  await world.reportWhere("net", ({ pods }) => pods?.attached === 2);
  await world.client.patch(ref, { status: { plugins: "a lie" } }, "status");
  await world.reportWhere("net", ({ plugins }) => plugins === "macvlan/host-local");
});

it("writes a report again that was deleted before the answer to its last write came", async () => {
  const nad = nadView(await world.nad("late", macvlan()));
  const after = ({ path }: RequestInfo) => {
    if (path.endsWith("/status")) reporter.forget("default/late");
  };
  const reporter = new Reporter(new KubeClient(world.connection, { after }), () => undefined);
  const { signal } = new AbortController();
  expect(await reporter.write(nad, { observedGeneration: 1 }, signal)).toBe(true);
  expect(await reporter.write(nad, { observedGeneration: 1 }, signal)).toBe(true);
  await world.removeNad("late");
  await waitUntil("the report to be deleted", async () => (await world.report("late")) === undefined);
});

it("prints readable columns", async () => {
  const table = await new Kubectl(plane.kubeconfig).run("get", "nar", "-A");
  const [head = "", ...rows] = table.trim().split("\n");
  expect(head.split(/ {2,}/)).toEqual([
    "NAMESPACE",
    "NAME",
    "VALID",
    "AVAILABLE",
    "REASON",
    "PLUGINS",
    "PODS",
    "ATTACHED",
    "FAILED",
    "BYPASSED",
    "AGE",
  ]);
  expect(rows.find((row) => row.includes(" net "))).toMatch(
    /True +True +Attachable +macvlan\/host-local +\d+ +2 +0 +1 /,
  );
});

it("summarizes networks and pods, also in the metrics", async () => {
  await waitUntil("the summary", async () => {
    const { networks, pods } = controller.summary.get() ?? {};
    return networks?.total === 5 && pods?.counts.bypassed === 1;
  });
  const summary = controller.summary.get();
  expect(summary?.networks).toMatchObject({ total: 5, valid: 5, invalid: 0 });
  expect(summary?.pods.samples[0]).toMatchObject({ pod: "default/bypassed", outcome: "bypassed" });
  const text = await controller.metrics.registry.metrics();
  expect(text).toContain('multus_operator_pods{outcome="bypassed"} 1');
  expect(text).toContain('multus_operator_networks{state="valid"} 5');
});

it("writes nothing while nothing changes; after a restart it writes no report and sends no event again", async () => {
  await untilQuiet("the controller's writes", () => controller.writes.length);
  const before = controller.writes.length;
  await world.client.patch({ type: NODES, name: "n1" }, { metadata: { labels: { a: "b" } } });
  await sleep(1000);
  expect(controller.writes.slice(before)).toEqual([]);
  const reports = JSON.stringify(await world.report("narrow"));
  await controller.stop();
  await world.removeNad("changing");
  controller = new RunningController(plane.kubeconfig);
  await controller.start();
  await waitUntil(
    "the report of a NAD that was deleted in the meantime to be deleted",
    async () => (await world.report("changing")) === undefined,
  );
  await sleep(1500);
  const written = controller.writes.filter(({ path }) => path.includes("networkattachmentreports"));
  // Only the report of the deleted NAD is written.
  expect(written.map(({ method, path }) => `${method} ${path.split("/").at(-1)}`)).toEqual([
    "DELETE changing",
  ]);
  expect(JSON.stringify(await world.report("narrow"))).toBe(reports);
  expect((await world.eventsOf("bypassed")).filter((reason) => reason === "NetworkBypassed")).toHaveLength(1);
});

it("reads a NAD that its full namespace had no room for once others were deleted, though it did not change", async () => {
  const namespace = "full";
  await world.namespace(namespace);
  // About 150 KB with what is kept of each value: fourteen are more than 2 MiB.
  const large = macvlan({ args: { cni: { labels: Array.from({ length: 4000 }, (_, at) => at) } } });
  const names = Array.from({ length: 16 }, (_, at) => `large-${at}`);
  for (const name of names) await world.nad(name, large, { namespace });
  const isRead = (status: ReportStatus) => !["TooLarge", undefined].includes(reasonOf(status, "Valid"));
  const isTooLarge = (status: ReportStatus) => reasonOf(status, "Valid") === "TooLarge";
  const { status } = await world.reportWhere("large-15", isTooLarge, { namespace });
  expect(messageOf(status, "Valid")).toContain("in a namespace whose NADs are larger than 2 MiB together");
  await world.reportWhere("large-0", isRead, { namespace });
  for (const name of names.slice(0, 8)) await world.removeNad(name, namespace);
  let mtu = 1400;
  await waitUntil("the NAD to be read", async () => {
    await world.nad("other", macvlan({ mtu: mtu++ })); // else the operator waits for the watch's next bookmark
    await sleep(500);
    return isRead((await world.report("large-15", namespace)) ?? {});
  });
  await world.removeNad("other");
});

it("continues without the NAD CRD: the reports are deleted with the NADs, and recreated with them", async () => {
  await world.removeNetworkDefinition();
  await waitUntil("the reports to go", async () => (await world.report("net")) === undefined);
  await waitUntil("the summary", () => Promise.resolve(controller.summary.get()?.networks.total === 0));
  expect(controller.summary.get()?.pods.counts["missing-network"]).toBeGreaterThan(0);
  // Running pods keep their networks, but could not start again.
  expect(controller.summary.get()?.warnings?.join()).toMatch(
    /running pods use \d+ NetworkAttachmentDefinitions that no longer exist \(.*default\/net/,
  );
  await world.installNetworkDefinition();
  await world.nad("net", macvlan({ ipam: hostLocal(10, 250) }));
  await world.reportWhere("net", ({ pods }) => pods?.attached === 2);
});

it("reports what to apply if the CRD of reports is missing, and writes reports once it exists", async () => {
  const { group, plural } = NETWORK_ATTACHMENT_REPORT;
  await world.client.delete({ type: CUSTOM_RESOURCE_DEFINITIONS, name: `${plural}.${group}` });
  await waitUntil("the warning", () =>
    Promise.resolve(
      controller.summary.get()?.warnings?.[0]?.includes("multus-operator crds | kubectl apply") ?? false,
    ),
  );
  await world.nad("unreported", "{");
  await waitUntil("the summary, without a report", () =>
    Promise.resolve(controller.summary.get()?.networks.invalid === 1),
  );
  await world.installOwnDefinitions();
  await world.reportWhere("unreported", (status) => reasonOf(status, "Valid") === "Invalid");
  await waitUntil("the warning to disappear", () =>
    Promise.resolve(!controller.summary.get()?.warnings?.join().includes("multus-operator crds")),
  );
});

it("reports a rejected token until the pod runs in networks that Multus reported", async () => {
  const node = { type: NODES, name: "with-token" };
  await world.client.create(NODES, { apiVersion: "v1", kind: "Node", metadata: { name: node.name } });
  const rejected = await world.pod("rejected", { node: node.name });
  const error = `plugin type="multus" name="multus-cni-network" failed (add): Multus: [default/rejected/${rejected.metadata.uid}]: error getting pod: Unauthorized`;
  // Its node may not have been listed yet: a kubelet repeats itself, too.
  await waitUntil("the rejection", async () => {
    if (controller.inspections.rejection(node.name)) return true;
    await world.sandboxFailure(rejected, error, node.name);
    return false;
  });
  await world.reportStatus("rejected", [{ name: "cluster", interface: "eth0", default: true }]);
  const startedAt = new Date(Date.now() + 60_000).toISOString();
  await world.client.patch(
    { type: PODS, namespace: "default", name: "rejected" },
    {
      status: {
        phase: "Running",
        containerStatuses: [
          {
            ...{ name: "c", image: "busybox", imageID: "", ready: true, restartCount: 0 },
            state: { running: { startedAt } },
          },
        ],
      },
    },
    "status",
  );
  await waitUntil("the end", async () => controller.inspections.rejection(node.name) === undefined);
  await world.removePod("rejected");
  await world.client.delete(node);
});
