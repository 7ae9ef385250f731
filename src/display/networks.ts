import { type Finding, pathAndMessage } from "../cni/finding.ts";
import type { ReportStatus } from "../crds/network-attachment-report/report.ts";
import { namedPods } from "../networks/duplicates.ts";
import type { PodOutcome } from "../networks/outcome.ts";
import { table } from "./table.ts";
import { oneLine } from "./text.ts";

export interface ShownNetwork {
  namespace: string;
  name: string;
  /** "macvlan/host-local" */
  plugins: string;
  /** Of this program's own check. */
  findings: readonly Finding[];
  /** The operator's; absent where it has written none. */
  report?: ReportStatus;
  /** Outcomes of the pods that ask for it, as far as they were looked at; undefined where they were not. */
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

/** By the operator's report where there is one, else by this program's own look, whose "available" is unknown. */
function rowOf({ report, findings, outcomes }: ShownNetwork): Row {
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
  const count = (...kinds: PodOutcome["kind"][]) =>
    outcomes ? String(outcomes.filter(({ kind }) => kinds.includes(kind)).length) : "";
  const counted = outcomes?.filter(({ kind }) => kind !== "not-applicable");
  return {
    valid: error ? "False" : "True",
    available: "",
    pods: counted ? String(counted.length) : "",
    attached: count("attached", "restart-needed"),
    failing: count("failed", "bypassed", "partial", "forbidden-network"),
    message,
  };
}

export function networksTable(
  networks: readonly ShownNetwork[],
  { namespaces, wide }: { namespaces: boolean; wide: boolean },
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
  );
}

/** Everything known of each, for people: findings, nodes that lack something, ranges, duplicates, pods. */
export function networkDetails({ namespace, name, plugins, findings, report }: ShownNetwork): string {
  const lines = [
    ...(report?.conditions ?? []).map(({ type, status, message }) => `${type}: ${status}, ${message}`),
    ...findings.map(
      ({ severity, path, message, line, column }) =>
        `${severity}${line === undefined ? "" : ` (line ${line} column ${column})`}: ${pathAndMessage({ path, message })}`,
    ),
    ...(report?.nodesLacking ?? []).map(({ node, lacks }) => `${node} lacks ${lacks.join(", ")}`),
    ...(report?.ranges ?? []).map(
      ({ range, ipam, size, used, perNode, node }) =>
        `range ${range} (${ipam}): ${used} of ${size} used${perNode ? ` on each node${node ? `, at most; ${node} is the fullest` : ""}` : ""}`,
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
