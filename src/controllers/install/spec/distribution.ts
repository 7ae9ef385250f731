import { DISTRIBUTIONS, type Distribution } from "../../../crds/multus-install/distribution.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import { RULES } from "../../../crds/multus-install/rules.ts";
import { type MultusInstallStatus, multusInstallStatus } from "../../../crds/multus-install/status.ts";
import { type NodeView, nodeView } from "../../../diagnosis/node.ts";
import type { KubeClient } from "../../../kube/client.ts";
import { type ApiObject, NODES } from "../../../kube/resource.ts";
import { detectDistribution } from "../../../multus/detect-distribution.ts";
import { InvalidSpec } from "../errors.ts";
import type { ReconcileScope } from "../scope.ts";

/** The evidence if nothing had to be found. */
const NAMED = "spec.distribution";
/** As the status allows. */
const MAX_EVIDENCE_LENGTH = 512;

/**
 * The install with its distribution named, if the spec leaves that to the operator. What was found once is
 * kept in the status: a node that joins later must not have Multus move to other directories on all nodes.
 * Throws an InvalidSpec if the spec names a directory that is another distribution's.
 */
export async function withDistribution(
  { deps, context, previous }: ReconcileScope,
  install: MultusInstall,
): Promise<{ install: MultusInstall; distribution: MultusInstallStatus["distribution"] }> {
  const { distribution: name } = install.spec;
  if (name !== "Auto") return { install, distribution: { name, evidence: NAMED } };
  const distribution = recorded(previous) ?? (await found(deps.client, await deps.nodes(), context.signal));
  const resolved = named(install, distribution?.name);
  const broken = RULES.find(({ holds }) => !holds(resolved.spec));
  if (broken)
    throw new InvalidSpec(`${broken.path}: ${broken.message} (it is ${resolved.spec.distribution})`);
  return { install: resolved, distribution };
}

/** The same from the status alone, for an install that is being deleted. */
export function withKnownDistribution(previous: MultusInstallStatus, install: MultusInstall): MultusInstall {
  return install.spec.distribution === "Auto" ? named(install, recorded(previous)?.name) : install;
}

/** The same for an install that is not applied yet. @param live the one of its name that the cluster has */
export async function withForeseenDistribution(
  client: KubeClient,
  install: MultusInstall,
  live: ApiObject | undefined,
): Promise<MultusInstall> {
  if (install.spec.distribution !== "Auto") return install;
  const known = recorded(multusInstallStatus.catch({}).parse(live?.status ?? {}));
  if (known) return named(install, known.name);
  const { items } = await client.list<ApiObject>(NODES);
  return named(install, (await found(client, items.map(nodeView)))?.name);
}

/** What an install's status says was found; nothing if a previous spec named it. */
function recorded({ distribution }: MultusInstallStatus): MultusInstallStatus["distribution"] {
  return distribution && distribution.evidence !== NAMED ? distribution : undefined;
}

/** Undefined if there is no node yet that shows it. */
async function found(
  client: KubeClient,
  nodes: readonly NodeView[],
  signal?: AbortSignal,
): Promise<MultusInstallStatus["distribution"]> {
  const evident = nodes.filter(({ runsMultus }) => runsMultus);
  if (evident.length === 0) return undefined;
  const request = { method: "GET", path: "/apis", ...(signal ? { signal } : {}) } as const;
  const { groups } = await client.json<{ groups: { name: string }[] }>(request);
  const { name, evidence } = detectDistribution({
    nodes: evident,
    apiGroups: groups.map((group) => group.name),
  });
  return { name, evidence: evidence.slice(0, MAX_EVIDENCE_LENGTH) };
}

function named(install: MultusInstall, name: string | undefined): MultusInstall {
  const distribution = DISTRIBUTIONS.find((known): known is Distribution => known === name);
  if (!distribution) return install;
  return { ...install, spec: { ...install.spec, distribution } };
}
