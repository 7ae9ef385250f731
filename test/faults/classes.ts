import { MULTUS_INSTALL } from "../../src/crds/multus-install/multus-install.ts";
import { DAEMON_SETS, LEASES, type ObjectRef, refOf } from "../../src/kube/resource.ts";
import { GUARD } from "../../src/render/rollout-guard.ts";
import { isDecisive, isWrite, type Request } from "./place.ts";
import { pick } from "./plan.ts";
import { after, type Scene } from "./scene.ts";
import type { Decide, Exchange, Fate, Refusal } from "./stage/proxy.ts";
import { SPEED } from "./stage/speed.ts";
import { NAMESPACE, NODE_NAMES } from "./stage/stage.ts";
import {
  bookmarksOnly,
  coalesced,
  dropped,
  duplicated,
  failing,
  frozen,
  halfOpen,
  reordered,
} from "./streams.ts";

/** A kind of fault. */
export interface FaultClass {
  name: string;
  /** What it is a part of in the report's table. */
  group: Group;
  /** In one line, for the documentation. */
  text: string;
  /** Requests at which it can happen. */
  at?: (request: Request) => boolean;
  /** Places that are not requests. */
  places?: readonly string[];
  /** Workloads that it makes sense with; all but `rest` if not set. */
  workloads?: readonly string[];
  /** How much rarer its plans are than others: they take longer. */
  rarity?: number;
  /** Two replicas with leader election run. */
  isReplicated?: boolean;
  /** Gives up a silent connection after a moment in place of minutes: a socket's timers obey no clock. */
  isImpatient?: boolean;
  /** What happens, or does not, at each request. */
  decide?: (scene: Scene) => Decide;
  /** Done by the plan itself, after the workload's own act. */
  act?: (scene: Scene) => Promise<void>;
  /** Whether the plan changes objects itself. */
  isTampering?: boolean;
}

export const GROUPS = [
  "crash",
  "errors",
  "time travel",
  "lost events",
  "slow lists",
  "drift",
  "races",
  "node tasks",
  "HA",
  "servers",
  "clock",
] as const;
export type Group = (typeof GROUPS)[number];

const ofInstall = (request: Request) => !["events", "leases"].includes(request.plural);
const atWrite = (request: Request) => isWrite(request) && ofInstall(request);
const atAnything = (request: Request) => request.verb !== "watch" && ofInstall(request);
const atList = (request: Request) => request.verb === "list" && ofInstall(request);
const atWatch = (request: Request) => request.verb === "watch" && ofInstall(request);
const atRead = (request: Request) => ["get", "list", "watch"].includes(request.verb) && ofInstall(request);

/** The plan's request, and a few after it, meet this. */
const here =
  (fate: (scene: Scene, exchange: Exchange) => Fate, most = 1) =>
  (scene: Scene) => {
    const times = scene.between(1, most);
    return (exchange: Exchange) =>
      scene.isAt(exchange, times) ? scene.strike(fate(scene, exchange)) : undefined;
  };

function refused(name: string, refusal: Refusal, most = 3): FaultClass {
  return {
    ...{
      name,
      group: "errors",
      text: `answered with ${refusal.status} ${refusal.reason}, one to ${most} times`,
    },
    at: atAnything,
    decide: here(() => ({ instead: refusal }), most),
  };
}

/** A request that hangs is given up after a minute of the victim's clock, which is then set forward. */
const GIVEN_UP_MS = 61_000;

function hang(scene: Scene, { victim }: Exchange, fate: Fate): Fate {
  scene.meanwhile(after(60, () => scene.victim(victim).order({ kind: "advance", ms: GIVEN_UP_MS })));
  return fate;
}

