import { expect, test } from "vitest";
import { nodeView } from "../../networks/cross-checks/node-view.ts";
import { nadView } from "../../networks/nad-view.ts";
import { type FailureView, failureView, rejectionOf } from "../../networks/outcome/sandbox-event.ts";
import { SandboxFailures } from "./sandbox-failures.ts";

const failure = (at: string, message: string): FailureView => ({
  uid: "u",
  pod: "apps/p",
  at,
  message,
  byMultus: true,
  node: "",
});

test("the latest counts, whatever the order; told once for each other message; gone with its event", () => {
  const told: string[] = [];
  const failures = new SandboxFailures((pod) => void told.push(pod));
  failures.set("e2", failure("2026-11-24T10:00:02Z", "second"));
  failures.set("e1", failure("2026-11-24T10:00:01Z", "first"));
  expect(failures.of("apps/p", "u")?.message).toBe("second");
  failures.set("e2", failure("2026-11-24T10:00:03Z", "second"));
  expect(told).toEqual(["apps/p"]);
  failures.set("e1", undefined);
  expect(failures.of("apps/p", "u")?.message).toBe("second");
  failures.set("e2", undefined);
  expect(failures.of("apps/p", "u")).toBeUndefined();
  expect(told).toEqual(["apps/p", "apps/p"]);
  failures.set("never seen", undefined);
});

test("an older failure is shown again when the event of the latest is gone", () => {
  const failures = new SandboxFailures(() => {});
  failures.set("e1", failure("2026-11-24T10:00:01Z", "first"));
  failures.set("forged", failure("2099-01-01T00:00:00Z", "forged"));
  failures.set("forged", undefined);
  expect(failures.of("apps/p", "u")?.message).toBe("first");
});

test("nothing is kept of what an event was about before it was changed", () => {
  const failures = new SandboxFailures(() => {});
  const at = "2026-11-24T10:00:01Z";
  failures.set("e", failure(at, "of u"));
  failures.set("e", { ...failure(at, "of v"), uid: "v" });
  expect(failures.of("apps/p", "u")).toBeUndefined();
  expect(failures.of("apps/p", "v")?.message).toBe("of v");
});

test("an event of another namespace with the pod's UID does not count for it", () => {
  const failures = new SandboxFailures(() => {});
  failures.set("e", { ...failure("2026-11-24T10:00:01Z", "forged"), pod: "evil/p" });
  expect(failures.of("apps/p", "u")).toBeUndefined();
});

test("a token that the API server rejects is one of Multus', and told with its time", () => {
  const at = "2026-11-24T10:00:02Z";
  const unauthorized = failure(at, "Multus: [apps/p/u]: error getting pod: Unauthorized");
  expect(rejectionOf(unauthorized)).toBe(Date.parse(at));
  expect(rejectionOf({ ...unauthorized, byMultus: false })).toBeUndefined();
  expect(rejectionOf({ ...unauthorized, at: "" })).toBeUndefined();
  expect(rejectionOf(failure(at, "no such network"))).toBeUndefined();
});

test("views: events of pods' sandboxes only, nodes' devices only, a NAD's last change", () => {
  const event = (reason: string, kind: string) =>
    failureView({
      reason,
      message: "no",
      lastTimestamp: null,
      involvedObject: { kind, namespace: "a", name: "p", uid: "u" },
      source: { component: "kubelet", host: "node-1" },
    });
  expect(event("FailedCreatePodSandBox", "Pod")).toMatchObject({
    pod: "a/p",
    uid: "u",
    at: "",
    node: "node-1",
  });
  expect(event("FailedCreatePodSandBox", "Node")).toBeUndefined();
  expect(event("Killing", "Pod")).toBeUndefined();
  const node = { metadata: { name: "n" }, status: { allocatable: { cpu: "2", "intel.com/vf": "4" } } };
  expect(nodeView(node)).toEqual({ name: "n", allocatable: { "intel.com/vf": "4" } });
  const nad = nadView({
    metadata: {
      namespace: "a",
      name: "n",
      generation: 2,
      creationTimestamp: "2026-11-24T09:00:00Z",
      managedFields: [
        { time: "2026-11-24T10:00:00Z", fieldsV1: { "f:spec": {} } },
        { time: "2026-11-24T11:00:00Z", fieldsV1: { "f:metadata": {} } },
      ],
    },
    spec: { config: "{}" },
  });
  expect(nad).toMatchObject({ generation: 2, config: "{}", changedAt: "2026-11-24T10:00:00Z" });
  expect(nadView({ metadata: { namespace: "a", name: "n" } }).config).toBe("");
});
