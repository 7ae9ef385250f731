import type { Evidence, Oracle } from "../evidence.ts";
import { isChange, isWrite, type Request } from "../place.ts";
import type { Exchange } from "../stage/proxy.ts";
import { SPEED } from "../stage/speed.ts";

const isTask = ({ plural, name }: Request) =>
  plural === "pods" && name?.startsWith("multus-operator-") === true;
/** Kinds that an install consists of; the other controllers of a whole operator write others. */
const OF_INSTALL =
  /^(multusinstalls|daemonsets|configmaps|serviceaccounts|clusterroles|clusterrolebindings|pods|nodes)$/;
/** What was sent again after a fault may be sent once more by the operator that comes next. */
const changes = ({ exchanges }: Evidence) =>
  exchanges.filter(({ request }) => isChange(request) && !isTask(request) && OF_INSTALL.test(request.plural));
const statusWrites = ({ exchanges }: Evidence) =>
  exchanges.filter(({ request }) => request.subresource === "status" && request.plural === "multusinstalls");

/** A fault costs one write of what failed, not a storm: writes ≤ those of the reference, plus the faults. */
export const writesNoMore: Oracle = (run, reference) => {
  if (run.isTampered) return [];
  const disturbed = run.faults + run.restarts;
  const [found, expected] = [changes(run), changes(reference)];
  const limit = expected.length + 2 * disturbed;
  const storm =
    found.length > limit
      ? [
          `${found.length} writes; ${expected.length} without a fault, and ${disturbed} faults: ${listed(found)}`,
        ]
      : [];
  const ofStatus = statusWrites(run).length;
  const mostOfStatus = statusWrites(reference).length + 3 * disturbed + 6;
  return ofStatus > mostOfStatus
    ? [...storm, `the status was written ${ofStatus} times; at most ${mostOfStatus} times were expected`]
    : storm;
};

/** Once everything is as it should be, nothing is written, and a look at it changes nothing. */
export const writesNothingAtRest: Oracle = (run) => {
  const since = run.restAt;
  if (since === undefined) return [];
  const late = run.exchanges.filter(
    ({ at, request }) => at > since && isWrite(request) && !["events", "leases"].includes(request.plural),
  );
  return late.map(({ place }) => `written at rest: ${place}`);
};

/**
 * What other controllers of a whole operator decide by, and what tasks of nodes depend on: what an install consists of is
 * none of it, but for the DaemonSets and their pods.
 */
const DECIDES: readonly [isOf: (request: Request) => boolean, by: RegExp][] = [
  [
    ({ plural }) => plural === "networkattachmentreports",
    /^list-(network-attachment-definitions|pods|nodes|multusinstalls|networkattachmentreports)$/,
  ],
  [
    ({ plural }) => plural.startsWith("validating"),
    /^list-(multusinstalls|validating.*|configmaps-multus-operator-webhook)$/,
  ],
  [isTask, /^list-(multusinstalls|nodes|pods-.*|daemonsets-.*)$/],
];

/** A deletion keeps the NAD CRD, and needs to know nothing of it: no workload asks for its removal. */
const KEPT = /^list-customresourcedefinitions-network-attachment-definitions\./;

/** Whoever writes has got every list that its decisions rest on. Whoever deletes may have read the object itself instead. */
export const writesNothingInTheDark: Oracle = (run) => {
  const read = new Set<string>();
  const dark: string[] = [];
  for (const { victim, request, unanswered, status, isFaulty } of run.exchanges) {
    const object = `${victim} ${request.plural} ${request.name}`;
    if (request.verb === "get" && status !== undefined && !isFaulty) read.add(object);
    const by = DECIDES.find(([isOf]) => isOf(request))?.[1];
    const missing = by ? unanswered.filter((place) => by.test(place)) : unanswered;
    if (!isChange(request) || missing.length === 0) continue;
    if (request.verb === "delete" && (read.has(object) || request.plural === "pods")) continue;
    // A deletion asks for each object itself; its watches only show when to ask again.
    if (
      run.plan.workload.startsWith("delete-") &&
      (request.plural === "multusinstalls" || isTask(request)) &&
      missing.every((place) => KEPT.test(place) || read.has(`${victim} ${objectIn(place)}`))
    )
      continue;
    dark.push(`${request.verb} ${request.plural} ${request.name} before the answer to ${missing.join(", ")}`);
  }
  return dark;
};

