import { formatProblem } from "../../../crds/field-problem.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import { networkStatusFrom } from "../../../networks/status-counts.ts";
import type { NetworkSummary } from "../../../networks/summary.ts";
import type { RenderedInstall } from "../../../render/render.ts";
import type { Rollout } from "../rollout/assess.ts";
import { conditionsFor, type InstallState, warningCondition, withTimes } from "./conditions.ts";

/** At most this many unhealthy nodes are listed; all are counted. */
const MOST_NODES = 20;
const MOST_WARNINGS = 20;
/** Characters; a longer one would have the API server refuse the whole status. */
const LONGEST_WARNING = 1024;

export type InventoryEntry = NonNullable<MultusInstallStatus["inventory"]>[number];

/** What a reconcile has learned, of which the status is made. */
export interface Findings {
  state: InstallState;
  /** Absent until the spec could be parsed. */
  install?: MultusInstall;
  rendered?: RenderedInstall;
  rollout?: Rollout;
  /** Of a rollout that goes on: when its numbers last changed; RFC 3339. */
  progressedAt?: string;
  /** Of a canary, or of a rollout that failed. */
  rolloutRecord?: MultusInstallStatus["rollout"];
  startupTaint?: MultusInstallStatus["startupTaint"];
  inventory: readonly InventoryEntry[];
  /** Absent until everything was seen once. */
  networks?: NetworkSummary | undefined;
  distribution?: MultusInstallStatus["distribution"];
  primaryNetwork?: MultusInstallStatus["primaryNetwork"];
  /** What was found on the nodes and is likely unintended. */
  nodeWarnings?: readonly string[];
}

/** The status that says what was found. `now` is RFC 3339. */
export function statusFor(
  findings: Findings,
  generation: number,
  previous: Pick<MultusInstallStatus, "conditions" | "networks" | "pods">,
  now: string,
): MultusInstallStatus {
  const { state, install, rendered, rollout, progressedAt, rolloutRecord, startupTaint, inventory } =
    findings;
  const { distribution, primaryNetwork } = findings;
  const warnings = warningsFrom(findings);
  const drafts = { ...conditionsFor(state), Warning: warningCondition(warnings) };
  return {
    observedGeneration: generation,
    conditions: withTimes(drafts, previous.conditions ?? [], generation, now),
    ...(install ? { version: install.spec.version, mode: install.spec.mode } : {}),
    ...(rendered ? { image: rendered.image } : {}),
    ...(distribution ? { distribution } : {}),
    ...(rollout ? { nodes: { ...nodesOf(rollout), ...(progressedAt ? { progressedAt } : {}) } } : {}),
    ...(rolloutRecord ? { rollout: rolloutRecord } : {}),
    ...(startupTaint ? { startupTaint } : {}),
    ...(rendered ? networkStatusFrom(findings.networks, previous) : {}),
    ...(primaryNetwork ? { primaryNetwork } : {}),
    ...(inventory.length > 0 ? { inventory: [...inventory] } : {}),
    ...(warnings.length > 0 ? { warnings: warnings.map(({ text }) => text) } : {}),
  };
}

function warningsFrom({
  rendered,
  nodeWarnings = [],
  networks,
}: Findings): { code?: string; text: string }[] {
  const ofSpec = (rendered?.warnings ?? []).map((problem) => ({
    code: problem.code,
    text: formatProblem(problem),
  }));
  const seen = [...nodeWarnings, ...(networks?.warnings ?? [])];
  return [...ofSpec, ...seen.map((text) => ({ text }))]
    .slice(0, MOST_WARNINGS)
    .map((warning) => ({ ...warning, text: warning.text.slice(0, LONGEST_WARNING) }));
}

function nodesOf({
  desired,
  updated,
  available,
  unhealthy,
}: Rollout): NonNullable<MultusInstallStatus["nodes"]> {
  return {
    desired,
    updated,
    available,
    unhealthyTotal: unhealthy.length,
    ...(unhealthy.length > 0 ? { unhealthy: unhealthy.slice(0, MOST_NODES) } : {}),
  };
}