const CRASHES: FaultClass[] = [
  {
    ...{ name: "crash-before", group: "crash", text: "killed before a write is sent" },
    at: atWrite,
    decide: here((scene, { victim }) => {
      scene.crash(victim);
      return { instead: "hang" };
    }),
  },
  {
    ...{
      name: "crash-unheard",
      group: "crash",
      text: "killed after a write is committed, before the reply is read",
    },
    at: atWrite,
    decide: here((scene, { victim }) => ({ onDone: () => scene.crash(victim) })),
  },
  {
    ...{ name: "crash-heard", group: "crash", text: "killed right after a write is acknowledged" },
    at: atWrite,
    decide: here((scene, { victim }) => ({ onHeard: () => scene.crash(victim) })),
  },
  {
    ...{ name: "crash-read", group: "crash", text: "killed while it waits for an answer to a read" },
    at: atRead,
    decide: here((scene, { victim }) => {
      scene.crash(victim);
      return { instead: "hang" };
    }),
  },
  {
    ...{
      name: "crash-twice",
      group: "crash",
      text: "killed after a write, and again in the middle of the recovery",
    },
    at: atWrite,
    decide(scene) {
      const second = scene.between(1, 12);
      let writes = 0;
      return (exchange) => {
        if (scene.isAt(exchange)) return scene.strike({ onDone: () => scene.crash(exchange.victim) });
        if (!scene.isStruck || exchange.victim !== 1 || !atAnything(exchange.request)) return undefined;
        if (++writes !== second) return undefined;
        return scene.strike({ onDone: () => scene.crash(exchange.victim) });
      };
    },
  },
];

const ERRORS: FaultClass[] = [
  {
    ...refused("409", { status: 409, reason: "Conflict" }),
    at: (request) => atAnything(request) && (isWrite(request) || request.isDryRun),
  },
  refused("429", { status: 429, reason: "TooManyRequests", retryAfter: 2 }),
  refused("500", { status: 500, reason: "InternalError" }),
  refused("503", { status: 503, reason: "ServiceUnavailable" }),
  refused("504", { status: 504, reason: "Timeout" }),
  {
    ...{ name: "reset", group: "errors", text: "the connection is reset before the request arrives" },
    at: atAnything,
    decide: here(() => ({ instead: "reset" }), 3),
  },
  {
    ...{ name: "lost-reply", group: "errors", text: "done, and the connection is reset before the reply" },
    at: atAnything,
    decide: here(() => ({ reply: "reset" }), 2),
  },
  {
    ...{ name: "timeout", group: "errors", text: "done, and no reply for a minute" },
    at: atAnything,
    decide: here((scene, exchange) => hang(scene, exchange, { reply: "hang" })),
  },
  {
    ...{ name: "done-504", group: "errors", text: "done, and answered with 504 Timeout" },
    at: atWrite,
    decide: here(() => ({ reply: { status: 504, reason: "Timeout" } }), 2),
  },
  {
    ...{ name: "truncated", group: "errors", text: "the JSON of the reply is cut off" },
    at: atAnything,
    decide: here((scene) => ({ reply: { cutAfterBytes: scene.between(0, 60) } }), 2),
  },
];

/** Long enough for a rollout to go on without what it cannot see, ms. */
const BLIND_MS = 6000;

const TIME_TRAVEL: FaultClass[] = [
  {
    ...{
      name: "stale-list",
      group: "time travel",
      text: "restarted, and one list shows the state from before the plan",
    },
    at: (request) => atList(request) && isDecisive(request),
    decide(scene) {
      const crashAt = scene.between(1, 10);
      let writes = 0;
      return (exchange) => {
        if (exchange.victim === 0 && atWrite(exchange.request) && ++writes === crashAt)
          return scene.strike({ onDone: () => scene.crash(0) });
        if (exchange.victim !== 1 || exchange.place !== scene.plan.place) return undefined;
        if (exchange.occurrence > 2) return undefined;
        scene.faults++;
        return { query: { resourceVersion: String(scene.revision), resourceVersionMatch: "Exact" } };
      };
    },
  },
  {
    ...{
      name: "guard-deleted",
      group: "time travel",
      text: "the guard is deleted just before Multus is replaced, and no watch shows it",
    },
    at: ({ verb, plural, name }) => verb === "apply" && plural === "daemonsets" && name === "kube-multus-ds",
    workloads: ["upgrade", "downgrade", "config", "thick-to-thin"],
    rarity: 3,
    decide: (scene) => async (exchange) => {
      if (/^watch-(daemonsets-multus-rollout-guard|pods-app=multus)$/.test(exchange.place) && !scene.isStruck)
        return { stream: frozen(BLIND_MS) };
      if (!scene.isAt(exchange)) return undefined;
      scene.faults += 3;
      scene.strike();
      const guard = { type: DAEMON_SETS, namespace: "kube-system", name: GUARD };
      await scene.stage.client.delete(guard, { propagationPolicy: "Foreground" });
      await scene.stage.observer.until((state) => !state.has(`DaemonSet kube-system/${GUARD}`), 10_000);
      return { instead: { status: 503, reason: "ServiceUnavailable" } };
    },
  },
  {
    ...{
      name: "frozen-watch",
      group: "time travel",
      text: "a watch shows nothing for 1 to 20 s, then everything",
    },
    at: atWatch,
    decide: here((scene) => ({ stream: frozen(scene.between(200, 4000)) })),
  },
];

