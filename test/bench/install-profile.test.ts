import { expect, test } from "vitest";
import type { AuditEvent } from "../cluster/audit.ts";
import { precise, profileTable } from "./install-profile.ts";

const CREATED = precise("2026-01-01T00:00:00.000500Z");

/** @param from in ms after the MultusInstall was created */
function event(verb: string, resource: string, from: number, took: number, more: object = {}): AuditEvent {
  const at = (ms: number) => `2026-01-01T00:00:00.${String(500 + ms * 1000).padStart(6, "0")}Z`;
  return {
    ...{ verb, requestURI: "", user: { username: "operator" }, objectRef: { resource, ...more } },
    ...{ requestReceivedTimestamp: at(from), stageTimestamp: at(from + took) },
  };
}

test("the requests of a step are one row, with what the API server worked on them and on the longest", () => {
  const events = [
    event("patch", "daemonsets", 20, 5),
    event("get", "daemonsets", 2, 3, { name: "a" }),
    event("get", "daemonsets", 1, 1, { name: "b" }),
    event("patch", "validatingadmissionpolicies", 3, 40, { apiGroup: "admissionregistration.k8s.io" }),
  ];
  const table = profileTable([{ events, created: CREATED }]);
  expect(table.split("\n").slice(2, 5)).toEqual([
    "| Read what is there | 2 GET daemonsets | 1 | 5 | 4 | 3 |",
    "| Apply the DaemonSet | PATCH daemonsets | 20 | 25 | 5 | 5 |",
    "| Meanwhile: other controllers | PATCH validatingadmissionpolicies | 3 | 43 | 40 | 40 |",
  ]);
  expect(table).toContain("take 8 ms together");
});
