import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError, NetworkError, NotSynced } from "../errors.ts";
import { SyncState } from "./sync-state.ts";

const request = { method: "GET", path: "/api/v1/nodes" };
const forbidden = new ApiError(request, 403, JSON.stringify({ reason: "Forbidden", message: "no" }));
const unavailable = new ApiError(request, 503, JSON.stringify({ reason: "ServiceUnavailable" }));
const outage = new NetworkError(request, new Error("connect ECONNREFUSED"));

let changes: boolean[];
let state: SyncState;

beforeEach(() => {
  vi.useFakeTimers();
  changes = [];
  state = new SyncState({
    resource: "nodes",
    staleAfterMs: 60_000,
    now: () => performance.now(),
    onChange: () => changes.push(state.isSynced),
  });
  state.start();
});
afterEach(() => {
  state.stop();
  vi.useRealTimers();
});

const reasonOf = (waiting: Promise<void>) =>
  waiting.then(
    () => "synced",
    (error: unknown) => (error instanceof NotSynced ? error.reason : error),
  );

it("is not known before a list, whatever else was heard", () => {
  state.confirmed();
  expect([state.isSynced, state.isListed]).toEqual([false, false]);
  state.listed();
  expect([state.isSynced, state.isListed]).toEqual([true, true]);
  expect(changes).toEqual([false, true]);
});

it("reports a change once, and nothing for each event", () => {
  state.listed();
  for (let event = 0; event < 100; event++) state.confirmed();
  expect(changes).toEqual([true]);
});

it("grows stale while the server rejects, and not in an outage", () => {
  state.listed();
  state.failed(outage);
  vi.advanceTimersByTime(600_000);
  expect(state.isSynced).toBe(true);
  state.failed(unavailable);
  vi.advanceTimersByTime(59_000);
  expect(state.isSynced).toBe(true);
  vi.advanceTimersByTime(1_002);
  expect(state.isSynced).toBe(false);
  expect(changes).toEqual([true, false]);
  state.confirmed();
  expect(state.isSynced).toBe(true);
});

it("counts its age from the last confirmation, which a failure is not", () => {
  vi.advanceTimersByTime(5_000);
  expect(state.staleSeconds).toBe(5);
  state.listed();
  vi.advanceTimersByTime(2_000);
  state.failed(unavailable);
  expect(state.staleSeconds).toBe(2);
  state.stop();
  expect(state.staleSeconds).toBe(0);
});

it("lets those who wait know how the wait ended", async () => {
  const patient = reasonOf(state.whenSynced());
  const limited = reasonOf(state.whenSynced(undefined, 1_000));
  const abort = new AbortController();
  const aborted = reasonOf(state.whenSynced(abort.signal));
  abort.abort();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await Promise.all([limited, aborted])).toEqual(["TimedOut", "Aborted"]);
  const rejected = reasonOf(state.whenSynced(undefined, 60_000));
  state.failed(forbidden);
  expect(await rejected).toBe("Rejected");
  expect(state.rejection?.message).toBe("nodes: forbidden: no");
  state.listed();
  expect(await patient).toBe("synced");
  expect(state.rejection).toBeUndefined();
  state.stop();
  expect(await reasonOf(state.whenSynced())).toBe("Stopped");
});
