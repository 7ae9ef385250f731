import type { Condition } from "../crds/conditions.ts";
import type { MultusInstallStatus } from "../crds/multus-install/status.ts";
import { namedPods } from "../networks/addresses/layer2-claims.ts";
import { type Paint, plain, type Tone } from "./color.ts";
import { programRows } from "./node-programs.ts";
import { type OperatorState, operatorText } from "./operator.ts";
import { oneLine } from "./text.ts";

/** Addresses that several pods have, as a NetworkAttachmentReport lists them. */
export interface ShownDuplicate {
  network: string;
  address: string;
  pods: readonly string[];
  /** Pods of namespaces other than the network's, which the report does not name. */
  otherPods?: number | undefined;
}

export interface ShownStatus {
  operator: OperatorState;
  /** Of the plugin, to be compared with the operator's. */
  pluginVersion: string;
  /** Undefined if the cluster has none. */
  install:
    | {
        name: string;
        generation: number | undefined;
        /** RFC 3339; while it is being deleted. */
        deletedAt?: string;
        status: MultusInstallStatus;
      }
    | undefined;
  /** MultusInstalls without effect, because an older one exists. */
  others: readonly string[];
  /** What the deletion of the last one could not clean. */
  uncleaned?: { install: string; at: string; message: string } | undefined;
  /** The operator's, or what the plugin found itself; undefined if that is not allowed. */
  networks: MultusInstallStatus["networks"];
  pods: MultusInstallStatus["pods"];
  /** The first duplicate addresses by name; undefined if the reports cannot be read. */
  duplicates?: readonly ShownDuplicate[] | undefined;
}

export interface StatusOptions {
  wide?: boolean;
  paint?: Paint;
}

const MAX_DUPLICATES = 5;

/** Whether an operator keeps the status up to date. What may not be read is taken at its word. */
function isCurrent({ operator, install }: ShownStatus): boolean {
  return (
    (operator.state === "Running" || operator.state === "Unknown") &&
    install?.status.observedGeneration === install?.generation
  );
}

/** True when Ready is True for the spec as it is now, an operator runs, and nothing is being deleted. */
export function isReady(shown: ShownStatus): boolean {
  const { install } = shown;
  const ready = install?.status.conditions?.find(({ type }) => type === "Ready");
  return (
    ready?.status === "True" &&
    ready.observedGeneration === install?.generation &&
    install?.deletedAt === undefined &&
    shown.operator.state !== "NotRunning" &&
    shown.operator.state !== "NotInstalled"
  );
}

type Row = [label: string, text: string, tone?: Tone | undefined];

