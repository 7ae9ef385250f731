import { unreadFinding } from "../cni/check.ts";
import { type Finding, pathAndMessage } from "../cni/finding.ts";
import type { Condition } from "../crds/conditions.ts";
import type { ReportStatus } from "../crds/network-attachment-report/report.ts";
import { counted } from "../crds/plural.ts";
import { namedPods } from "../networks/addresses/layer2-claims.ts";
import type { PodOutcome } from "../networks/outcome/outcome.ts";
import { kindIn } from "../networks/report/network-pods.ts";
import type { Tone } from "./color.ts";
import { type TableOptions, table } from "./table.ts";
import { oneLine } from "./text.ts";

export interface ShownNetwork {
  namespace: string;
  name: string;
  /** "macvlan/host-local" */
  plugins: string;
  /** Of this program's own check. */
  findings: readonly Finding[];
  /** The operator's; absent if it has written none. */
  report?: ReportStatus;
  /** Outcomes of the pods that request it; undefined if pods were not read. */
  outcomes?: readonly PodOutcome[];
}

interface Row {
  valid: string;
  available: string;
  pods: string;
  attached: string;
  failing: string;
  message: string;
}

/** By the operator's report if there is one, else by this program's own check, which does not know "available". */
function rowOf({ namespace, name, report, findings, outcomes }: ShownNetwork): Row {
  const error = findings.find(({ severity }) => severity === "error");
  const message = error ? pathAndMessage(error) : "";
  if (report?.pods) {
    const { requesting, attached, failed, bypassed, partial, forbidden } = report.pods;
    const condition = (type: string) => report.conditions?.find((c) => c.type === type);
    const worst = condition("Valid")?.status === "False" ? condition("Valid") : condition("Available");
    return {
      valid: condition("Valid")?.status ?? "",
      available: condition("Available")?.status ?? "",
      pods: String(requesting),
      attached: String(attached),
      failing: String(failed + bypassed + partial + forbidden),
      message: worst?.message ?? message,
    };
  }
  const pods = outcomes?.map((outcome) => kindIn(outcome, `${namespace}/${name}`));
  const count = (...kinds: PodOutcome["kind"][]) =>
    pods ? String(pods.filter((kind) => kinds.includes(kind)).length) : "";
  const counted = pods?.filter((kind) => kind !== "not-applicable");
  return {
    valid: unreadFinding(findings) ? "Unknown" : error ? "False" : "True",
    available: "",
    pods: counted ? String(counted.length) : "",
    attached: count("attached", "restart-needed"),
    failing: count("failed", "bypassed", "partial", "forbidden-network"),
    message,
  };
}

export interface NetworksTableOptions extends TableOptions {
  namespaces: boolean;
  wide: boolean;
}

export function networksTable(
  networks: readonly ShownNetwork[],
  { namespaces, wide, ...options }: NetworksTableOptions,
): string {
  const columns = [
    ...(namespaces ? ["namespace"] : []),
    "name",
    "plugins",
    "valid",
    "available",
    "pods",
    "attached",
    "failing",
    ...(wide ? ["message"] : []),
  ];
  return table(
    columns,
    networks.map((network) => {
      const { valid, available, pods, attached, failing, message } = rowOf(network);
      return [
        ...(namespaces ? [network.namespace] : []),
        network.name,
        network.plugins,
        valid,
        available,
        pods,
        attached,
        failing,
        ...(wide ? [message] : []),
      ];
    }),
    { toneOf, ...options },
  );
}

function toneOf(column: string, cell: string): Tone | undefined {
  if (column === "valid" || column === "available")
    return cell === "True" ? "good" : cell === "False" ? "bad" : undefined;
  return column === "failing" && cell !== "0" && cell !== "-" ? "bad" : undefined;
}

/** All that is known of one, for people: findings, nodes that lack something, ranges, duplicates, pods. */
export function networkDetails({ namespace, name, plugins, findings, report }: ShownNetwork): string {
  const lines = [
    ...conditionLines(report?.conditions ?? [], findings),
    ...findings.map(
      ({ severity, path, message, line, column }) =>
        `${severity}${line === undefined ? "" : ` (line ${line} column ${column})`}: ${pathAndMessage({ path, message })}`,
    ),
    ...(report?.nodesLacking ?? []).map(({ node, lacks }) => `${node} lacks ${lacks.join(", ")}`),
    ...(report?.ranges ?? []).map(
      ({ range, ipam, size, used, shared, perNode, node }) =>
        `range ${range} (${ipam}${shared ? ", shared with other networks" : ""}): ${used} of ${size} used${perNode ? ` on ${node ? `${node}, the fullest node` : "each node"}` : ""}`,
    ),
    ...(report?.duplicates ?? []).map(
      ({ address, pods, otherPods }) => `${address} is on ${namedPods(pods, otherPods).join(" and ")}`,
    ),
    ...(report?.samples ?? []).map(({ pod, outcome, message }) => `${pod} ${outcome}: ${message}`),
  ];
  return [
    oneLine(`${namespace}/${name}: ${plugins}`),
    ...lines.map((line) => `  ${oneLine(line, 1200)}`),
    "",
  ].join("\n");
}

/** A condition's message is left out if it is empty, or if a finding or another condition has it. */
function conditionLines(conditions: readonly Condition[], findings: readonly Finding[]): string[] {
  const seen = new Set(findings.map(({ path, message }) => `${path === "" ? "it" : path} ${message}`));
  return conditions.map(({ type, status, message }) => {
    const isKnown = message === "" || seen.has(message);
    seen.add(message);
    // Its message is made of the findings, which follow.
    const text = type === "Valid" && findings.length > 0 ? numbersOf(findings) : isKnown ? "" : message;
    return `${type}: ${status}${text === "" ? "" : `, ${text}`}`;
  });
}

/** "1 error, 2 warnings" */
function numbersOf(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  return [
    ...(errors > 0 ? [counted(errors, "error")] : []),
    ...(warnings > 0 ? [counted(warnings, "warning")] : []),
  ].join(", ");
}

/** The same for scripts. */
export function networkData(network: ShownNetwork): object {
  const { namespace, name, plugins, findings, report } = network;
  const { valid, available, pods, attached, failing, message } = rowOf(network);
  const number = (text: string) => (text === "" ? null : Number(text));
  return {
    namespace,
    name,
    plugins,
    valid,
    available: available || "Unknown",
    pods: number(pods),
    attached: number(attached),
    failing: number(failing),
    message,
    findings,
    report: report ?? null,
  };
}