/** The history is compacted: no watch from before goes on, and only a new list helps. */
function expired(name: string, text: string, atOnce: boolean): FaultClass {
  return {
    ...{ name, group: "lost events", text },
    at: atWatch,
    decide(scene) {
      const list = scene.plan.place.replace(/^watch-/, "list-");
      const nth = scene.between(1, 3);
      let isGone = false;
      const end = () => {
        isGone = true;
      };
      return (exchange) => {
        const { place } = exchange;
        if (isGone && place === list) isGone = false;
        if (isGone && place === scene.plan.place)
          return scene.strike({ instead: { status: 410, reason: "Expired" } });
        if (!scene.isAt(exchange)) return undefined;
        if (!atOnce) return scene.strike({ stream: failing(nth, 410, "Expired", end) });
        end();
        return scene.strike({ instead: { status: 410, reason: "Expired" } });
      };
    },
  };
}

const LOST_EVENTS: FaultClass[] = [
  {
    ...{
      name: "dropped",
      group: "lost events",
      text: "an event and all after it are lost, then the connection breaks",
    },
    at: atWatch,
    decide: here((scene) => ({ stream: dropped(scene.between(1, 4), scene.between(0, 400)) })),
  },
  {
    ...{
      name: "coalesced",
      group: "lost events",
      text: "of several quick changes of an object, only the last is seen",
    },
    at: atWatch,
    decide: here((scene) => ({ stream: coalesced(scene.between(50, 500)) })),
  },
  {
    ...{ name: "duplicated", group: "lost events", text: "each event arrives twice" },
    at: atWatch,
    decide: here(() => ({ stream: duplicated() })),
  },
  {
    ...{
      name: "reordered",
      group: "lost events",
      text: "events of different objects arrive in another order",
    },
    at: atWatch,
    decide: here((scene) => ({ stream: reordered(scene.between(20, 200)) })),
  },
  expired("gone", "the watch ends with 410 Gone, and is rejected until the list is read again", false),
  expired("refused-410", "the watch is rejected with 410 Gone until the list is read again", true),
  {
    ...{
      name: "error-frame",
      group: "lost events",
      text: "the watch ends with an ERROR frame of 429, 500 or 503",
    },
    at: atWatch,
    decide: here((scene) => {
      const [code, reason] = pick(scene.random, [
        [429, "TooManyRequests"],
        [500, "InternalError"],
        [503, "ServiceUnavailable"],
      ] as const);
      return { stream: failing(scene.between(0, 3), code, reason) };
    }, 2),
  },
  {
    ...{
      name: "half-open",
      group: "lost events",
      text: "the watch's connection stays open and silent",
    },
    at: atWatch,
    isImpatient: true,
    rarity: 2,
    decide: here((scene) => ({ stream: halfOpen(scene.between(0, 3)) })),
  },
  {
    ...{
      name: "bookmark-only",
      group: "lost events",
      text: "the watch shows bookmarks but no events, until it times out",
    },
    at: atWatch,
    decide: here((scene, { url }) => {
      const from = new URL(url, "http://proxy").searchParams.get("resourceVersion") ?? "0";
      return { stream: bookmarksOnly(from, scene.between(300, 2000)) };
    }),
  },
  {
    ...{
      name: "refused-watch",
      group: "lost events",
      text: "the watch is rejected with 403 or 503 a few times",
    },
    at: atWatch,
    decide: here((scene) => {
      const [status, reason] = pick(scene.random, [
        [403, "Forbidden"],
        [503, "ServiceUnavailable"],
      ] as const);
      return { instead: { status, reason } };
    }, 3),
  },
];

