import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from "vitest";
import { type ClientHooks, KubeClient } from "../../../src/kube/client.ts";
import { connect } from "../../../src/kube/connection.ts";
import { LeaderElection } from "../../../src/kube/leader-election/leader-election.ts";
import { type ControlPlane, startControlPlane } from "../../cluster/control-plane.ts";
import { waitUntil } from "../../cluster/daemon.ts";

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

/** Lasts long enough for a leader to renew it on a machine whose API server answers after seconds. */
const LASTING = { leaseSeconds: 6, renewDeadlineSeconds: 5 };
/** Whatever a leader learns in a test, it does not learn from a renewal. */
const RARELY = { leaseSeconds: 3600, renewDeadlineSeconds: 2700, retrySeconds: 360 };

function candidate(
  name: string,
  identity: string,
  times: { leaseSeconds?: number; renewDeadlineSeconds?: number; retrySeconds?: number } = {},
  hooks?: ClientHooks,
): LeaderElection {
  const made = new LeaderElection({
    client: new KubeClient(connect({ kubeconfig: plane.kubeconfig }), hooks),
    log: pino({ level: "silent" }),
    namespace: "default",
    name,
    identity,
    ...{ leaseSeconds: 2, renewDeadlineSeconds: 1.5, retrySeconds: 0.2, ...times },
  });
  candidates.push(made);
  return made;
}

const holder = async (name: string) =>
  await plane.kubectl("get", "lease", name, "-o", "jsonpath={.spec.holderIdentity} {.spec.leaseTransitions}");

it("lets one of two lead", async () => {
  const [a, b] = [candidate("one", "a", LASTING), candidate("one", "b", LASTING)];
  await a.acquire();
  void a.hold();
  const waiting = b.acquire();
  await sleep(7000); // longer than the lease: a renews it
  expect([a.isLeading, b.isLeading]).toEqual([true, false]);
  await a.release();
  await waiting;
  expect(b.isLeading).toBe(true);
  expect(await holder("one")).toBe("b 1");
});

it("lets another lead when the leader gives up, long before it would try again", async () => {
  const [a, b] = [candidate("two", "a"), candidate("two", "b", { retrySeconds: 30 })];
  await a.acquire();
  const waiting = b.acquire();
  await sleep(500); // b has tried, and would try again in 30 s
  await a.release();
  await waiting; // test/limits measures how long
  expect([a.isLeading, b.isLeading]).toEqual([false, true]);
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

it("tells a leader at once that another took the lease, not only when it would renew it", async () => {
  const a = candidate("ten", "a", RARELY);
  await a.acquire();
  const lost = a.hold();
  await plane.kubectl("patch", "lease", "ten", "--type=merge", "-p", '{"spec":{"holderIdentity":"thief"}}');
  await lost;
  expect(a.isLeading).toBe(false);
}, 60_000);

it("lets one of two lead on after the lease was deleted, and tells the other at once", async () => {
  const [a, b] = [candidate("eleven", "a", RARELY), candidate("eleven", "b", RARELY)];
  await a.acquire();
  let lost = false;
  void a.hold().then(() => {
    lost = true;
  });
  const waiting = b.acquire().catch(() => {});
  await plane.kubectl("delete", "lease", "eleven");
  const found = async () => [await holder("eleven").catch(() => ""), lost].join();
  await waitUntil("a to have the lease again, or to know that b has it", async () =>
    ["a 0,false", "b 0,true"].includes(await found()),
  );
  await b.release();
  await waiting;
}, 60_000);

it("leads no longer, in time, while the API server hangs, and leads again after it", async () => {
  const a = candidate("six", "a");
  await a.acquire();
  const start = performance.now();
  void a.hold();
  plane.apiserver.suspend();
  try {
    let ledAt = start;
    await waitUntil(
      "a to lead no longer",
      () => {
        const asked = performance.now();
        const { isLeading } = a;
        if (isLeading) ledAt = asked;
        return !isLeading;
      },
      { everyMs: 10 },
    );
    expect(ledAt - start).toBeLessThan(2000); // the lease's length
  } finally {
    plane.apiserver.resume();
  }
  await waitUntil("a to lead again", async () => a.isLeading);
  expect(await holder("six")).toBe("a 0");
});

it("takes no lease once it was released while it was trying", async () => {
  const a = candidate("seven", "a");
  const rejected = expect(a.acquire()).rejects.toThrow();
  await a.release();
  await rejected;
  expect(a.isLeading).toBe(false);
  expect(await holder("seven").catch(() => "")).not.toMatch(/^a /);
});

it("leaves the lease with its leader through an outage of the API server", async () => {
  const [a, b] = [candidate("five", "a", LASTING), candidate("five", "b", LASTING)];
  await a.acquire();
  let lost = false;
  void a.hold().then(() => {
    lost = true;
  });
  const waiting = b.acquire().catch(() => {});
  await sleep(500);
  await plane.apiserver.kill();
  await sleep(7000); // longer than the lease
  expect([a.isLeading, b.isLeading, lost]).toEqual([false, false, false]);
  await plane.apiserver.restart();
  await waitUntil("a to lead again", async () => a.isLeading);
  await sleep(3000);
  expect([a.isLeading, b.isLeading, lost]).toEqual([true, false, false]);
  expect(await holder("five")).toBe("a 0");
  await b.release();
  await waiting;
});

it("does not take back a lease that another had meanwhile, even if it is free again", async () => {
  const a = candidate("eight", "a");
  await a.acquire();
  const lost = a.hold();
  await plane.kubectl("patch", "lease", "eight", "--type=merge", "-p", '{"spec":{"holderIdentity":""}}');
  await lost;
  expect(a.isLeading).toBe(false);
});

it("ends the leader and the others after etcd was restored from a snapshot, whose copies would stay too new", async () => {
  const snapshot = mkdtempSync(join(tmpdir(), "etcd-"));
  onTestFinished(() => rmSync(snapshot, { recursive: true }));
  let reads = 0;
  const after: ClientHooks["after"] = ({ method }, status) => {
    if (method === "GET" && status === 200) reads++;
  };
  const [a, b] = [candidate("nine", "a"), candidate("nine", "b", {}, { after })];
  await a.acquire();
  const held = a.hold().catch((error: unknown) => error);
  const waiting = b.acquire().catch((error: unknown) => error);
  await plane.whileEtcdIsStopped((data) => cpSync(data, snapshot, { recursive: true }));
  const renewals = async () =>
    await plane.kubectl("get", "lease", "nine", "-o", "jsonpath={.spec.renewTime}");
  const before = await renewals();
  await waitUntil("a to renew the lease", async () => (await renewals()) !== before);
  const readBefore = reads; // the next of b's reads may be under way
  await waitUntil("b to read it", () => reads > readBefore + 1);
  await plane.whileEtcdIsStopped((data) => {
    rmSync(data, { recursive: true });
    cpSync(snapshot, data, { recursive: true });
  });
  const error = { code: "HISTORY_REPLACED", message: expect.stringMatching(/Lease default\/nine went back/) };
  expect(await Promise.all([held, waiting])).toMatchObject([error, error]);
  expect([a.isLeading, b.isLeading]).toEqual([false, false]);
});
