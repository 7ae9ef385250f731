import type { MultusInstallStatus } from "../crds/multus-install/status.ts";
import { OUTCOMES, type OutcomeKind } from "../networks/outcome.ts";
import { isFailing, type ShownPod } from "./pods.ts";
import { oneLine } from "./text.ts";

export interface ShownStatus {
  /** Undefined where the cluster has none. */
  install: { name: string; generation: number | undefined; status: MultusInstallStatus } | undefined;
  /** MultusInstalls that do not count. */
  others: readonly string[];
  /** Undefined where they may not be read. */
  networks: { total: number; invalid: readonly string[] } | undefined;
  pods: readonly ShownPod[] | undefined;
}

/** True when the condition Ready is True and speaks of the spec as it is now. */
export function isReady({ install }: ShownStatus): boolean {
  const ready = install?.status.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "True" && ready.observedGeneration === install?.generation;
}

export function statusText(shown: ShownStatus): string {
  const rows = [...installRows(shown), ...networkRows(shown.networks), ...podRows(shown.pods)];
  return `${rows.map(([label, text]) => `${label.padEnd(14)} ${oneLine(text, 1200)}`.trimEnd()).join("\n")}\n`;
}

type Row = [label: string, text: string];

function installRows({ install, others }: ShownStatus): Row[] {
  if (!install)
    return [["MultusInstall", "none. Make one: kubectl apply -f manifests/samples/multusinstall.yaml"]];
  const { name, status, generation } = install;
  const { nodes, version, mode = "", image = "", conditions = [], warnings = [] } = status;
  return [
    ["MultusInstall", name],
    ...conditions.map((condition): Row => {
      const said = condition.message === "" ? "" : `: ${condition.message}`;
      return [`  ${condition.type}`, `${condition.status}, ${condition.reason}${said}`];
    }),
    ...rowIf(status.observedGeneration !== generation, [
      "  (stale)",
      "the operator has not looked at it since its last change: does it run?",
    ]),
    ...rowIf(version !== undefined, ["  Multus", `${version} ${mode}, ${image}`]),
    ...(nodes
      ? [
          [
            "  Nodes",
            `${nodes.desired} desired, ${nodes.updated} updated, ${nodes.available} available`,
          ] as Row,
          ...(nodes.unhealthy ?? []).map(
            ({ node, reason, message }): Row => ["", `${node || "(no node)"} ${reason}: ${message}`],
          ),
        ]
      : []),
    ...warnings.map((warning): Row => ["  Warning", warning]),
    ...rowIf(others.length > 0, ["  No effect", `${others.join(", ")}, since ${name} is older`]),
  ];
}

function networkRows(networks: ShownStatus["networks"]): Row[] {
  if (!networks) return [];
  const { total, invalid } = networks;
  return [
    ["Networks", String(total)],
    ...rowIf(invalid.length > 0, ["  Invalid", `${invalid.length}: ${firstOf(invalid)}`]),
  ];
}

function podRows(pods: readonly ShownPod[] | undefined): Row[] {
  if (!pods) return [];
  const failing = pods.filter(isFailing).map(({ namespace, name }) => `${namespace}/${name}`);
  return [
    ["Pods", `${pods.length} ask for networks`],
    ...countsOf(pods).map(([kind, count]): Row => ["", `${count} ${kind}`]),
    ...rowIf(failing.length > 0, ["  Look at", firstOf(failing)]),
    ...rowIf(failing.length > 0, [
      "  with",
      "kubectl multus explain POD -n NAMESPACE; all of them: kubectl multus pods -A --failing",
    ]),
  ];
}

function rowIf(condition: boolean, row: Row): Row[] {
  return condition ? [row] : [];
}

/** In the order in which OUTCOMES has them. */
function countsOf(pods: readonly ShownPod[]): [OutcomeKind, number][] {
  const kinds = Object.keys(OUTCOMES) as OutcomeKind[];
  return kinds
    .map((kind): [OutcomeKind, number] => [kind, pods.filter(({ outcome }) => outcome.kind === kind).length])
    .filter(([, count]) => count > 0);
}

function firstOf(names: readonly string[]): string {
  const more = names.length - 5;
  return `${names.slice(0, 5).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** The same for scripts. */
export function statusData(shown: ShownStatus): object {
  const { install, others, networks, pods } = shown;
  return {
    ready: isReady(shown),
    install: install ? { name: install.name, ...install.status } : null,
    others,
    networks: networks ?? null,
    pods: pods
      ? {
          requesting: pods.length,
          ...Object.fromEntries(countsOf(pods)),
          failing: pods
            .filter(isFailing)
            .map(({ namespace, name }) => `${namespace}/${name}`)
            .slice(0, 100),
        }
      : null,
  };
}
