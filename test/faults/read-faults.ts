import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fate, type Fault, isWatch, refuseWith } from "../integration/kube/fault-proxy.ts";

/** What happens to the first LIST, and the first WATCH, of every collection of a resource. */
export type ReadFault = "delayed" | "refused" | "cut" | "held, then refused";

/** Those that each resource meets in each workload. */
export const FAULTS = ["delayed", "refused", "cut"] as const satisfies ReadFault[];

/** Longer than a reconcile waits for a list, ms. */
const HELD_MS = 6000;
/** A rollout must not take all day. */
const WATCH_HELD_MS = 1500;
/** The first refusal is a 403, which a reconcile does not wait out. */
const REFUSED_MS = 3000;
const REFUSALS = [
  [403, "Forbidden"],
  [503, "ServiceUnavailable"],
  [429, "TooManyRequests"],
] as const;

/** The resources of which the install controller keeps copies. */
export const RESOURCES: Record<string, (url: URL) => boolean> = {
  nodes: ({ pathname }) => pathname.endsWith("/nodes"),
  pods: ({ pathname }) => pathname.endsWith("/pods"),
  "owned objects": ({ searchParams }) =>
    searchParams.get("fieldSelector")?.startsWith("metadata.name=") ?? false,
  installs: ({ pathname }) => pathname.endsWith("/multusinstalls"),
};

/** Faults in an operator's reads of one resource, and what it wrote before these reads were answered. */
export class ReadFaults {
  /** Writes before every collection of the resource was listed once; those of status and events left out. */
  readonly writesInTheDark: string[] = [];
  readonly #concerns: (url: URL) => boolean;
  readonly #kind: ReadFault;
  readonly #asked = new Map<string, { times: number; since: number }>();
  readonly #pending = new Set<string>();
  #isKnown = false;

  constructor(resource: string, kind: ReadFault) {
    const concerns = RESOURCES[resource];
    if (!concerns) throw new Error(`no resource ${resource}`);
    this.#concerns = concerns;
    this.#kind = kind;
  }

  /** Whether every collection that was asked for has been listed. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  readonly fault: Fault = (request, response) => {
    const url = new URL(request.url ?? "", "http://proxy");
    if (request.method !== "GET") {
      if (!this.#isKnown && isWrite(url)) this.writesInTheDark.push(`${request.method} ${url.pathname}`);
      return false;
    }
    if (!this.#concerns(url)) return false;
    const watch = isWatch(request);
    const key = `${watch ? "watch" : "list"} ${url.pathname} ${url.searchParams.get("fieldSelector")} ${url.searchParams.get("labelSelector")}`;
    const asked = this.#asked.get(key) ?? { times: 0, since: performance.now() };
    this.#asked.set(key, { ...asked, times: asked.times + 1 });
    if (!watch) this.#pending.add(key);
    const fate = this.#fateOf(asked, watch, response);
    if (fate === false || fate instanceof Promise) this.#onAnswer(key, request, response);
    return fate;
  };

  #fateOf(
    asked: { times: number; since: number },
    watch: boolean,
    response: ServerResponse,
  ): Fate | Promise<Fate> {
    switch (this.#kind) {
      case "delayed":
        return asked.times === 0 && sleep(watch ? WATCH_HELD_MS : HELD_MS).then(() => false);
      case "held, then refused":
        if (asked.times > 0 || watch) return false;
        return sleep(HELD_MS).then(() => refuse(response, 1));
      case "refused":
        return (
          performance.now() - asked.since < (watch ? WATCH_HELD_MS : REFUSED_MS) &&
          refuse(response, asked.times)
        );
      case "cut":
        // A list of nothing has some 80 bytes.
        return asked.times < (watch ? 3 : 2) && { cutAfterBytes: watch ? 400 : 30, cutAfterMs: 700 };
    }
  }

  #onAnswer(key: string, request: IncomingMessage, response: ServerResponse): void {
    response.on("finish", () => {
      if (response.statusCode !== 200 || isWatch(request)) return;
      this.#pending.delete(key);
      if (this.#pending.size === 0) this.#isKnown = true;
    });
  }
}

/** Every LIST and WATCH of the resource is answered with 403. */
export function forbids(resource: string): Fault {
  return ({ method, url }, response) => {
    const concerned = method === "GET" && RESOURCES[resource]?.(new URL(url ?? "", "http://proxy"));
    return concerned === true && refuse(response, 0);
  };
}

function refuse(response: ServerResponse, times: number): true {
  const [status, reason] = REFUSALS[times % REFUSALS.length] ?? REFUSALS[0];
  return refuseWith(response, status, reason, `${reason} by the test`);
}

function isWrite({ pathname, searchParams }: URL): boolean {
  return !searchParams.has("dryRun") && !/\/(events|status)$/.test(pathname);
}
