import { expect, test } from "vitest";
import { statusOf } from "./packed-status.ts";
import { podFacts } from "./pod-view.ts";
import { PodViews } from "./pod-views.ts";

const NETWORKS = "k8s.v1.cni.cncf.io/networks";
const STATUS = "k8s.v1.cni.cncf.io/network-status";

interface PodOptions {
  namespace?: string;
  name?: string;
  annotations?: Record<string, string>;
  managedFields?: object[];
  spec?: object;
}
const pod = ({
  namespace = "apps",
  name = "p",
  annotations = {},
  managedFields = [],
  spec = {},
}: PodOptions = {}) => ({
  metadata: { name, namespace, uid: "u", annotations, managedFields },
  spec: { nodeName: "n1", containers: [], ...spec },
  status: { phase: "Running", podIP: "10.0.0.1" },
});
const asking = { [NETWORKS]: "net,bare" };

test("a pod that asks for nothing is not kept, unless it runs the dhcp daemon", () => {
  const views = new PodViews();
  expect(views.keep(pod())).toBeUndefined();
  expect(views.keep(pod({ annotations: { [NETWORKS]: "" } }))).toBeUndefined();
  const daemon = pod({ spec: { containers: [{ command: ["/opt/cni/bin/dhcp", "daemon"] }] } });
  expect(views.keep(daemon)).toMatchObject({
    dhcpDaemon: true,
    node: "n1",
    request: { ok: true, requests: [] },
  });
});

test("what is kept of a pod, and what outcomes are evaluated by", () => {
  const fieldsV1 = { "f:metadata": { "f:annotations": { [`f:${STATUS}`]: {} } } };
  const managedFields = [
    { manager: "multus", subresource: "status", time: "2026-11-24T10:00:00Z", fieldsV1 },
  ];
  const annotations = { ...asking, [STATUS]: '[{"name":"apps/net"},{"name":"apps/bare"}]' };
  const view = new PodViews().keep(pod({ annotations, managedFields }));
  expect(view).toMatchObject({
    ...{ uid: "u", phase: "Running", node: "n1", hostNetwork: false, hasAddress: true, terminating: false },
    ...{ asked: "net,bare", verified: true, attachedAt: Date.parse("2026-11-24T10:00:00Z") },
  });
  expect(view && podFacts("apps", "p", view, undefined)).toMatchObject({
    ...{
      namespace: "apps",
      name: "p",
      phase: "Running",
      node: "n1",
      attachedAt: Date.parse("2026-11-24T10:00:00Z"),
    },
    status: { ok: true, entries: [{ name: "apps/net" }, { name: "apps/bare" }] },
  });
  // If nothing was reported, nothing is attached.
  const waiting = new PodViews().keep(pod({ annotations: asking, managedFields }));
  expect(waiting).not.toHaveProperty("attachedAt");
  expect(waiting).not.toHaveProperty("verified");
  expect(waiting && statusOf(waiting)).toBeUndefined();
});

test("what is no pod throws", () => {
  expect(() => new PodViews().keep({ metadata: { annotations: asking } })).toThrow();
});

test("a request that is too long is not read, and the view states why", () => {
  const view = new PodViews().keep(pod({ annotations: { [NETWORKS]: `net,${"n".repeat(20_000)}` } }));
  expect(view).toMatchObject({
    ...{ asked: "", unread: "request too large" },
    request: { ok: false, problem: { code: "TOO_LARGE" } },
  });
});

test("the long texts of one namespace are bounded; what is given back may be taken again", () => {
  const views = new PodViews();
  const asks = (namespace: string, n: number) =>
    pod({ namespace, name: `p${n}`, annotations: { [NETWORKS]: `net${n},${"n".repeat(15_000)}` } });
  const kept = Array.from({ length: 100 }, (_, n) => views.keep(asks("hostile", n)));
  const full = kept.findIndex((view) => view?.unread === "namespace full");
  expect(full).toBeGreaterThan(30);
  expect(full).toBeLessThan(36);
  expect(kept[full]?.request).toMatchObject({ ok: false, problem: { code: "TOO_LARGE" } });
  expect(views.keep(asks("apps", 1))).not.toHaveProperty("unread");
  views.forget("hostile/p0");
  expect(views.keep(asks("hostile", full))).not.toHaveProperty("unread");
  // One pod whose annotation is changed a thousand times takes the place of one.
  const edits = Array.from({ length: 1000 }, (_, n) =>
    views.keep(pod({ annotations: { [NETWORKS]: `n${n},${"n".repeat(15_000)}` } })),
  );
  expect(edits.filter((view) => view?.unread !== undefined)).toEqual([]);
});

test("long statuses count by their bytes, three for each of these characters", () => {
  const views = new PodViews();
  const annotations = { ...asking, [STATUS]: JSON.stringify([{ name: "€".repeat(60_000) }]) };
  const kept = Array.from({ length: 30 }, (_, n) => views.keep(pod({ name: `p${n}`, annotations })));
  expect(kept.filter((view) => typeof view?.reported === "string")).toHaveLength(23);
  expect(kept.at(-1)).toMatchObject({ unread: "namespace full", reported: { code: "TOO_LARGE" } });
});