/** Longer than a reconcile waits for a list, on the victim's clock. */
const LONG_MS = 8000 / SPEED;

const SLOW_LISTS: FaultClass[] = [
  {
    ...{ name: "slow-list", group: "slow lists", text: "a list takes 1 to 4 s" },
    at: atList,
    decide: here((scene) => ({ delayMs: scene.between(200, 800) })),
  },
  {
    ...{
      name: "late-list",
      group: "slow lists",
      text: "a list takes longer than a reconcile waits; the status names it",
    },
    at: (request) => atList(request) && isDecisive(request) && request.plural !== "multusinstalls",
    workloads: [
      "install-thin",
      "install-thick",
      "config",
      "thin-to-thick",
      "thick-to-thin",
      "upgrade",
      "downgrade",
    ],
    decide: here((scene, { request }) => {
      scene.heldBack =
        request.plural === "nodes" || request.plural === "pods" ? request.plural : request.name;
      return { delayMs: LONG_MS };
    }),
  },
  {
    ...{
      name: "forbidden-list",
      group: "slow lists",
      text: "a list is rejected with 403, then 503, then 429",
    },
    at: (request) => atList(request) && isDecisive(request),
    decide: (scene) => {
      const refusals = [
        [403, "Forbidden"],
        [503, "ServiceUnavailable"],
        [429, "TooManyRequests"],
      ] as const;
      let next = 0;
      return (exchange) => {
        if (!scene.isAt(exchange, refusals.length)) return undefined;
        const [status, reason] = refusals[next++ % refusals.length] ?? refusals[0];
        return scene.strike({ instead: { status, reason } });
      };
    },
  },
];

export const FOREIGN = "example.com/foreign";
const OWNED = [
  "DaemonSet kube-system/kube-multus-ds",
  "ConfigMap kube-system/multus-daemon-config",
  "ConfigMap kube-system/multus-last-complete",
  "ServiceAccount kube-system/multus",
  "ClusterRole multus",
  "ClusterRoleBinding multus",
];
/** "ClusterRole-multus" in the id of a plan. */
const placeOfKey = (key: string) => key.replaceAll(/[ /]/g, "-");

function drift(
  name: string,
  text: string,
  change: (scene: Scene, ref: ObjectRef, key: string) => Promise<void>,
  keys = OWNED,
): FaultClass {
  return {
    ...{ name, group: "drift", text },
    ...{ workloads: ["rest"], places: keys.map(placeOfKey), isTampering: true },
    async act(scene) {
      const key = keys.find((each) => placeOfKey(each) === scene.plan.place) ?? "";
      const object = scene.stage.observer.state.get(key);
      if (!object) throw new Error(`no ${key}`);
      const ref = object.kind === "MultusInstall" ? { type: MULTUS_INSTALL, name: "multus" } : refOf(object);
      scene.strike();
      await change(scene, ref, key);
    },
  };
}

/** The operator may not read a resource any longer, until this class allows it again. */
const REVOKED: FaultClass = {
  ...{
    name: "revoked",
    group: "slow lists",
    text: "for a minute a resource may no longer be read, and drift waits",
  },
  ...{ workloads: ["rest"], places: ["nodes", "pods"], isTampering: true, rarity: 8 },
  decide: (scene) => (exchange) => {
    const { plural, verb } = exchange.request;
    const isRefused =
      scene.isRefusing && plural === scene.plan.place && (verb === "list" || verb === "watch");
    return isRefused ? scene.strike({ instead: { status: 403, reason: "Forbidden" } }) : undefined;
  },
  async act(scene) {
    const { client, observer, victims } = scene.stage;
    const resource = scene.plan.place;
    scene.isRefusing = true;
    victims[0]?.proxy.reset();
    const isNamed = await observer.until((state) => {
      const text = JSON.stringify(state.get("MultusInstall multus")?.status ?? {});
      return text.includes('"status":"Unknown","type":"Ready"') && text.includes(`"message":"${resource}`);
    }, 40_000);
    if (!isNamed) scene.found.push(`the status does not show that ${resource} may not be read`);
    await client.patch(DAEMON_SET, { spec: { minReadySeconds: 7 } });
    await after(600);
    const { minReadySeconds } = (observer.state.get("DaemonSet kube-system/kube-multus-ds")?.spec ?? {}) as {
      minReadySeconds?: number;
    };
    if (minReadySeconds !== 7) scene.found.push(`drift was repaired although ${resource} may not be read`);
    scene.isRefusing = false;
  },
};
const DAEMON_SET = { type: DAEMON_SETS, namespace: "kube-system", name: "kube-multus-ds" };

