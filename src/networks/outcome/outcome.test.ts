import { expect, test } from "vitest";
import { askedOf, parseAsked } from "../pod-request/asked.ts";
import { parseNetworkStatus } from "../pod-request/network-status.ts";
import { NETWORKS, type ParsedNetworks } from "../pod-request/request.ts";
import { STATUS_TOO_LARGE, UNREAD } from "../pod-request/unread.ts";
import { kindIn } from "../report/network-pods.ts";
import type { NetworkFacts } from "./attachments.ts";
import { type OutcomeInput, outcomeOf, type PodFacts } from "./outcome.ts";

const NADS: Record<string, NetworkFacts> = {
  "apps/net": { cniName: "net", capabilities: [] },
  "apps/static": { cniName: "static-net", capabilities: ["ips", "mac"] },
  "other/net": { cniName: "net", capabilities: [] },
};

interface Case extends Partial<Omit<PodFacts, "request" | "status">> {
  networks?: string;
  /** The annotation default-network. */
  first?: string;
  status?: object[] | string;
  isolated?: boolean;
  nads?: Record<string, NetworkFacts>;
}

const PENDING = {
  namespace: "apps",
  name: "p",
  phase: "Pending",
  node: "n1",
  hostNetwork: false,
  hasAddress: false,
};

function decide({ networks = "net", first, status, isolated = false, nads = NADS, ...facts }: Case) {
  const pod: PodFacts = {
    ...PENDING,
    ...facts,
    request: parseAsked(
      askedOf({
        [NETWORKS]: networks,
        ...(first === undefined ? {} : { "v1.multus-cni.io/default-network": first }),
      }),
      "apps",
    ),
    ...(status === undefined
      ? {}
      : { status: parseNetworkStatus(typeof status === "string" ? status : JSON.stringify(status)) }),
  };
  const input: OutcomeInput = {
    pod,
    network: (namespace, name) => nads[`${namespace}/${name}`],
    isolation: { enabled: isolated, globalNamespaces: [] },
  };
  return outcomeOf(input);
}

const running = { phase: "Running", hasAddress: true };
const got = (name: string, more: object = {}) => ({ name, interface: "net1", ips: ["10.0.0.5"], ...more });

test("attached, by count, also twice to one NAD and under v3's names", () => {
  expect(decide({ ...running, status: [got("cluster", { default: true }), got("apps/net")] })).toMatchObject({
    kind: "attached",
    evidence: "Multus reported an interface for each: apps/net net1 10.0.0.5",
  });
  const twice = { ...running, networks: "net,net@x" };
  const both = decide({ ...twice, status: [got("apps/net", { interface: "x" }), got("apps/net")] });
  expect(both.kind).toBe("attached");
  expect(both.attachments.map(({ entry }) => entry?.interface)).toEqual(["net1", "x"]);
  expect(decide({ ...twice, status: [got("apps/net")] }).kind).toBe("partial");
  expect(decide({ ...running, networks: "static", status: [got("static-net")] }).kind).toBe("attached");
});

test("bypassed: it runs, and Multus reported nothing", () => {
  expect(decide(running)).toMatchObject({ kind: "bypassed", evidence: expect.stringContaining("apps/net") });
  // An init container runs while the phase is still Pending.
  expect(decide({ hasAddress: true }).kind).toBe("bypassed");
  expect(decide({ ...running, networks: "[" }).kind).toBe("bypassed");
});

test("not applicable, and not bypassed, on a node that does not answer", () => {
  const lost = { phase: "Unknown", hasAddress: true };
  const evidence = expect.stringContaining("does not respond (phase Unknown)");
  expect(decide(lost)).toMatchObject({ kind: "not-applicable", evidence });
  expect(decide({ ...lost, networks: "[" })).toMatchObject({ kind: "not-applicable", evidence });
  expect(decide({ ...lost, status: [got("apps/net")] }).kind).toBe("attached");
});

test("not applicable", () => {
  expect(decide({ ...running, networks: "" }).kind).toBe("not-applicable");
  expect(decide({ ...running, hostNetwork: true }).kind).toBe("not-applicable");
  expect(decide({ phase: "Succeeded" }).kind).toBe("not-applicable");
});

test("pending, until something is known to be wrong", () => {
  expect(decide({ node: "" })).toMatchObject({ kind: "pending", evidence: "it is not scheduled yet" });
  expect(decide({}).kind).toBe("pending");
  expect(decide({ failure: { byMultus: false, message: "no pause image" } })).toMatchObject({
    kind: "pending",
    evidence: expect.stringContaining("no pause image"),
  });
});

