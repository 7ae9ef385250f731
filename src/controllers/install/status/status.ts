import { formatProblem } from "../../../crds/field-problem.ts";
import { listed } from "../../../crds/listed.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { InventoryEntry, MultusInstallStatus } from "../../../crds/multus-install/status.ts";
import { counted } from "../../../crds/plural.ts";
import { networkStatusFrom } from "../../../networks/status-counts.ts";
import type { NetworkSummary } from "../../../networks/summary.ts";
import type { RenderedInstall } from "../../../render/render.ts";
import { type ForeignField, foreignFieldText } from "../../shared/foreign-fields.ts";
import type { Rollout } from "../rollout/assess.ts";
import { conditionsFor, type InstallState, warningCondition, withTimes } from "./conditions.ts";

/** At most this many unhealthy nodes are listed; all are counted. */
const MAX_NODES = 20;
const MAX_WARNINGS = 20;
/** Fields of one object that a warning names. */
const MAX_FIELDS = 3;
/** Characters; a longer one would have the API server reject the whole status. */
const MAX_WARNING_LENGTH = 1024;

/** What a reconcile has found, of which the status is made. */
export interface StatusInput {
  state: InstallState;
  /** Absent until the spec could be parsed. */
  install?: MultusInstall | undefined;
  rendered?: RenderedInstall | undefined;
  rollout?: Rollout | undefined;
  /** Of a rollout that is under way: when its numbers last changed; RFC 3339. */
  progressedAt?: string | undefined;
  /** Of a canary, or of a rollout that failed. */
  rolloutRecord?: MultusInstallStatus["rollout"];
  startupTaint?: MultusInstallStatus["startupTaint"];
  inventory: readonly InventoryEntry[];
  distribution?: MultusInstallStatus["distribution"];
  primaryNetwork?: MultusInstallStatus["primaryNetwork"];
  plugins?: MultusInstallStatus["plugins"];
  dhcp?: MultusInstallStatus["dhcp"];
  /** What others added to the operator's objects. */
  foreignFields?: readonly ForeignField[] | undefined;
  /** What was found on the nodes and is probably not intended. */
  nodeWarnings?: readonly string[] | undefined;
  /** Absent until everything was seen once. */
  networks?: NetworkSummary | undefined;
  /** What of networks and pods cannot be read, and why. */
  unknown?: readonly string[] | undefined;
}

/** The status that shows what was found. `now` is RFC 3339. */
export function statusFor(
  input: StatusInput,
  generation: number,
  previous: MultusInstallStatus,
  now: string,
): MultusInstallStatus {
  return wellFormed(composed(input, generation, previous, now));
}

/**
 * A text from elsewhere is shortened, perhaps in the middle of a character. The API server replaces half a character, so each
 * reconcile would find a difference and send the status again.
 */
function wellFormed(status: MultusInstallStatus): MultusInstallStatus {
  return JSON.parse(JSON.stringify(status), (_, value: unknown) =>
    typeof value === "string" ? value.toWellFormed() : value,
  ) as MultusInstallStatus;
}

function composed(
  input: StatusInput,
  generation: number,
  previous: MultusInstallStatus,
  now: string,
): MultusInstallStatus {
  if (input.state.kind === "Stalled") return stalledStatus(input, input.state, { generation, previous, now });
  const { state, install, rendered, rollout, progressedAt, rolloutRecord, startupTaint, inventory } = input;
  if (state.kind === "Syncing") return syncing(input, state, { generation, previous, now });
  const { distribution, primaryNetwork, plugins, dhcp } = input;
  const warnings = warningsFrom(input);
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
    ...(rendered ? networkStatusFrom(input.networks, previous) : {}),
    ...(primaryNetwork ? { primaryNetwork } : {}),
    ...(plugins ? { plugins } : {}),
    ...(dhcp ? { dhcp } : {}),
    ...(inventory.length > 0 ? { inventory: [...inventory] } : {}),
    ...(warnings.length > 0 ? { warnings: warnings.map(({ text }) => text) } : {}),
  };
}

