import { DISTRIBUTIONS, type Distribution } from "../../crds/multus-install/host-paths.ts";
import type { MultusInstall } from "../../crds/multus-install/multus-install.ts";
import { RULES } from "../../crds/multus-install/rules.ts";
import { detectDistribution } from "../../multus/detect-distribution.ts";
import type { Run } from "./run.ts";
import { InvalidSpec } from "./stalled.ts";

/**
 * The install with its distribution named, where the spec leaves that to the operator. What was found once is
 * kept in the status: a node that joins later must not have Multus move to other directories on all nodes.
 * Throws an InvalidSpec where the spec names a directory that is another distribution's.
 */
export async function withDistribution(run: Run, install: MultusInstall): Promise<MultusInstall> {
  const { distribution } = install.spec;
  if (distribution !== "Auto") {
    run.findings.distribution = { name: distribution, evidence: "spec.distribution" };
    return install;
  }
  run.findings.distribution = recorded(run) ?? (await detected(run));
  const resolved = named(install, run.findings.distribution?.name);
  const broken = RULES.find(({ holds }) => !holds(resolved.spec));
  if (broken)
    throw new InvalidSpec(`${broken.path}: ${broken.message} (it is ${resolved.spec.distribution})`);
  return resolved;
}

/** The same from the status alone, for an install that is being deleted. */
export function withKnownDistribution(run: Run, install: MultusInstall): MultusInstall {
  return install.spec.distribution === "Auto" ? named(install, recorded(run)?.name) : install;
}

function recorded({ previous }: Run): Run["previous"]["distribution"] {
  const { distribution } = previous;
  // Named by an earlier spec: it was not found.
  return distribution && distribution.evidence !== "spec.distribution" ? distribution : undefined;
}

async function detected({ deps, context }: Run): Promise<Run["previous"]["distribution"]> {
  const nodes = (await deps.nodes()).filter(({ runsMultus }) => runsMultus);
  if (nodes.length === 0) return undefined;
  const { groups } = await deps.client.json<{ groups: { name: string }[] }>({
    method: "GET",
    path: "/apis",
    signal: context.signal,
  });
  const { name, evidence } = detectDistribution({ nodes, apiGroups: groups.map((group) => group.name) });
  context.log.info({ distribution: name, evidence }, "distribution found");
  return { name, evidence: evidence.slice(0, 512) };
}

function named(install: MultusInstall, name: string | undefined): MultusInstall {
  const distribution = DISTRIBUTIONS.find((known): known is Distribution => known === name);
  if (!distribution) return install;
  return { ...install, spec: { ...install.spec, distribution } };
}
