import type { ApiObject } from "../../../src/kube/resource.ts";
import type { PlanEvidence, Reference } from "../evidence.ts";
import { parseRequest, placeOf } from "../place.ts";
import type { Exchange } from "../stage/proxy.ts";
import type { Change, State } from "../timeline.ts";

/** What the oracles' unit tests decide by: an empty run, but for what a test is about. */

export function run(more: Partial<PlanEvidence> = {}): PlanEvidence {
  return {
    ...reference(),
    plan: { workload: "config", class: "500", place: "list-nodes", occurrence: 1, seed: 1 },
    ...{
      isStruck: true,
      faults: 0,
      restarts: 0,
      isTampered: false,
      restAt: 1000,
      failures: [],
      lastStatus: "",
      found: [],
    },
    ...{ heldBack: undefined, isForeignKept: undefined },
    ...more,
  };
}

export function reference(more: Partial<Reference> = {}): Reference {
  return {
    timeline: { start: new Map(), changes: [] },
    ...{ exchanges: [], start: {}, end: {}, tasks: [], answers: [], started: [], ended: [] },
    ...more,
  };
}

export function exchange(method: string, url: string, more: Partial<Exchange> = {}): Exchange {
  const request = parseRequest({ method, url, body: more.body });
  return {
    ...{ victim: 0, at: 0, method, url, request, place: placeOf(request), occurrence: 1, body: undefined },
    ...{ unanswered: [], status: 200, isFaulty: false },
    ...more,
  };
}

/** The answer of a node's task that can be read since this revision. */
export function answer(kind: string, node: string, revision: number, message: object) {
  return { kind, node, revision, message: JSON.stringify(message) };
}

/** "DaemonSet kube-system/x" as an object. */
export function object(key: string, more: { metadata?: object; [field: string]: unknown } = {}): ApiObject {
  const [kind = "", path = ""] = key.split(" ");
  const [name = "", namespace] = path.split("/").reverse();
  const { metadata, ...rest } = more;
  return {
    apiVersion: "v1",
    kind,
    metadata: { name, ...(namespace ? { namespace } : {}), ...metadata },
    ...rest,
  };
}

export function stateOf(...objects: ApiObject[]): State {
  return new Map(objects.map((each) => [keyOf(each), each]));
}

/** Changes at the revisions 1, 2, …, a second after each other. A key alone is a deletion. */
export function changes(...list: (ApiObject | string)[]): Change[] {
  return list.map((each, index) => ({
    revision: index + 1,
    key: typeof each === "string" ? each : keyOf(each),
    object: typeof each === "string" ? undefined : each,
    at: index * 1000,
  }));
}

function keyOf({ kind, metadata: { name, namespace } }: ApiObject): string {
  return `${kind} ${namespace ? `${namespace}/` : ""}${name}`;
}
