import { expect, it } from "vitest";
import {
  ApiError,
  isApplyConflict,
  isNamespaceMissing,
  isNamespaceTerminating,
  isNotFound,
  isRejection,
  isStopped,
  NetworkError,
  NotSynced,
} from "./errors.ts";

const patch = { method: "PATCH", path: "/x" };
const get = { method: "GET", path: "/x" };
const status = (reason: string, details: object = {}) =>
  JSON.stringify({ kind: "Status", reason, message: "no", details });

it("reads metav1.Status, with the causes and the time to wait", () => {
  const error = new ApiError(
    patch,
    409,
    status("Conflict", { causes: [{ field: ".data.a", message: "held" }], retryAfterSeconds: 3 }),
  );
  expect(error).toMatchObject({
    reason: "Conflict",
    method: "PATCH",
    path: "/x",
    statusMessage: "no",
    causes: [{ reason: "", field: ".data.a", message: "held" }],
    retryAfterSeconds: 3,
  });
  expect(error.message).toBe("PATCH /x: 409 Conflict no");
  expect(isApplyConflict(error)).toBe(true);
  expect(isApplyConflict(new ApiError(patch, 409, status("Conflict")))).toBe(false);
});

it("keeps the beginning of an answer that is no Status, as a proxy gives", () => {
  const error = new ApiError(get, 502, `<html>${"x".repeat(1000)}`, "7");
  expect(error.message.length).toBeLessThan(300);
  expect([error.retryAfterSeconds, error.isTransient]).toEqual([7, true]);
});

it("waits at most a minute, however long a load balancer in maintenance asks for, and not for what is no number", () => {
  const waits = ["3600", "Infinity", "9e9", "5", "0", "-1", "Fri, 27 Nov 2026 17:00:00 GMT"].map(
    (retryAfter) => new ApiError(get, 503, "", retryAfter).retryAfterSeconds,
  );
  expect(waits).toEqual([60, 60, 60, 5, undefined, undefined, undefined]);
});

it("tells what may pass by itself from what will not", () => {
  const transient = [408, 409, 429, 500, 503].map((code) => new ApiError(get, code, "").isTransient);
  const final = [400, 401, 403, 404, 410, 422].map((code) => new ApiError(get, code, "").isTransient);
  expect([new Set(transient), new Set(final)]).toEqual([new Set([true]), new Set([false])]);
  expect(isNotFound(new ApiError(get, 404, ""))).toBe(true);
  expect(isNotFound(new NetworkError(get, new Error("rejected")))).toBe(false);
});

it("recognizes a missing and a terminating namespace by the answer's details, not by its words", () => {
  const missing = new ApiError(patch, 404, status("NotFound", { kind: "namespaces", name: "a" }));
  const other = new ApiError(patch, 404, status("NotFound", { kind: "daemonsets", name: "a" }));
  expect([missing, other].map(isNamespaceMissing)).toEqual([true, false]);
  const causes = [{ reason: "NamespaceTerminating", message: "namespace a is being terminated" }];
  const ending = new ApiError(patch, 403, status("Forbidden", { causes }));
  const forbidden = new ApiError(patch, 403, status("Forbidden", { causes: null }));
  expect([ending, forbidden].map(isNamespaceTerminating)).toEqual([true, false]);
});

const nodes = { method: "GET", path: "/api/v1/nodes" };
const answer = (status: number, body: object | string) =>
  new ApiError(nodes, status, typeof body === "string" ? body : JSON.stringify(body));

it("names the resource and why, in the server's words", () => {
  const forbidden = answer(403, { reason: "Forbidden", message: 'User "x" cannot list resource "nodes"' });
  expect(new NotSynced("nodes", "Rejected", forbidden).message).toBe(
    'nodes: forbidden: User "x" cannot list resource "nodes"',
  );
  expect(new NotSynced("nodes", "TimedOut").message).toBe("nodes: not listed yet");
  expect(new NotSynced("nodes", "TimedOut", answer(429, { reason: "TooManyRequests" })).message).toBe(
    "nodes: not listed yet: 429 TooManyRequests",
  );
  const cut = new NetworkError(nodes, new Error("other side closed"));
  expect(new NotSynced("nodes", "TimedOut", cut).message).toMatch(
    /^nodes: not listed yet: .*other side closed/,
  );
  expect(new NotSynced("nodes", "TimedOut", cut).cause).toBe(cut);
});

it("separates what ends with the program from what may become known", () => {
  expect(isStopped(new NotSynced("nodes", "Stopped"))).toBe(true);
  expect(isStopped(new NotSynced("nodes", "Aborted"))).toBe(true);
  expect(isStopped(new NotSynced("nodes", "TimedOut"))).toBe(false);
  expect(isStopped(new Error("other"))).toBe(false);
  expect(isRejection(answer(403, {}))).toBe(true);
  expect(isRejection(answer(503, {}))).toBe(false);
});
