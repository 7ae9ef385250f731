import { beforeEach, describe, expect, it } from "vitest";
import { ApiError, NetworkError } from "../errors.ts";
import { LeaseObservation, type Renewal } from "./lease-observation.ts";

let clock: number;
let observation: LeaseObservation;

beforeEach(() => {
  clock = 5_000_000;
  observation = new LeaseObservation(() => clock);
});

const at = (seconds: number) => {
  clock = 5_000_000 + seconds * 1000;
};
const renewal = (more: Partial<Renewal> = {}): Renewal => ({
  holder: "a",
  renewTime: "2026-11-27T12:00:00.000000Z",
  durationSeconds: 15,
  ...more,
});
/** The lease is read at that second. */
const read = (seconds: number, more?: Partial<Renewal>) => {
  at(seconds);
  observation.answered();
  observation.saw(renewal(more));
};
const isExpiredAt = (seconds: number) => {
  at(seconds);
  return observation.isExpired;
};
const LEASE = { method: "GET", path: "/apis/coordination.k8s.io/v1/namespaces/operator/leases/l" };
const unreachable = new NetworkError(LEASE, new Error("ECONNREFUSED"));

it("has not expired before it was seen", () => {
  expect(observation.isExpired).toBe(false);
});

it("expires after its whole duration without a renewal, counted from when this process first saw it", () => {
  for (const seconds of [0, 5, 10]) read(seconds);
  expect([isExpiredAt(15), isExpiredAt(15.001)]).toEqual([false, true]);
});

it.each([
  ["is renewed", { renewTime: "2026-11-27T12:00:10.000000Z" }],
  ["is renewed by a clock that is behind", { renewTime: "2020-01-01T00:00:00.000000Z" }],
  ["has another holder", { holder: "b" }],
])("lasts its duration again when it %s", (_, change) => {
  read(0);
  read(10, change);
  expect([isExpiredAt(25), isExpiredAt(25.001)]).toEqual([false, true]);
});

it("lasts as long as the holder wrote, which may differ from this process' own", () => {
  read(0, { durationSeconds: 60 });
  expect([isExpiredAt(60), isExpiredAt(60.001)]).toEqual([false, true]);
});

describe("an outage of the API server", () => {
  it("does not count: the holder has the rest of its lease after it", () => {
    read(0);
    read(10);
    observation.failed(unreachable);
    read(100);
    expect([isExpiredAt(105), isExpiredAt(105.001)]).toEqual([false, true]);
  });

  it.each([429, 500, 503])("is what an API server has that answers with %i", (status) => {
    read(0);
    observation.failed(new ApiError(LEASE, status, ""));
    read(14);
    expect([isExpiredAt(28), isExpiredAt(29.001)]).toEqual([false, true]);
  });

  it("counts from the last answer, with all failures in between", () => {
    read(0);
    read(4);
    for (const seconds of [6, 8, 30]) {
      at(seconds);
      observation.failed(new ApiError(LEASE, 503, ""));
    }
    read(34);
    expect([isExpiredAt(45), isExpiredAt(45.001)]).toEqual([false, true]);
  });

  it("is over with the first answer: time after it counts", () => {
    read(0);
    observation.failed(unreachable);
    read(50);
    read(60);
    expect([isExpiredAt(65), isExpiredAt(65.001)]).toEqual([false, true]);
  });

  it("counts from the renewal if that was seen after the last answer", () => {
    at(0);
    observation.answered();
    at(8);
    observation.saw(renewal());
    observation.failed(unreachable);
    read(20);
    expect([isExpiredAt(35), isExpiredAt(35.001)]).toEqual([false, true]);
  });

  it("is not what a rejection shows: a lost race is an answer", () => {
    read(0);
    observation.failed(new ApiError(LEASE, 409, ""));
    read(14);
    expect(isExpiredAt(15.001)).toBe(true);
  });
});
