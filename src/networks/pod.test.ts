import { expect, test } from "vitest";
import { outcomeOf } from "./outcome/outcome.ts";
import { type PodView, PodViews, podFacts, statusOf } from "./pod.ts";

const NETWORKS = "k8s.v1.cni.cncf.io/networks";
const STATUS = "k8s.v1.cni.cncf.io/network-status";
const LEGACY_STATUS = "k8s.v1.cni.cncf.io/networks-status";

interface PodOptions {
  namespace?: string;
  name?: string;
  annotations?: Record<string, string>;
  managedFields?: object[];
  spec?: object;
  status?: object;
}
const pod = ({
  namespace = "apps",
  name = "p",
  annotations = {},
  managedFields = [],
  spec = {},
  status = {},
}: PodOptions = {}) => ({
  metadata: { name, namespace, uid: "u", annotations, managedFields },
  spec: { nodeName: "n1", containers: [], ...spec },
  status: { phase: "Running", podIP: "10.0.0.1", ...status },
});
const reported = [
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
const asking = { [NETWORKS]: "net,bare" };
const attached = { ...asking, [STATUS]: JSON.stringify(reported) };

test("a pod that asks for nothing is not kept, unless it runs the dhcp daemon", () => {
  const views = new PodViews();
  expect(views.view(pod())).toBeUndefined();
  expect(views.view(pod({ annotations: { [NETWORKS]: "" } }))).toBeUndefined();
  const daemon = pod({ spec: { containers: [{ command: ["/opt/cni/bin/dhcp", "daemon"] }] } });
  expect(views.view(daemon)).toMatchObject({
    dhcpDaemon: true,
    node: "n1",
    request: { ok: true, requests: [] },
  });
});

test("the status is kept in short, and comes back without the pod's own network", () => {
  const view = new PodViews().view(pod({ annotations: attached }));
  expect(view && statusOf(view)).toEqual({
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
  const none = new PodViews().view(pod({ annotations: asking }));
  expect(none && statusOf(none)).toBeUndefined();
  const empty = new PodViews().view(pod({ annotations: { ...asking, [STATUS]: "[]" } }));
  expect(empty && statusOf(empty)).toEqual({ ok: true, entries: [] });
  const broken = new PodViews().view(pod({ annotations: { ...asking, [STATUS]: "{" } }));
  expect(broken && statusOf(broken)).toMatchObject({ ok: false, problem: { code: "BAD_JSON" } });
});

test("what a tenant writes into the status cannot make entries of its own", () => {
  const hostile = [{ name: "apps/net\tx\n apps/other", ips: ["10.0.0.5\n10.0.0.6"] }];
  const view = new PodViews().view(pod({ annotations: { ...asking, [STATUS]: JSON.stringify(hostile) } }));
  expect(view && statusOf(view)).toMatchObject({
    ok: true,
    entries: [{ name: "apps/net", ips: ["10.0.0.5"] }],
  });
});

test("attached when the status was written, else at the latest when the first container started", () => {
  const field = (time: string, annotation: string) => ({
    time,
    fieldsV1: { "f:metadata": { "f:annotations": { [`f:${annotation}`]: {} } } },
  });
  const managedFields = [
    field("2026-11-24T10:00:00Z", STATUS),
    field("2026-11-24T12:00:00Z", "other"),
    { time: "2026-11-24T13:00:00Z", fieldsV1: { "f:status": {} } },
  ];
  const running = (startedAt: string) => ({ state: { running: { startedAt } } });
  const status = { containerStatuses: [running("2026-11-24T11:00:00Z"), running("2026-11-24T10:30:00Z")] };
  const at = (options: PodOptions) => {
    const view = new PodViews().view(pod({ annotations: attached, ...options }));
    return view && podFacts("apps", "p", view, undefined).attachedAt;
  };
  expect(at({ managedFields, status })).toBe("2026-11-24T10:00:00Z");
  expect(at({ status })).toBe("2026-11-24T10:30:00Z");
  expect(at({})).toBeUndefined();
  expect(at({ annotations: asking, managedFields, status })).toBeUndefined();
});

test("attached when Multus wrote the annotation that counts, whatever others write afterwards", () => {
  const wrote = (manager: string, time: string, annotation: string, subresource?: string) => ({
    ...{ manager, time, operation: "Update" },
    ...(subresource ? { subresource } : {}),
    fieldsV1: { "f:metadata": { "f:annotations": { [`f:${annotation}`]: {} } } },
  });
  const at = (...managedFields: object[]) =>
    new PodViews().view(pod({ annotations: attached, managedFields }))?.attachedAt;
  const [ten, noon] = ["2026-11-24T10:00:00Z", "2026-11-24T12:00:00Z"];
  const multus = wrote("multus", ten, STATUS, "status");
  expect(at(multus, wrote("kubectl-annotate", noon, LEGACY_STATUS))).toBe(Date.parse(ten));
  // Server-side apply of the same text makes a second owner.
  expect(at(multus, wrote("argocd", noon, STATUS))).toBe(Date.parse(ten));
  expect(at(multus, wrote("multus", noon, STATUS, "status"))).toBe(Date.parse(noon));
  expect(at(wrote("kubectl-annotate", noon, STATUS))).toBe(Date.parse(noon));
  expect(at(wrote("kubectl-annotate", "", STATUS))).toBeUndefined();
});

test("pods of one workload share what was read of their request; the first 64 networks count", () => {
  const views = new PodViews();
  const [one, two] = [views.view(pod({ annotations: asking })), views.view(pod({ annotations: asking }))];
  expect(one?.request).toBe(two?.request);
  const many = views.view(
    pod({ annotations: { [NETWORKS]: Array.from({ length: 100 }, () => "net").join(",") } }),
  );
  expect(many?.request.ok && many.request.requests).toHaveLength(64);
});

test("what is no pod throws", () => {
  expect(() => new PodViews().view({ metadata: { annotations: asking } })).toThrow();
});

test("texts of any length are kept in bytes that do not grow with them", () => {
  const views = new PodViews();
  const long = (length: number) => pod({ annotations: { [NETWORKS]: `net,${"n".repeat(length)}` } });
  expect(views.view(long(20_000))?.request).toMatchObject({ ok: false, problem: { code: "TOO_LARGE" } });
  const status = JSON.stringify([{ name: "n", ips: Array.from({ length: 9000 }, () => "10.0.0.1") }]);
  expect(views.view(pod({ annotations: { ...asking, [STATUS]: status } }))?.reported).toMatchObject({
    code: "TOO_LARGE",
  });
});

/** As a pod with as many networks as are evaluated has them, each under the longest name. */
const long = (addresses: number) => {
  const name = (n: number) => `net-${n}-`.padEnd(253, "x");
  const entries = Array.from({ length: 64 }, (_, n) => ({
    name: `apps/${name(n)}`,
    interface: `net${n + 1}`,
    ips: Array.from({ length: addresses }, (_, i) => `10.1.${n}.${100 + i}`),
    mac: "02:00:00:00:00:01",
  }));
  const asked = entries.map((_, n) => name(n)).join(",");
  return { asked, entries, annotations: { [NETWORKS]: asked, [STATUS]: JSON.stringify(entries) } };
};

test.each([1, 13, 30])(
  "a status that is read is kept whole: 64 interfaces with %i addresses each",
  (addresses) => {
    const { entries, annotations } = long(addresses);
    expect(annotations[NETWORKS].length).toBeLessThan(16_384);
    expect(annotations[STATUS].length).toBeLessThan(65_536);
    const view = new PodViews().view(pod({ annotations })) as PodView;
    expect(statusOf(view)).toMatchObject({ ok: true, entries });
    const facts = podFacts("apps", "p", view, undefined);
    const network = (_: string, cniName: string) => ({ cniName });
    const isolation = { enabled: false, globalNamespaces: [] };
    expect(outcomeOf({ pod: facts, network, isolation }).kind).toBe("attached");
  },
);

test("a status of more interfaces than networks is kept whole, too: a plugin may make several", () => {
  const entries = Array.from({ length: 300 }, (_, n) => ({ name: `apps/net${n}`, ips: [] }));
  const view = new PodViews().view(pod({ annotations: { ...asking, [STATUS]: JSON.stringify(entries) } }));
  expect(view && statusOf(view)).toMatchObject({ ok: true, entries });
});

test("the long texts of one namespace are bounded; what is given back may be taken again", () => {
  const views = new PodViews();
  const asks = (namespace: string, n: number) =>
    pod({ namespace, name: `p${n}`, annotations: { [NETWORKS]: `net${n},${"n".repeat(15_000)}` } });
  const read = Array.from({ length: 100 }, (_, n) => views.view(asks("hostile", n))?.request);
  const full = read.findIndex(
    (request) => !request?.ok && request?.problem.message.includes("of its namespace together"),
  );
  expect(full).toBeGreaterThan(30);
  expect(full).toBeLessThan(36);
  expect(views.view(asks("apps", 1))?.request).not.toMatchObject({ problem: { code: "TOO_LARGE" } });
  views.forget("hostile/p0");
  expect(views.view(asks("hostile", full))?.request).not.toMatchObject({ problem: { code: "TOO_LARGE" } });
  // Statuses count by their bytes, three for each of these characters.
  const status = JSON.stringify([{ name: "€".repeat(60_000) }]);
  const kept = Array.from({ length: 30 }, (_, n) =>
    views.view(pod({ namespace: "other", name: `p${n}`, annotations: { ...asking, [STATUS]: status } })),
  );
  expect(kept.filter((view) => typeof view?.reported === "string")).toHaveLength(23);
  // One pod whose annotation is changed a thousand times takes the place of one.
  const edits = Array.from({ length: 1000 }, (_, n) =>
    views.view(pod({ annotations: { [NETWORKS]: `n${n},${"n".repeat(15_000)}` } })),
  );
  expect(JSON.stringify(edits)).not.toContain("TOO_LARGE");
});

test("a status is verified if Multus wrote this annotation through pods/status", () => {
  const wrote = (manager: string, annotation: string, more: object = { subresource: "status" }) => ({
    manager,
    operation: "Update",
    ...more,
    fieldsV1: { "f:metadata": { "f:annotations": { [`f:${annotation}`]: {} } } },
  });
  const verified = (...managedFields: object[]) =>
    new PodViews().view(pod({ annotations: attached, managedFields }))?.verified ?? false;
  expect(verified(wrote("multus", STATUS))).toBe(true);
  expect(verified(wrote("kubectl", "other"), wrote("multus-daemon", STATUS))).toBe(true);
  expect(verified()).toBe(false);
  expect(verified(wrote("kubectl", STATUS))).toBe(false);
  expect(verified(wrote("multus", STATUS, {}))).toBe(false);
  expect(verified(wrote("multus", LEGACY_STATUS))).toBe(false);
  expect(verified(wrote("multus-evil", STATUS), wrote("multus", "other"))).toBe(false);
});