const MUTATIONS: Record<string, object> = {
  DaemonSet: { spec: { template: { spec: { hostNetwork: false, terminationGracePeriodSeconds: 77 } } } },
  "ConfigMap kube-system/multus-daemon-config": { data: { "daemon-config.json": "{}" } },
  "ConfigMap kube-system/multus-last-complete": { data: { "spec.json": "{}" } },
  ClusterRole: { rules: [] },
  ClusterRoleBinding: { subjects: [{ kind: "ServiceAccount", name: "other", namespace: "kube-system" }] },
};

const DRIFT: FaultClass[] = [
  drift("drift-deleted", "an owned object is deleted", async (scene, ref) => {
    const propagationPolicy = pick(scene.random, ["Foreground", "Background", "Orphan"] as const);
    await scene.stage.client.delete(ref, { propagationPolicy });
  }),
  drift(
    "drift-labels",
    "the labels of an owned object are stripped",
    async (scene, ref) => {
      await scene.stage.client.patch(ref, { metadata: { labels: null } });
    },
    OWNED.filter((key) => !key.startsWith("ServiceAccount")),
  ),
  drift(
    "drift-owner",
    "ownerReferences and annotations of an owned object are stripped",
    async (scene, ref) => {
      await scene.stage.client.patch(ref, { metadata: { ownerReferences: null, annotations: null } });
    },
  ),
  drift(
    "drift-finalizer",
    "the finalizer of the MultusInstall is stripped",
    async (scene, ref) => {
      await scene.stage.client.patch(ref, { metadata: { finalizers: null } });
    },
    ["MultusInstall multus"],
  ),
  drift(
    "drift-status",
    "the status of the MultusInstall is wiped",
    async (scene, ref) => {
      await scene.stage.client.patch(ref, [{ op: "remove", path: "/status" }], "status");
    },
    ["MultusInstall multus"],
  ),
  drift(
    "drift-fields",
    "managed fields of an owned object are changed",
    async (scene, ref, key) => {
      const mutation = MUTATIONS[key] ?? MUTATIONS[ref.type.kind];
      if (mutation) await scene.stage.client.patch(ref, mutation);
    },
    OWNED.filter((key) => MUTATIONS[key] ?? MUTATIONS[key.split(" ")[0] ?? ""]),
  ),
];

/** A label on each owned object that the operator does not know, set before the plan begins. */
export async function markForeign(scene: Scene): Promise<void> {
  for (const key of OWNED) {
    const object = scene.stage.observer.state.get(key);
    if (object)
      await scene.stage.client.patch(refOf(object), { metadata: { annotations: { [FOREIGN]: "kept" } } });
  }
}

/** Undefined if there is no telling: the object itself was deleted, or the annotation was stripped by the plan. */
export function isForeignKept({ stage, plan }: Scene): boolean | undefined {
  if (plan.class === "race") {
    const install = stage.observer.state.get("MultusInstall multus");
    return (
      install === undefined ||
      install.metadata.finalizers?.includes(FOREIGN_FINALIZER) ||
      install.metadata.annotations?.[FOREIGN] === "kept"
    );
  }
  const touched = ["drift-deleted", "drift-owner"].includes(plan.class) ? plan.place : "";
  return OWNED.filter((key) => placeOfKey(key) !== touched).every((key) => {
    const object = stage.observer.state.get(key);
    return object?.metadata.annotations?.[FOREIGN] === "kept";
  });
}