test("failed, with the plugin's own words and the NAD that they are about", () => {
  const failure = { byMultus: true, network: "static-net", message: "Link not found" };
  expect(decide({ networks: "net,static", failure })).toMatchObject({
    kind: "failed",
    network: "apps/static",
    evidence: 'network "static-net": Link not found',
  });
  expect(decide({ networks: "A" })).toMatchObject({
    kind: "failed",
    evidence: expect.stringContaining("lowercase"),
  });
});

test("failed because of a network that is none of those requested, such as the primary one", () => {
  const failure = { byMultus: true, network: "k8s-pod-network", message: "no BGP peer" };
  const outcome = decide({ networks: "net,static", failure });
  expect(outcome).toMatchObject({ kind: "failed", network: "k8s-pod-network" });
  expect(kindIn(outcome, "apps/net")).toBe("pending");
  // The name in the configuration of the third, which lies in a file on the node, is not known.
  const nads = { ...NADS, "apps/file": { cniName: "file" } };
  const unknown = decide({ networks: "net,file", failure, nads });
  expect(unknown.network).toBeUndefined();
  expect(kindIn(unknown, "apps/net")).toBe("failed");
});

test("a NAD that does not exist, one without a name, one that isolation forbids", () => {
  expect(decide({ networks: "gone" })).toMatchObject({ kind: "missing-network", network: "apps/gone" });
  expect(decide({ networks: "net," }).kind).toBe("missing-network");
  expect(decide({ networks: "other/net" }).kind).toBe("pending");
  expect(decide({ networks: "other/net", isolated: true })).toMatchObject({
    kind: "forbidden-network",
    network: "other/net",
    evidence: expect.stringContaining("isolation"),
  });
  // It was attached before, and is.
  expect(decide({ ...running, networks: "gone", status: [got("apps/gone")] }).kind).toBe("attached");
});

test("partial: asked for more than it got, and whether a capability is why", () => {
  const json = (request: object) => JSON.stringify([request]);
  expect(
    decide({ ...running, networks: json({ name: "net", ips: ["10.0.0.9"] }), status: [got("apps/net")] }),
  ).toMatchObject({ kind: "partial", evidence: expect.stringContaining('declares the capability "ips"') });
  const asked = json({ name: "static", ips: ["10.0.0.5/24"], mac: "02-00-00-00-00-01" });
  expect(
    decide({ ...running, networks: asked, status: [got("apps/static", { mac: "02:00:00:00:00:01" })] }).kind,
  ).toBe("attached");
  expect(
    decide({ ...running, networks: asked, status: [got("apps/static", { mac: "02:00:00:00:00:02" })] }),
  ).toMatchObject({ kind: "partial", evidence: expect.not.stringContaining("capability") });
  for (const ips of [["fd00:1:0::5/64"], ["FD00:1::0005"]])
    expect(
      decide({
        ...running,
        networks: json({ name: "static", ips }),
        status: [got("apps/static", { ips: ["10.0.0.5", "fd00:1::5"] })],
      }).kind,
    ).toBe("attached");
  // Declared, and yet not passed on: it is the master plugin (mergeCNIRuntimeConfig).
  const nads = { ...NADS, "apps/ports": { cniName: "ports", capabilities: ["portMappings"] } };
  const first = json({ name: "ports", namespace: "apps", portMappings: [{ hostPort: 1, containerPort: 2 }] });
  expect(
    decide({ ...running, networks: "", first, nads, status: [got("apps/ports", { default: true })] }),
  ).toMatchObject({ kind: "partial", evidence: expect.stringContaining("passes only to the networks of") });
  const device = json({ name: "net", deviceID: "0000:65:00.2" });
  expect(decide({ ...running, networks: device, status: [got("apps/net")] })).toMatchObject({
    kind: "partial",
    evidence: expect.stringContaining('declares the capability "deviceID"'),
  });
  const ports = json({ name: "net", portMappings: [{ hostPort: 1, containerPort: 2 }] });
  expect(decide({ ...running, networks: ports, status: [got("apps/net")] }).kind).toBe("partial");
});

test("partial: nothing reported of one, or nothing that can be read", () => {
  expect(decide({ ...running, networks: "net,static", status: [got("apps/net")] })).toMatchObject({
    kind: "partial",
    network: "apps/static",
  });
  expect(decide({ ...running, status: "{" }).kind).toBe("partial");
});

// GetPodNetwork's error is dropped by TryLoadPodDelegates of v3.4.2 to v3.7.1.
test("partial: a request that is not valid was changed, or ignored by an early release", () => {
  const { kind, evidence } = decide({ ...running, networks: "[{", status: [{ name: "cluster" }] });
  expect(kind).toBe("partial");
  expect(evidence).toMatch(
    /its request is not valid: it is not valid JSON.*\. It was changed after the start, or Multus ignored it, as releases before v3\.7\.2 do$/,
  );
});

