import fc from "fast-check";
import { expect, test } from "vitest";
import { outcomeOf } from "../outcome/outcome.ts";
import { parseNetworks } from "../pod-request/request.ts";
import { packedStatus, statusOf } from "./packed-status.ts";

const kept = (entries: unknown) => statusOf({ reported: packedStatus(JSON.stringify(entries)) });

test("the status is kept in short, and comes back without the pod's own network", () => {
  const entries = [
    { name: "cluster", interface: "eth0", default: true },
    {
      name: "apps/net",
      interface: "net1",
      ips: ["10.0.0.5", "fd00::5"],
      mac: "02:00:00:00:00:01",
      gateway: ["<nil>"],
    },
    { name: "apps/bare" },
  ];
  expect(kept(entries)).toEqual({
    ok: true,
    entries: [
      {
        name: "apps/net",
        interface: "net1",
        ips: ["10.0.0.5", "fd00::5"],
        mac: "02:00:00:00:00:01",
        default: false,
        gateway: [],
      },
      { name: "apps/bare", ips: [], default: false, gateway: [] },
    ],
  });
  expect(statusOf({})).toBeUndefined();
  expect(kept([])).toEqual({ ok: true, entries: [] });
  expect(statusOf({ reported: packedStatus("{") })).toMatchObject({
    ok: false,
    problem: { code: "BAD_JSON" },
  });
});

test("the pod's own network is kept if the pod asks for it, and its mark cannot be forged", () => {
  const entries = [
    { name: "apps/first", interface: "eth0", ips: ["10.0.0.5"], default: true },
    { name: "\rapps/net", interface: "net1" },
  ];
  expect(statusOf({ reported: packedStatus(JSON.stringify(entries), true) })).toMatchObject({
    entries: [
      { name: "apps/first", interface: "eth0", ips: ["10.0.0.5"], default: true },
      { name: "", interface: "net1", default: false },
    ],
  });
});

test("separators that a tenant writes into the status do not add entries", () => {
  const hostile = [{ name: "apps/net\tx\n apps/other", ips: ["10.0.0.5\n10.0.0.6"] }];
  expect(kept(hostile)).toMatchObject({ ok: true, entries: [{ name: "apps/net", ips: ["10.0.0.5"] }] });
});

/** What a pod with as many networks as are evaluated reports, each under the longest name. */
const long = (addresses: number) =>
  Array.from({ length: 64 }, (_, n) => ({
    name: `apps/${`net-${n}-`.padEnd(253, "x")}`,
    interface: `net${n + 1}`,
    ips: Array.from({ length: addresses }, (_, i) => `10.1.${n}.${100 + i}`),
    mac: "02:00:00:00:00:01",
  }));

test.each([1, 13, 30])(
  "a status that is read is kept whole: 64 interfaces with %i addresses each",
  (addresses) => {
    const entries = long(addresses);
    const status = kept(entries);
    expect(status).toMatchObject({ ok: true, entries });
    const request = parseNetworks(entries.map(({ name }) => name).join(","), "apps");
    const { kind } = outcomeOf({
      pod: {
        ...{ namespace: "apps", name: "p", phase: "Running", node: "n1", hostNetwork: false },
        ...{ hasAddress: true, request, ...(status ? { status } : {}) },
      },
      network: (_, cniName) => ({ cniName }),
      isolation: { enabled: false, globalNamespaces: [] },
    });
    expect(kind).toBe("attached");
  },
);

test("a status of more interfaces than networks is kept whole, too: a plugin may make several", () => {
  const entries = Array.from({ length: 300 }, (_, n) => ({ name: `apps/net${n}`, ips: [] }));
  expect(kept(entries)).toMatchObject({ ok: true, entries });
});

test("a status beyond the limit is a problem, not a part of it", () => {
  expect(kept(long(90))).toMatchObject({ ok: false, problem: { code: "TOO_LARGE" } });
});

test("it is never longer than the annotation", () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant(null));
  const entry = fc.record(
    { name: text, interface: text, mac: text, ips: fc.array(text), default: fc.constant(false) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(entry, fc.constant(null))), (entries) => {
      const annotation = JSON.stringify(entries);
      const packed = packedStatus(annotation);
      expect(typeof packed).toBe("string");
      expect((packed as string).length).toBeLessThan(annotation.length);
    }),
  );
});