/** For people, one line per fact. */
export function statusText(shown: ShownStatus, { wide = false, paint = plain }: StatusOptions = {}): string {
  const rows = [
    operatorRow(shown),
    ...installRows(shown, wide),
    ...networkRows(shown),
    ...podRows(shown.pods),
  ];
  const lines = rows.map(([label, text, tone]) =>
    `${label.padEnd(16)} ${paint(tone, oneLine(text, 1200))}`.trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

function operatorRow({ operator, pluginVersion }: ShownStatus): Row {
  const tones: Record<OperatorState["state"], Tone> = {
    Running: "good",
    NotRunning: "bad",
    NotInstalled: "bad",
    Unknown: "doubtful",
  };
  return ["Operator", operatorText(operator, pluginVersion), tones[operator.state]];
}

function installRows(shown: ShownStatus, wide: boolean): Row[] {
  const { install, others, uncleaned } = shown;
  if (!install)
    return [
      ["MultusInstall", "none. Create one: kubectl apply -f manifests/samples/multusinstall.yaml", "bad"],
      ...(uncleaned
        ? [
            [
              "  Not cleaned",
              `${uncleaned.install}, deleted by ${uncleaned.at}: ${uncleaned.message}`,
              "bad",
            ] satisfies Row,
          ]
        : []),
    ];
  const { name, status } = install;
  const { version, mode = "", image = "" } = status;
  return [
    ["MultusInstall", name],
    ...deletionRows(install),
    ...conditionRows(shown, wide),
    ...rowIf(version !== undefined, ["  Multus", `${version} ${mode}, ${image}`]),
    ...nodeRows(status),
    ...programRows(status),
    ...warningRows(status, wide),
    ...rowIf(others.length > 0, [
      "  No effect",
      `${others.join(", ")}: ${name} is older and takes precedence`,
      "doubtful",
    ]),
  ];
}

/** Without the most serious warning, whose full text is in the row of the condition Warning. */
function warningRows({ conditions = [], warnings = [] }: MultusInstallStatus, wide: boolean): Row[] {
  const shown = conditions.find(({ type, status }) => type === "Warning" && status === "True")?.message ?? "";
  return warnings
    .filter((warning) => wide || !shown.startsWith(warning))
    .map((warning): Row => ["  Warning", warning, "doubtful"]);
}

function deletionRows({ deletedAt, status }: NonNullable<ShownStatus["install"]>): Row[] {
  if (deletedAt === undefined) return [];
  const progress = status.conditions?.find(({ reason }) => reason === "Deleting")?.message ?? "";
  const text = `is being deleted since ${deletedAt}${progress === "" ? "" : `: ${progress}`}`;
  return [["  Deletion", text, "doubtful"]];
}

/** A condition that reports a problem when it is True; the others are well when they are. */
const PROBLEMS: readonly string[] = ["Reconciling", "Stalled", "Degraded", "Warning"];

function conditionRows(shown: ShownStatus, wide: boolean): Row[] {
  const { install, operator } = shown;
  const { conditions = [], observedGeneration } = install?.status ?? {};
  const seen = new Set<string>();
  const rows = conditions
    .filter(({ type, status }) => wide || !PROBLEMS.includes(type) || status !== "False")
    .map((condition): Row => {
      const { type, status, reason, message } = condition;
      // One message often belongs to several conditions: the first one has it.
      const isRepeated = !wide && seen.has(message);
      seen.add(message);
      const text = `${status}, ${reason}${message === "" || isRepeated ? "" : `: ${message}`}`;
      if (type !== "Ready" || isCurrent(shown)) return [`  ${type}`, text, toneOf(condition)];
      return ["  Ready", `Unknown; last reported: ${text}`, "doubtful"];
    });
  if (isCurrent(shown)) return rows;
  const why =
    operator.state === "NotRunning" || operator.state === "NotInstalled"
      ? "no operator is running: what follows is as old as its last report"
      : `the operator has not processed the last change of the spec: the status is of generation ${observedGeneration ?? "none"}, the spec of generation ${install?.generation}`;
  return [["  Stale", why, "bad"], ...rows];
}

function toneOf({ type, status }: Condition): Tone {
  if (type === "Ready") return status === "True" ? "good" : status === "False" ? "bad" : "doubtful";
  if (status === "False") return "good";
  return type === "Stalled" || type === "Degraded" ? "bad" : "doubtful";
}

function nodeRows({ nodes, primaryNetwork }: MultusInstallStatus): Row[] {
  const files = (primaryNetwork?.files ?? []).map(
    ({ file, networkName, nodes: on }) => `${file} (${networkName}) on ${on} ${on === 1 ? "node" : "nodes"}`,
  );
  return [
    ...rowIf(nodes !== undefined, [
      "  Nodes",
      `${nodes?.desired} desired, ${nodes?.updated} updated, ${nodes?.available} available`,
    ]),
    ...(nodes?.unhealthy ?? []).map(
      ({ node, reason, message }): Row => ["", `${node || "(no node)"} ${reason}: ${message}`, "bad"],
    ),
    ...rowIf(files.length > 0, ["  Primary", files.join(", ")]),
  ];
}

function networkRows({ networks, duplicates = [] }: ShownStatus): Row[] {
  if (!networks) return [];
  const {
    total,
    valid,
    invalid,
    rangesUsedUp,
    rangesNearlyUsedUp,
    duplicateAddresses,
    samples = [],
  } = networks;
  const count = (n: number, one: string, many: string): Row[] =>
    n > 0 ? [["", `${n} ${n === 1 ? one : many}`, "doubtful"]] : [];
  return [
    ["Networks", `${total}: ${valid} valid, ${invalid} invalid`],
    ...count(rangesUsedUp, "range used up", "ranges used up"),
    ...count(rangesNearlyUsedUp, "range nearly used up", "ranges nearly used up"),
    ...count(duplicateAddresses, "duplicate address", "duplicate addresses"),
    ...duplicates
      .slice(0, MAX_DUPLICATES)
      .map(
        ({ network, address, pods, otherPods }): Row => [
          "",
          `${address} of ${network}: ${namedPods(pods, otherPods).join(", ")}`,
          "doubtful",
        ],
      ),
    ...samples.map(({ network, reason, message }): Row => ["", `${network} ${reason}: ${message}`, "bad"]),
    ...rowIf(samples.length > 0, ["  see", "kubectl multus networks NAME -n NAMESPACE"]),
  ];
}

function podRows(pods: ShownStatus["pods"]): Row[] {
  if (!pods) return [];
  const {
    requesting,
    attached,
    pending,
    bypassed,
    failed,
    missingNetwork,
    forbidden,
    partial,
    restartNeeded,
  } = pods;
  const counts = [
    [attached, "attached"],
    [pending, "pending"],
    [bypassed, "bypassed"],
    [failed, "failed"],
    [missingNetwork, "missing-network"],
    [forbidden, "forbidden-network"],
    [partial, "partial"],
    [restartNeeded, "restart-needed"],
  ] as const;
  const shown = counts.filter(([n]) => n > 0).map(([n, kind]) => `${n} ${kind}`);
  const samples = pods.samples ?? [];
  const what = requesting === 1 ? "1 requests networks" : `${requesting} request networks`;
  return [
    ["Pods", `${what}${shown.length > 0 ? `: ${shown.join(", ")}` : ""}`],
    ...samples.map(({ pod, outcome, message }): Row => ["", `${pod} ${outcome}: ${message}`, "bad"]),
    ...rowIf(samples.length > 0, [
      "  see",
      "kubectl multus explain POD -n NAMESPACE, kubectl multus pods -A --failing",
    ]),
  ];
}

function rowIf(condition: boolean, row: Row): Row[] {
  return condition ? [row] : [];
}

/** The same for scripts; networks and pods as in MultusInstall.status. */
export function statusData(shown: ShownStatus): object {
  const { operator, pluginVersion, install, others, uncleaned, networks, pods, duplicates } = shown;
  const { name, deletedAt, status } = install ?? {};
  return {
    ready: isReady(shown),
    stale: install !== undefined && !isCurrent(shown),
    operator,
    pluginVersion,
    install: install ? { name, ...(deletedAt === undefined ? {} : { deletedAt }), ...status } : null,
    others,
    ...(uncleaned ? { uncleaned } : {}),
    networks: networks ?? null,
    pods: pods ?? null,
    duplicates: duplicates ?? [],
  };
}