test("what the operator does not read is not called wrong", () => {
  const request: ParsedNetworks = { ok: false, problem: UNREAD["namespace full"] };
  const unread = (more: Partial<PodFacts>) =>
    outcomeOf({
      pod: { ...PENDING, request, ...more },
      network: () => undefined,
      isolation: { enabled: false, globalNamespaces: [] },
    });
  const evidence = expect.stringContaining("is not read, because the texts of its namespace");
  const status: PodFacts["status"] = { ok: true, entries: [] };
  expect(unread({ ...running, status })).toMatchObject({ kind: "not-applicable", evidence });
  expect(unread({ ...running, status: { ok: false, problem: STATUS_TOO_LARGE } }).kind).toBe(
    "not-applicable",
  );
  expect(
    unread({
      ...running,
      request: parseAsked("net", "apps"),
      status: { ok: false, problem: STATUS_TOO_LARGE },
    }),
  ).toMatchObject({
    kind: "not-applicable",
    evidence: expect.stringContaining("the operator does not read it"),
  });
  expect(unread({}).kind).toBe("pending");
  expect(unread({ failure: { byMultus: true, message: "Link not found" } }).kind).toBe("failed");
  // Whatever it requests, it did not get.
  expect(unread(running).kind).toBe("bypassed");
});

test("restart needed: the NAD changed after the pod was attached", () => {
  const versions = [
    { since: "2026-11-24T10:00:00Z", generation: 1, hash: "a", config: '{"mtu":1500}' },
    { since: "2026-11-24T11:00:00Z", generation: 2, hash: "b", config: '{"mtu":1400}' },
  ];
  const nads = { "apps/net": { cniName: "net", versions } };
  const attached = { ...running, status: [got("apps/net")], nads };
  expect(decide({ ...attached, attachedAt: Date.parse("2026-11-24T10:30:00Z") })).toMatchObject({
    kind: "restart-needed",
    network: "apps/net",
    evidence: expect.stringContaining("mtu: 1500 → 1400"),
  });
  expect(decide({ ...attached, attachedAt: Date.parse("2026-11-24T11:30:00Z") }).kind).toBe("attached");
  expect(decide(attached).kind).toBe("attached");
});

test("the evidence is one bounded line, whatever tenants wrote, and found in little CPU time", () => {
  const networks = Array.from({ length: 4_000 }, () => "net").join(",");
  const status = Array.from({ length: 3_000 }, () => got("apps/net", { ips: ["\n\u202e".repeat(10)] }));
  const start = process.cpuUsage();
  const outcome = decide({ ...running, networks, status });
  expect(process.cpuUsage(start).user / 1000, "ms of CPU time").toBeLessThan(1000);
  expect(outcome.kind).toBe("partial");
  const { evidence } = decide({ ...running, status: [got("apps/net", { ips: ["\n\u202e".repeat(3000)] })] });
  expect(evidence.length).toBeLessThanOrEqual(1024);
  expect(evidence).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test("a network in the place of the cluster's own: reported as the default, of any namespace, and next to the same network", () => {
  const first = { networks: "", first: "other/net" };
  expect(decide(first)).toMatchObject({ kind: "pending" });
  expect(decide({ ...first, isolated: true })).toMatchObject({ kind: "pending" });
  expect(decide({ ...first, networks: "other/net", isolated: true })).toMatchObject({
    kind: "forbidden-network",
  });
  expect(decide({ ...first, first: "gone" })).toMatchObject({
    kind: "missing-network",
    network: "kube-system/gone",
  });
  expect(decide({ ...first, first: "" })).toMatchObject({
    kind: "failed",
    evidence: expect.stringContaining(
      "its annotation v1.multus-cni.io/default-network is not valid: it is empty",
    ),
  });
  const entry = got("other/net", { interface: "eth0", default: true });
  expect(decide({ ...running, ...first, status: [entry] })).toMatchObject({ kind: "attached" });
  expect(decide({ ...running, ...first, status: [{ ...entry, name: "net" }] })).toMatchObject({
    kind: "attached", // as v3 reports it
  });
  expect(decide({ ...running, ...first, status: [{ ...entry, default: false }] })).toMatchObject({
    kind: "partial",
  });
  const both = { ...running, ...first, networks: "other/net" };
  expect(decide({ ...both, status: [entry] })).toMatchObject({ kind: "partial" });
  expect(
    decide({ ...both, status: [entry, got("other/net")] }).attachments.map((one) => one.entry?.interface),
  ).toEqual(["eth0", "net1"]);
});