/** What is deleted is what was seen, and what is replaced is what was read. */
export const writesHavePreconditions: Oracle = (run) =>
  run.exchanges.flatMap(({ request, body, place }) => {
    const sent = (body ?? {}) as {
      preconditions?: { uid?: string; resourceVersion?: string };
      metadata?: { resourceVersion?: string; uid?: string; finalizers?: unknown };
    };
    const { preconditions, metadata } = sent;
    switch (request.verb) {
      case "delete":
        // A task's pod of an operator that died has the operator's own name, and was not seen yet.
        if (isTask(request)) return [];
        return preconditions?.uid || preconditions?.resourceVersion ? [] : [`${place} has no precondition`];
      case "replace":
        return metadata?.resourceVersion ? [] : [`${place} has no resourceVersion`];
      case "patch":
        if (metadata?.finalizers !== undefined && !metadata.resourceVersion)
          return [`${place} replaces finalizers without a resourceVersion`];
        return [];
      case "apply":
        // The status of an object that was deleted and recreated is not that of the first.
        return request.subresource === "status" && request.plural === "multusinstalls" && !metadata?.uid
          ? [`${place} has no uid`]
          : [];
      default:
        return [];
    }
  });

/**
 * The operator asks for nothing that its account may never do. An API server that has just started refuses everything
 * until it has read its roles: a request that it answers at another time is within them.
 */
export const staysWithinItsRights: Oracle = (run, reference) => {
  const allowed = new Set(
    [...run.exchanges, ...reference.exchanges].flatMap(({ place, status, isFaulty }) =>
      status !== undefined && status < 400 && !isFaulty ? [place] : [],
    ),
  );
  return run.exchanges
    .filter(({ place, status, isFaulty }) => status === 403 && !isFaulty && !allowed.has(place))
    .map(({ place, message }) => `${place}: ${message}`);
};

/**
 * Between the answer from which a leader learns that the lease is another's, and the end of what it was about to send
 * just then, ms.
 */
const UNDER_WAY_MS = 3000 / SPEED;

/**
 * After a replica has taken the lease, no other one writes. One whose Lease was deleted by others may until it has read
 * that: as soon as its watch shows it, or at its next renewal, as in client-go's election.
 */
export const hasOneLeader: Oracle = (run) => {
  const isDeleted = run.plan.class === "lease-deleted";
  const exchanges = run.exchanges.toSorted((a, b) => a.at - b.at);
  let leader: number | undefined;
  let since = 0;
  const found: string[] = [];
  for (const exchange of exchanges) {
    const { request, victim, place, at } = exchange;
    if (request.plural === "leases") {
      if (!takes(exchange) || leader === victim) continue;
      leader = victim;
      since = at;
    } else if (leader !== undefined && victim !== leader && at > since && isChange(request)) {
      if (isDeleted && at < learnedAt(exchanges, victim, since) + UNDER_WAY_MS) continue;
      found.push(`${place} by operator ${victim}, while operator ${leader} had the lease`);
    }
  }
  return found;
};

/** When this operator was answered about the lease, to a request that it sent after then. */
function learnedAt(exchanges: readonly Exchange[], victim: number, since: number): number {
  const read = exchanges.find(
    ({ victim: by, at, request, answeredAt }) =>
      by === victim && at > since && request.plural === "leases" && answeredAt !== undefined,
  );
  return read?.answeredAt ?? Number.POSITIVE_INFINITY;
}

/** A lease that was written with a holder, and not refused. */
export function takes({ request, body, status, isFaulty }: Exchange): boolean {
  const { spec } = (body ?? {}) as { spec?: { holderIdentity?: string } };
  return (
    isWrite(request) && !isFaulty && status !== undefined && status < 300 && Boolean(spec?.holderIdentity)
  );
}

function listed(exchanges: readonly Exchange[]): string {
  const counts = new Map<string, number>();
  for (const { place } of exchanges) counts.set(place, (counts.get(place) ?? 0) + 1);
  return [...counts].map(([place, count]) => `${place} ×${count}`).join(", ");
}

/** Of the place of a list of one object: its type and name, as in list-configmaps-multus-rollout-guard. */
function objectIn(place: string): string {
  return place.replace(/^list-([^-]+)-/, "$1 ");
}
