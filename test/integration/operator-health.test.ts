import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connect } from "../../src/kube/connection.ts";
import { MultusOperator } from "../../src/operator.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { applyInstallDefinition } from "./install-controller.ts";
import { FaultProxy, isWatch } from "./kube/fault-proxy.ts";

/** Whole operators, whose liveness limit is seconds instead of ten minutes: what may not restart a replica does not. */

const LIMIT_SECONDS = 15;
/** Longer than the limit, and than a Lease lasts (15 s). */
const OUTAGE_SECONDS = 22;
const NAMESPACE = "multus-operator";

let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let proxy: FaultProxy;
const replicas: Replica[] = [];

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true });
  kubectl = new Kubectl(plane.kubeconfig);
  await applyInstallDefinition(kubectl);
  await kubectl.run("create", "namespace", NAMESPACE);
  proxy = await FaultProxy.start(plane);
});
afterAll(async () => {
  for (const replica of replicas) await replica.stop();
  await proxy?.[Symbol.asyncDispose]();
  await plane?.stop();
});

/**
 * Bookmarks come once a minute. With a limit of seconds something else must be heard of a quiet watch: it is cut off
 * again and again, and every end is an answer. Ten times in the limit: on a busy machine an API server's next answer takes
 * seconds, too.
 */
const cutsWatches: FaultProxy["fault"] = (request) =>
  isWatch(request) && { cutAfterBytes: Number.POSITIVE_INFINITY, cutAfterMs: 1500 };

/** An operator in this process, and every answer of its /healthz. */
class Replica {
  readonly #operator: MultusOperator;
  /** How it ended; undefined while it runs. */
  ended: string | undefined;
  unhealthy: string[] = [];
  asked = 0;
  #port: number | undefined;
  readonly #asking = setInterval(() => void this.#ask(), 200);

  constructor() {
    const write = (line: string) => {
      const { msg, healthPort } = JSON.parse(line) as { msg: string; healthPort?: number };
      if (msg === "started") this.#port = healthPort;
    };
    this.#operator = new MultusOperator({
      connection: connect({ kubeconfig: proxy.kubeconfig }),
      log: pino({}, { write }),
      healthPort: 0,
      namespace: NAMESPACE,
      leaseNamespace: NAMESPACE,
      maxSilenceSeconds: LIMIT_SECONDS,
    });
    replicas.push(this);
    this.#operator.start().then(
      () => {
        this.ended = "ended";
      },
      (error: unknown) => {
        this.ended = String(error);
      },
    );
  }

  async stop(): Promise<void> {
    clearInterval(this.#asking);
    await this.#operator.stop();
  }

  async leads(): Promise<boolean> {
    if (this.#port === undefined) return false;
    const text = await (await fetch(`http://127.0.0.1:${this.#port}/metrics`)).text();
    return text.includes(`leader_election_master_status{name="${NAMESPACE}"} 1`);
  }

  async #ask(): Promise<void> {
    if (this.#port === undefined) return;
    const response = await fetch(`http://127.0.0.1:${this.#port}/healthz`).catch(() => undefined);
    if (!response) return;
    this.asked++;
    if (!response.ok) this.unhealthy.push(await response.text());
  }
}

const seconds = (count: number) => new Promise((resolve) => setTimeout(resolve, count * 1000));
const apply = async (spec: object) => await new TestInstall(kubectl).apply(spec);

it("a standby that waited longer than the liveness limit takes over and stays healthy", async () => {
  proxy.fault = cutsWatches;
  const first = new Replica();
  await waitUntil("the first to lead", () => first.leads());
  const standby = new Replica();
  await seconds(LIMIT_SECONDS + 2);
  expect(await standby.leads()).toBe(false);
  await first.stop();
  await waitUntil("the standby to lead", () => standby.leads());
  await apply({});
  await new TestInstall(kubectl).reason("Ready", "NoMatchingNodes");
  await seconds(LIMIT_SECONDS + 2);
  expect(standby.asked).toBeGreaterThan(10);
  expect(standby.unhealthy).toEqual([]);
  expect(standby.ended).toBeUndefined();
});

it("an outage of the API server that is longer than the limit restarts no replica", async () => {
  const [, leader] = replicas;
  const standby = new Replica();
  await waitUntil("the standby to be asked", () => standby.asked > 0);
  proxy.fault = (_, response) => {
    response.destroy();
    return true;
  };
  proxy.reset();
  await seconds(OUTAGE_SECONDS);
  const during = [leader, standby].map((replica) => replica?.asked);
  expect(await Promise.all([leader?.leads(), standby.leads()])).toEqual([false, false]);
  proxy.fault = cutsWatches;
  await waitUntil("one to lead", async () => (await leader?.leads()) !== (await standby.leads()));
  await apply({ logging: { level: "debug" } });
  await waitUntil("the change to be applied", async () => {
    const configuration = await kubectl.run("get", "multusinstall", "multus", "-o", "json");
    const { metadata, status } = JSON.parse(configuration) as {
      metadata: { generation: number };
      status: { observedGeneration: number };
    };
    return status.observedGeneration === metadata.generation;
  });
  expect(Math.min(...during.map((count) => count ?? 0))).toBeGreaterThan(10);
  for (const replica of [leader, standby]) {
    expect(replica?.unhealthy).toEqual([]);
    expect(replica?.ended).toBeUndefined();
  }
});
