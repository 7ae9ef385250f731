import type { AuditEvent } from "../cluster/audit.ts";
import { quantile } from "./process-figures.ts";

/** What a first install does, in the order in which it does it. */
const STEPS = [
  "Read what is there",
  "Rehearse: dry runs, with the reads",
  "Add the finalizer",
  "Record the objects in the status",
  "Apply what needs no other object",
  "Apply what needs these",
  "Apply the DaemonSet",
] as const;
/** What other controllers of the operator do for the same MultusInstall, meanwhile. */
const MEANWHILE = "Meanwhile: other controllers";
const NAMES = [...STEPS, MEANWHILE];

/** From the first request of a step to the answer to its last. */
interface Step {
  name: string;
  /** Received by the API server, ms after the MultusInstall was created. */
  from: number;
  to: number;
  /** "4 GET daemonsets". */
  requests: string[];
  /** What the API server worked on its requests, added up; and on the longest of them. */
  worked: number;
  longest: number;
}

/** One row for each step, of medians over all rounds, and a sentence about the least that the steps can take. */
export function profileTable(rounds: readonly { events: readonly AuditEvent[]; created: number }[]): string {
  const found = rounds.map(({ events, created }) => stepsOf(events, created));
  const rows = NAMES.flatMap((name) => {
    const all = found.flatMap((steps) => steps.filter((step) => step.name === name));
    const [first] = all;
    if (!first) return [];
    const ms = (field: "from" | "to" | "worked" | "longest") =>
      quantile(
        all.map((step) => step[field]),
        0.5,
      ).toFixed(0);
    return [
      `| ${name} | ${first.requests.join(", ")} | ${ms("from")} | ${ms("to")} | ${ms("worked")} | ${ms("longest")} |`,
    ];
  });
  const chains = found.map(chainOf);
  return [
    "| Step | Requests | From, ms | To, ms | API server, ms | Longest, ms |",
    "|---|---|---|---|---|---|",
    ...rows,
    "",
    `Times are after the MultusInstall was created, by the API server's audit log. The requests of a step go out together, the dry runs with the reads; each other step waits for the one before it. The longest requests of the steps take ${quantile(chains, 0.5).toFixed(0)} ms together: an operator that takes no time itself cannot be faster.`,
    "",
  ].join("\n");
}

/** The least that the steps take that wait for each other: reads and dry runs are one. */
function chainOf(steps: readonly Step[]): number {
  const longest = (names: readonly string[]) =>
    Math.max(0, ...steps.filter(({ name }) => names.includes(name)).map((step) => step.longest));
  const [reads, dryRuns, ...others] = STEPS;
  return [[reads, dryRuns], ...others.map((name) => [name])].reduce((sum, names) => sum + longest(names), 0);
}

/** Every request in order: when it was received, how long it took, what it was. */
export function requestList(events: readonly AuditEvent[], created: number): string[] {
  return inOrder(events).map((event) => {
    const { from, to } = timesOf(event, created);
    const name = event.objectRef?.name ?? "";
    const code = event.responseStatus?.code ?? "";
    return `${from.toFixed(1).padStart(7)} ${(to - from).toFixed(1).padStart(6)} ms  ${stepOf(event)}: ${textOf(event)} ${name} ${code}`;
  });
}

function stepsOf(events: readonly AuditEvent[], created: number): Step[] {
  const byName = Map.groupBy(inOrder(events), stepOf);
  return [...byName].map(([name, own]) => {
    const times = own.map((event) => timesOf(event, created));
    const took = times.map(({ from, to }) => to - from);
    return {
      name,
      from: Math.min(...times.map(({ from }) => from)),
      to: Math.max(...times.map(({ to }) => to)),
      requests: counted(own.map(textOf)),
      worked: took.reduce((sum, ms) => sum + ms, 0),
      longest: Math.max(...took),
    };
  });
}

function stepOf(event: AuditEvent): string {
  const { resource = "", subresource, apiGroup = "", name } = event.objectRef ?? {};
  if (apiGroup === "admissionregistration.k8s.io" || apiGroup === "certificates.k8s.io") return MEANWHILE;
  if (name === "multus-operator" || event.verb === "list" || event.verb === "create") return MEANWHILE;
  if (event.verb === "get") return STEPS[0];
  if (event.requestURI.includes("dryRun=")) return STEPS[1];
  if (resource === "multusinstalls") return subresource === "status" ? STEPS[3] : STEPS[2];
  if (resource === "daemonsets") return STEPS[6];
  return ["clusterrolebindings", "configmaps"].includes(resource) ? STEPS[5] : STEPS[4];
}

function textOf({ verb, requestURI, objectRef: { resource = "", subresource } = {} }: AuditEvent): string {
  const isDryRun = requestURI.includes("dryRun=");
  return `${isDryRun ? "dry-run " : ""}${verb.toUpperCase()} ${resource}${subresource ? `/${subresource}` : ""}`;
}

function counted(texts: readonly string[]): string[] {
  return [...Map.groupBy(texts, (text) => text)].map(([text, { length }]) =>
    length === 1 ? text : `${length} ${text}`,
  );
}

function inOrder(events: readonly AuditEvent[]): AuditEvent[] {
  return events.toSorted((a, b) => timesOf(a, 0).from - timesOf(b, 0).from);
}

/** In ms with microseconds, which Date.parse cuts off. */
function timesOf(event: AuditEvent, created: number): { from: number; to: number } {
  const { requestReceivedTimestamp = "", stageTimestamp = "" } = event;
  return { from: precise(requestReceivedTimestamp) - created, to: precise(stageTimestamp) - created };
}

/** Milliseconds since 1970 of an RFC 3339 time with microseconds. */
export function precise(time: string): number {
  const micros = Number(/\.\d{3}(\d{3})/.exec(time)?.[1] ?? 0);
  return Date.parse(time) + micros / 1000;
}
