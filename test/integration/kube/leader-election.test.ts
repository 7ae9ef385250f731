import { pino } from "pino";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { KubeClient } from "../../../src/kube/client.ts";
import { connect } from "../../../src/kube/connection.ts";
import { LeaderElection } from "../../../src/kube/leader-election.ts";
import { type ControlPlane, startControlPlane } from "../../cluster/control-plane.ts";
import { promised } from "../../cluster/limits.ts";

let plane: ControlPlane;
let candidates: LeaderElection[] = [];

beforeAll(async () => {
  plane = await startControlPlane();
});
afterEach(async () => {
  for (const candidate of candidates) await candidate.release();
  candidates = [];
});
afterAll(async () => {
  await plane?.stop();
});

function candidate(name: string, identity: string, retrySeconds = 0.2): LeaderElection {
  const made = new LeaderElection({
    client: new KubeClient(connect({ kubeconfig: plane.kubeconfig })),
    log: pino({ level: "silent" }),
    namespace: "default",
    name,
    identity,
    leaseSeconds: 2,
    renewDeadlineSeconds: 1.5,
    retrySeconds,
  });
  candidates.push(made);
  return made;
}

const holder = async (name: string) =>
  await plane.kubectl("get", "lease", name, "-o", "jsonpath={.spec.holderIdentity} {.spec.leaseTransitions}");

it("lets one of two lead", async () => {
  const [a, b] = [candidate("one", "a"), candidate("one", "b")];
  await a.acquire();
  void a.hold();
  const waiting = b.acquire();
  await new Promise((resolve) => setTimeout(resolve, 3000)); // longer than the lease: a renews it
  expect([a.isLeading, b.isLeading]).toEqual([true, false]);
  await a.release();
  await waiting;
  expect(b.isLeading).toBe(true);
  expect(await holder("one")).toBe("b 1");
});

it("hands over at once when the leader gives up", async () => {
  const [a, b] = [candidate("two", "a"), candidate("two", "b", 30)];
  await a.acquire();
  const waiting = b.acquire();
  await new Promise((resolve) => setTimeout(resolve, 500)); // b has tried, and would try again in 30 s
  const start = performance.now();
  await a.release();
  await waiting;
  expect(performance.now() - start).toBeLessThan(promised(1000));
});

it("takes over from a leader that is not heard of any more", async () => {
  const [a, b] = [candidate("three", "a"), candidate("three", "b")];
  await a.acquire(); // and never renews
  const start = performance.now();
  await b.acquire();
  expect(performance.now() - start).toBeGreaterThan(1500);
  expect(await holder("three")).toBe("b 1");
});

it("tells a leader that another took the lease from it", async () => {
  const a = candidate("four", "a");
  await a.acquire();
  const lost = a.hold();
  await plane.kubectl("patch", "lease", "four", "--type=merge", "-p", '{"spec":{"holderIdentity":"thief"}}');
  await lost;
  expect(a.isLeading).toBe(false);
});

it("tells a leader in time that the API server hangs, before another could lead", async () => {
  const a = candidate("six", "a");
  await a.acquire();
  const start = performance.now();
  const lost = a.hold();
  plane.apiserver.suspend();
  try {
    await lost;
    expect(performance.now() - start).toBeLessThan(2000); // the lease's length
    expect(a.isLeading).toBe(false);
  } finally {
    plane.apiserver.resume();
  }
});

it("takes no lease once it was released while it was trying", async () => {
  const a = candidate("seven", "a");
  const refused = expect(a.acquire()).rejects.toThrow();
  await a.release();
  await refused;
  expect(a.isLeading).toBe(false);
  expect(await holder("seven").catch(() => "")).not.toMatch(/^a /);
});

it("tells a leader that cannot renew", async () => {
  const a = candidate("five", "a");
  await a.acquire();
  const lost = a.hold();
  await plane.apiserver.kill();
  await lost;
  expect(a.isLeading).toBe(false);
  await plane.apiserver.restart();
});
