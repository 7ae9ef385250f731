import { expect, it } from "vitest";
import { ApiError, NetworkError } from "./errors.ts";
import { isRefusal, isStopped, NotSynced } from "./not-synced.ts";

const request = { method: "GET", path: "/api/v1/nodes" };
const answer = (status: number, body: object | string) =>
  new ApiError(request, status, typeof body === "string" ? body : JSON.stringify(body));

it("names the resource and why, in the server's words", () => {
  const forbidden = answer(403, { reason: "Forbidden", message: 'User "x" cannot list resource "nodes"' });
  expect(new NotSynced("nodes", "Refused", forbidden).message).toBe(
    'nodes: forbidden: User "x" cannot list resource "nodes"',
  );
  expect(new NotSynced("nodes", "TimedOut").message).toBe("nodes: not listed yet");
  expect(new NotSynced("nodes", "TimedOut", answer(429, { reason: "TooManyRequests" })).message).toBe(
    "nodes: not listed yet: 429 TooManyRequests",
  );
  const cut = new NetworkError(request, new Error("other side closed"));
  expect(new NotSynced("nodes", "TimedOut", cut).message).toMatch(
    /^nodes: not listed yet: .*other side closed/,
  );
  expect(new NotSynced("nodes", "TimedOut", cut).cause).toBe(cut);
});

it("tells what ends with the program from what may come to be known", () => {
  expect(isStopped(new NotSynced("nodes", "Stopped"))).toBe(true);
  expect(isStopped(new NotSynced("nodes", "Aborted"))).toBe(true);
  expect(isStopped(new NotSynced("nodes", "TimedOut"))).toBe(false);
  expect(isStopped(new Error("other"))).toBe(false);
  expect(isRefusal(answer(403, {}))).toBe(true);
  expect(isRefusal(answer(503, {}))).toBe(false);
});
