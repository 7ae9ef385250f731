import type { MultusInstallStatus } from "../crds/multus-install/status.ts";
import { oneLine } from "./text.ts";

export interface ShownStatus {
  /** Undefined where the cluster has none. */
  install: { name: string; generation: number | undefined; status: MultusInstallStatus } | undefined;
  /** MultusInstalls that do not count. */
  others: readonly string[];
  /** The operator's, else of the plugin's own look; undefined where that is not allowed. */
  networks: MultusInstallStatus["networks"];
  pods: MultusInstallStatus["pods"];
}

/** True when the condition Ready is True and speaks of the spec as it is now. */
export function isReady({ install }: ShownStatus): boolean {
  const ready = install?.status.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "True" && ready.observedGeneration === install?.generation;
}

type Row = [label: string, text: string];

export function statusText(shown: ShownStatus): string {
  const rows = [...installRows(shown), ...networkRows(shown.networks), ...podRows(shown.pods)];
  return `${rows.map(([label, text]) => `${label.padEnd(16)} ${oneLine(text, 1200)}`.trimEnd()).join("\n")}\n`;
}

function installRows({ install, others }: ShownStatus): Row[] {
  if (!install)
    return [["MultusInstall", "none. Make one: kubectl apply -f manifests/samples/multusinstall.yaml"]];
  const { name, status, generation } = install;
  const { version, mode = "", image = "", conditions = [], warnings = [] } = status;
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
    ...nodeRows(status),
    ...warnings.map((warning): Row => ["  Warning", warning]),
    ...rowIf(others.length > 0, ["  No effect", `${others.join(", ")}, since ${name} is older`]),
  ];
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
      ({ node, reason, message }): Row => ["", `${node || "(no node)"} ${reason}: ${message}`],
    ),
    ...rowIf(files.length > 0, ["  Primary", files.join(", ")]),
  ];
}

function networkRows(networks: ShownStatus["networks"]): Row[] {
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
  const notes = [
    [rangesUsedUp, "ranges used up"],
    [rangesNearlyUsedUp, "ranges nearly used up"],
    [duplicateAddresses, "addresses given twice"],
  ] as const;
  return [
    ["Networks", `${total}: ${valid} valid, ${invalid} invalid`],
    ...notes.filter(([n]) => n > 0).map(([n, what]): Row => ["", `${n} ${what}`]),
    ...samples.map(({ network, reason, message }): Row => ["", `${network} ${reason}: ${message}`]),
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
  return [
    ["Pods", `${requesting} ask for networks${shown.length > 0 ? `: ${shown.join(", ")}` : ""}`],
    ...samples.map(({ pod, outcome, message }): Row => ["", `${pod} ${outcome}: ${message}`]),
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
  const { install, others, networks, pods } = shown;
  return {
    ready: isReady(shown),
    install: install ? { name: install.name, ...install.status } : null,
    others,
    networks: networks ?? null,
    pods: pods ?? null,
  };
}