/** What a user or another controller puts on the MultusInstall just before the operator's write of it arrives. */
export const FOREIGN_FINALIZER = "example.com/foreign";
const RECREATED = ["configmaps", "serviceaccounts", "clusterroles", "clusterrolebindings"];

async function interfere(scene: Scene): Promise<void> {
  const { client, observer } = scene.stage;
  const ref = { type: MULTUS_INSTALL, name: "multus" };
  const install = observer.state.get("MultusInstall multus");
  const finalizers = [...(install?.metadata.finalizers ?? []), FOREIGN_FINALIZER];
  // One that is being deleted takes no new finalizers.
  const isEnding = install?.metadata.deletionTimestamp !== undefined;
  const metadata = isEnding ? { annotations: { [FOREIGN]: "kept" } } : { finalizers };
  await client.patch(ref, { metadata });
}

async function recreate(scene: Scene, { request }: Exchange): Promise<void> {
  const { client, observer } = scene.stage;
  const found = [...observer.state].find(
    ([, object]) =>
      `${object.kind.toLowerCase()}s` === request.plural && object.metadata.name === request.name,
  );
  if (!found) return;
  const [key, object] = found;
  const { name, namespace } = object.metadata;
  await client.delete(refOf(object));
  await client.create(refOf(object).type, {
    ...object,
    metadata: { name, ...(namespace ? { namespace } : {}), labels: { [FOREIGN.replace("/", ".")]: "true" } },
  });
  scene.survivor = key;
}

const RACES: FaultClass[] = [
  {
    ...{
      name: "race",
      group: "races",
      text: "another client changes the MultusInstall just before a write of it arrives",
    },
    at: (request) => isWrite(request) && request.plural === "multusinstalls",
    isTampering: true,
    decide: (scene) => async (exchange) => {
      if (!scene.isAt(exchange)) return undefined;
      await interfere(scene);
      return scene.strike({});
    },
  },
  {
    ...{
      name: "race-recreated",
      group: "races",
      text: "another client deletes and recreates an object just before it is deleted",
    },
    at: ({ verb, plural }) => verb === "delete" && RECREATED.includes(plural),
    isTampering: true,
    decide: (scene) => async (exchange) => {
      if (!scene.isAt(exchange)) return undefined;
      await recreate(scene, exchange);
      return scene.strike({});
    },
  },
];

function task(name: string, text: string, end: "refuses" | "dies" | "hangs"): FaultClass {
  return {
    ...{ name, group: "node tasks", text },
    places: ["inspect", "clean"].flatMap((kind) => NODE_NAMES.map((node) => `${kind}-${node}`)),
    rarity: end === "hangs" ? 6 : 2,
    decide(scene) {
      // Twice as long as a pod may run is what a deletion waits for.
      let left = end === "hangs" ? 1 : scene.between(1, 2);
      scene.stage.nodes.behave = (kind, node) => {
        if (`${kind}-${node}` !== scene.plan.place || left === 0) return "answers";
        left--;
        scene.strike();
        // The operator waits for it longer than the pod may run.
        if (end === "hangs")
          scene.meanwhile(
            after(150, () => scene.stage.victims.at(-1)?.order({ kind: "advance", ms: 140_000 })),
          );
        return end;
      };
      return () => undefined;
    },
  };
}

const NODE_TASKS: FaultClass[] = [
  task("task-refuses", "a node's task answers with a problem, or about another node", "refuses"),
  task("task-dies", "the pod of a node's task is evicted without an answer", "dies"),
  task("task-hangs", "the pod of a node's task never ends", "hangs"),
];

const FAILOVER = { isReplicated: true, at: atWrite, rarity: 4 } as const;
/** Longer than a lease lasts, ms. */
const LEASE_OVER_MS = 17_000 / SPEED;

