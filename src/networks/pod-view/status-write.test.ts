import { expect, test } from "vitest";
import { podWithStatus, startedWithMultus, statusWriteOf } from "./status-write.ts";

const STATUS = "k8s.v1.cni.cncf.io/network-status";
const LEGACY_STATUS = "k8s.v1.cni.cncf.io/networks-status";
const [TEN, NOON] = ["2026-11-24T10:00:00Z", "2026-11-24T12:00:00Z"];

const owns = (annotation: string) => ({ "f:metadata": { "f:annotations": { [`f:${annotation}`]: {} } } });
const wrote = (manager: string, annotation: string, time = TEN, subresource = "status") => ({
  ...{ manager, time, operation: "Update", fieldsV1: owns(annotation) },
  ...(subresource ? { subresource } : {}),
});
const running = (startedAt: string) => ({ state: { running: { startedAt } } });
const read = (managedFields: object[], status: object = {}, annotation = STATUS) =>
  statusWriteOf(
    podWithStatus.parse({ metadata: { annotations: { [annotation]: "[]" }, managedFields }, status }),
  );
const at = (managedFields: object[], status?: object) => {
  const { attachedAt } = read(managedFields, status);
  return attachedAt && new Date(attachedAt).toISOString().replace(".000", "");
};

test("attached when the status was written, else at the latest when the first container started", () => {
  const managedFields = [
    { time: TEN, fieldsV1: owns(STATUS) },
    { time: NOON, fieldsV1: owns("other") },
    { time: "2026-11-24T13:00:00Z", fieldsV1: { "f:status": {} } },
  ];
  const status = {
    initContainerStatuses: [{}],
    containerStatuses: [running("2026-11-24T11:00:00Z"), running("2026-11-24T10:30:00Z")],
  };
  expect(at(managedFields, status)).toBe(TEN);
  expect(at([], status)).toBe("2026-11-24T10:30:00Z");
  expect(at([wrote("multus", STATUS, "")], status)).toBe("2026-11-24T10:30:00Z");
  expect(at([])).toBeUndefined();
});

test("attached when Multus wrote the annotation that counts, whatever others write afterwards", () => {
  const multus = wrote("multus", STATUS);
  expect(at([multus, wrote("kubectl-annotate", LEGACY_STATUS, NOON, "")])).toBe(TEN);
  // Server-side apply of the same text makes a second owner.
  expect(at([multus, wrote("argocd", STATUS, NOON, "")])).toBe(TEN);
  expect(at([multus, wrote("multus", STATUS, NOON)])).toBe(NOON);
  expect(at([wrote("kubectl-annotate", STATUS, NOON, "")])).toBe(NOON);
});

test("a status is verified if Multus wrote this annotation through pods/status", () => {
  const verified = (...managedFields: object[]) => read(managedFields).verified;
  expect(verified(wrote("multus", STATUS))).toBe(true);
  expect(verified(wrote("kubectl", "other"), wrote("multus-daemon", STATUS))).toBe(true);
  expect(verified()).toBe(false);
  expect(verified(wrote("kubectl", STATUS))).toBe(false);
  expect(verified(wrote("multus", STATUS, TEN, ""))).toBe(false);
  expect(verified(wrote("multus", LEGACY_STATUS))).toBe(false);
  expect(verified(wrote("multus-evil", STATUS), wrote("multus", "other"))).toBe(false);
  expect(read([wrote("multus", LEGACY_STATUS)], {}, LEGACY_STATUS).verified).toBe(true);
});

test("started with Multus when its newest container that runs started, if Multus reported its networks", () => {
  const status = {
    initContainerStatuses: [{ state: { terminated: { startedAt: "2026-11-24T13:00:00Z" } } }],
    containerStatuses: [running(TEN), running(NOON)],
  };
  const startedAt = (managedFields: object[], found: object = status) =>
    startedWithMultus(
      podWithStatus.parse({ metadata: { annotations: { [STATUS]: "[]" }, managedFields }, status: found }),
    );
  expect(startedAt([wrote("multus", STATUS)])).toBe(Date.parse(NOON));
  expect(startedAt([wrote("kubectl", STATUS)])).toBeUndefined();
  expect(startedAt([])).toBeUndefined();
  expect(startedAt([wrote("multus", STATUS)], {})).toBeUndefined();
});
