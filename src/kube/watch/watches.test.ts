import { pino } from "pino";
import { expect, it } from "vitest";
import { KubeClient } from "../client.ts";
import { Connection } from "../connection.ts";
import { NetworkError } from "../errors.ts";
import { NODES } from "../resource.ts";
import { Reflector } from "./reflector.ts";
import { Watches } from "./watches.ts";

it("knows the longest silence, and the staleness of each resource", () => {
  const watches = new Watches();
  const nodes = { plural: "nodes", silenceSeconds: 1, staleSeconds: 700 };
  for (const watch of [
    nodes,
    { ...nodes, staleSeconds: 3 },
    { plural: "pods", silenceSeconds: 5, staleSeconds: 2 },
  ])
    watches.add(watch);
  expect(watches.silenceSeconds).toBe(5);
  expect([...watches.staleness()]).toEqual([
    ["nodes", 700],
    ["pods", 2],
  ]);
  expect(watches.unconfirmedSeconds).toBe(2);
  expect(new Watches().unconfirmedSeconds).toBe(0);
  watches.delete(nodes);
  expect(watches.staleness().get("nodes")).toBe(3);
});

const HOUR = 3_600_000;

/** A watch whose requests end as `answer` does, with a clock of the test's own. */
function watchOf(answer: () => Promise<void>) {
  const connection = new Connection();
  connection.loadFromOptions({
    clusters: [{ name: "c", server: "http://127.0.0.1:1", skipTLSVerify: true }],
    users: [],
    contexts: [{ name: "c", cluster: "c", user: "" }],
    currentContext: "c",
  });
  const client = new KubeClient(connection, { before: answer });
  const clock = { ms: 0 };
  const reflector = new Reflector<true>({
    client,
    log: pino({ level: "silent" }),
    type: NODES,
    project: () => true,
    onChange: () => {},
    now: () => clock.ms,
  });
  return { client, clock, reflector };
}

it("is not silent after an hour as standby, in which it was not started", async () => {
  const { client, clock, reflector } = watchOf(() => new Promise(() => {}));
  clock.ms += HOUR;
  expect([reflector.silenceSeconds, client.watches.silenceSeconds]).toEqual([0, 0]);
  reflector.start();
  expect([reflector.silenceSeconds, client.watches.silenceSeconds]).toEqual([0, 0]);
  clock.ms += 5000; // the first list has no answer yet: that is silence
  expect(client.watches.silenceSeconds).toBe(5);
  void reflector.stop();
  expect([reflector.silenceSeconds, client.watches.silenceSeconds]).toEqual([0, 0]);
});

it("grows stale, and not silent, while the API server is away for 15 minutes", async () => {
  const silences: number[] = [];
  const { client, clock, reflector } = watchOf(async () => {
    silences.push(client.watches.silenceSeconds);
    clock.ms += 180_000; // until the connection is refused
    throw new NetworkError({ method: "GET", path: "/api/v1/nodes" }, new Error("connect ECONNREFUSED"));
  });
  reflector.start();
  while (silences.length < 5) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(silences).toEqual([0, 0, 0, 0, 0]);
  expect(client.watches.staleness().get("nodes")).toBeGreaterThanOrEqual(900);
  await reflector.stop();
});