const HA: FaultClass[] = [
  {
    ...{ name: "leader-killed", group: "HA", text: "the leader of two replicas is killed at a write" },
    ...FAILOVER,
    decide: here((scene, { victim }) => {
      scene.loseLease(victim);
      scene.meanwhile(scene.victim(victim).kill());
      return { instead: "hang" };
    }),
  },
  {
    ...{
      name: "zombie",
      group: "HA",
      text: "the leader is frozen until another replica leads, and then continues",
    },
    ...FAILOVER,
    decide: here((scene, { victim }) => {
      scene.loseLease(victim);
      scene.doomed.add(scene.victim(victim));
      scene.victim(victim).order({ kind: "freeze", ms: LEASE_OVER_MS + 1500 });
      scene.meanwhile(after(LEASE_OVER_MS + 1700, () => {}));
      return {};
    }),
  },
  {
    ...{ name: "lease-deleted", group: "HA", text: "the Lease is deleted at a write" },
    ...FAILOVER,
    decide: here((scene, { victim }) => {
      scene.doomed.add(scene.victim(victim));
      const lease = { type: LEASES, namespace: NAMESPACE, name: "multus-operator" };
      scene.meanwhile(scene.stage.client.delete(lease).then(() => scene.loseLease()));
      return {};
    }),
  },
  {
    ...{
      name: "partition",
      group: "HA",
      text: "the leader cannot reach the API server for longer than its lease",
    },
    ...FAILOVER,
    decide(scene) {
      let cutOff: { victim: number; until: number } | undefined;
      return (exchange) => {
        const { victim } = exchange;
        if (!cutOff && scene.isAt(exchange)) {
          cutOff = { victim, until: performance.now() + LEASE_OVER_MS + 1500 };
          scene.loseLease(victim);
          scene.doomed.add(scene.victim(victim));
          scene.victim(victim).proxy.reset();
          scene.meanwhile(after(LEASE_OVER_MS + 1500, () => {}));
          return scene.strike({ instead: "reset" });
        }
        if (cutOff?.victim !== victim || performance.now() > cutOff.until) return undefined;
        return scene.strike({ instead: "reset" });
      };
    },
  },
];

const SERVERS: FaultClass[] = [
  {
    ...{
      name: "apiserver-restart",
      group: "servers",
      text: "kube-apiserver is killed at a write and started again",
    },
    ...{ at: atWrite, rarity: 12 },
    decide: here((scene) => {
      scene.faults += 10;
      scene.meanwhile(scene.stage.plane.apiserver.restart());
      return {};
    }),
  },
  {
    ...{ name: "etcd-restart", group: "servers", text: "etcd is killed at a write and started again" },
    ...{ at: atWrite, rarity: 12 },
    decide: here((scene) => {
      scene.faults += 10;
      scene.meanwhile(scene.stage.plane.restartEtcd());
      return {};
    }),
  },
];

const CLOCK: FaultClass[] = [
  {
    ...{
      name: "clock-set",
      group: "clock",
      text: "the operator's wall clock is set an hour forward or back",
    },
    at: atWrite,
    decide: here((scene, { victim }) => {
      const ms = pick(scene.random, [3_600_000, -3_600_000, 60_000, -60_000]);
      scene.victim(victim).order({ kind: "set the wall clock", ms });
      return {};
    }),
  },
  {
    ...{
      name: "clock-jump",
      group: "clock",
      text: "all timers of the operator jump forward by an hour or a minute",
    },
    at: atWrite,
    decide: here((scene, { victim }) => {
      const ms = pick(scene.random, [60_000, 3_600_000]);
      scene.victim(victim).order({ kind: "advance", ms });
      return {};
    }),
  },
];

export const CLASSES: readonly FaultClass[] = [
  ...CRASHES,
  ...ERRORS,
  ...TIME_TRAVEL,
  ...LOST_EVENTS,
  ...SLOW_LISTS,
  REVOKED,
  ...DRIFT,
  ...RACES,
  ...NODE_TASKS,
  ...HA,
  ...SERVERS,
  ...CLOCK,
];

/** Throws for a name that is none. */
export function classOf(name: string): FaultClass {
  const found = CLASSES.find((each) => each.name === name);
  if (!found) throw new Error(`no class ${name}: ${CLASSES.map((each) => each.name).join(", ")}`);
  return found;
}