/** What a status is written over, and when. */
interface Before {
  generation: number;
  previous: MultusInstallStatus;
  /** RFC 3339. */
  now: string;
}

/** What was known stays in the status: all that is new is that it may not be true any longer. */
function syncing(
  { inventory }: StatusInput,
  state: InstallState,
  { generation, previous, now }: Before,
): MultusInstallStatus {
  const { conditions: known = [] } = previous;
  const drafts = { ...conditionsFor(state), Warning: warningCondition([]) };
  const conditions = withTimes(drafts, known, generation, now).map((fresh) => {
    const stays = fresh.type === "Degraded" || fresh.type === "Warning";
    return (stays && known.find(({ type }) => type === fresh.type)) || fresh;
  });
  return {
    ...previous,
    observedGeneration: generation,
    conditions,
    ...(inventory.length > 0 ? { inventory: [...inventory] } : {}),
  };
}

/**
 * A spec that cannot be applied changes nothing: what ran before still runs, and the status goes on to name it, as it
 * was seen last. An install of which nothing was ever applied names nothing.
 */
function stalledStatus(
  input: StatusInput,
  { message }: { message: string },
  { generation, previous, now }: Before,
): MultusInstallStatus {
  const { inventory, state, networks } = input;
  const { version, mode, nodes } = previous;
  const warnings = warningsFrom(input);
  const isApplied = inventory.length > 0 && version !== undefined;
  const on = nodes
    ? ` (last seen: available on ${nodes.available} of ${counted(nodes.desired, "node")})`
    : "";
  const full = isApplied ? `${message}. Multus ${version} ${mode} stays in place${on}` : message;
  const drafts = {
    ...conditionsFor({ ...state, message: full } as InstallState),
    Warning: warningCondition(warnings),
  };
  const { observedGeneration: _, conditions, inventory: __, warnings: ___, ...before } = previous;
  return {
    observedGeneration: generation,
    conditions: withTimes(drafts, conditions ?? [], generation, now),
    ...(isApplied ? { ...before, ...networkStatusFrom(networks, previous) } : {}),
    ...(inventory.length > 0 ? { inventory: [...inventory] } : {}),
    ...(warnings.length > 0 ? { warnings: warnings.map(({ text }) => text) } : {}),
  };
}

function warningsFrom({
  rendered,
  nodeWarnings = [],
  foreignFields = [],
  networks,
  unknown = [],
}: StatusInput): { code?: string; text: string }[] {
  const ofSpec = (rendered?.warnings ?? []).map((problem) => ({
    code: problem.code,
    text: formatProblem(problem),
  }));
  const stale = unknown.map((why) => `networks and pods are shown as they were last known: ${why}`);
  const seen = [...stale, ...nodeWarnings, ...(networks?.warnings ?? [])];
  const ofOthers = [...Map.groupBy(foreignFields, ({ object }) => object)].map(([object, fields]) => ({
    code: "FOREIGN_FIELDS",
    text: `${object} has fields that the operator does not manage and leaves in place: ${listed(fields.map(foreignFieldText), MAX_FIELDS, { separator: "; " })}. Remove them, or set them in the spec`,
  }));
  return [...ofOthers, ...ofSpec, ...seen.map((text) => ({ text }))]
    .slice(0, MAX_WARNINGS)
    .map((warning) => ({ ...warning, text: warning.text.slice(0, MAX_WARNING_LENGTH) }));
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
    // Multus and whereabouts may fail on one node. Pods that were not scheduled have none.
    unhealthyTotal: new Set(unhealthy.map(({ node }, index) => node || index)).size,
    ...(unhealthy.length > 0 ? { unhealthy: unhealthy.slice(0, MAX_NODES) } : {}),
  };
}
