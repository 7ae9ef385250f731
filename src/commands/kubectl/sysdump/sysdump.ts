import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { Command, Option } from "commander";
import { explanationText } from "../../../display/explanation.ts";
import { nodesTable } from "../../../display/nodes.ts";
import { isFailing, podData, podsTable } from "../../../display/pods.ts";
import { statusData, statusText } from "../../../display/status.ts";
import { oneLine, toJson } from "../../../display/text.ts";
import { PODS } from "../../../kube/resource.ts";
import { checkCluster } from "../../../validate/cluster.ts";
import { objectFindingText } from "../../../validate/summary.ts";
import { versionLine } from "../../version.ts";
import type { ApiPod } from "../cluster/api-pod.ts";
import { clusterObjects } from "../cluster/checked-objects.ts";
import { collectNetworks, collectPods } from "../cluster/collect.ts";
import { findInstall } from "../cluster/install.ts";
import { type FoundOperator, findOperator, type NotFound } from "../cluster/operator.ts";
import { PermittedReader } from "../cluster/permitted-reader.ts";
import { selectorText } from "../cluster/workload.ts";
import { UsageError } from "../errors.ts";
import { explained } from "../explain.ts";
import { remedy } from "../failure.ts";
import { atLeastOne } from "../flag-values.ts";
import { shownNodes } from "../nodes.ts";
import { type CommonOptions, inSession, type Session } from "../session.ts";
import { gatherStatus } from "../status.ts";
import { dumpedLogs } from "./sysdump-logs.ts";
import { type DumpedPlaces, dumpedObjects } from "./sysdump-objects.ts";
import { tar } from "./tar.ts";

interface SysdumpOptions extends CommonOptions {
  outputFilename?: string;
  maxPods: number;
}

const DEFAULT_PODS = 20;
const MAX_EXPLAINED = 20;

/** `sysdump`: the data for a bug report, in one archive. */
export function sysdumpCommand(): Command {
  const command = new Command("sysdump")
    .description("collect the data for a bug report in one archive")
    .option("--output-filename <file>", "default: multus-sysdump-TIME.tar.gz in this directory")
    .addOption(
      new Option("--max-pods <number>", "read the logs of at most this many Multus pods")
        .argParser(atLeastOne)
        .default(DEFAULT_PODS),
    )
    .addHelpText(
      "after",
      `
The archive contains the output of status, nodes, pods and check, an explanation of up to ${MAX_EXPLAINED} pods that are missing a
network, the objects of the operator and of Multus, NetworkAttachmentDefinitions with their reports, nodes, events, and
the ends of the logs of the operator's and Multus' pods. It contains no Secret and no token, and for other pods only
names, nodes, networks and addresses. Read it before you share it. README.txt in the archive lists what could not be read.
For the log files on the nodes, see kubectl multus logs --all-nodes.

Exit code 0: the archive was written, even if something could not be read; 2: it was not written.

Examples:
  kubectl multus sysdump
  kubectl multus sysdump --output-filename case-4711.tar.gz --max-pods 5`,
    );
  inSession<SysdumpOptions>(command, async (session, options) => {
    const now = new Date();
    const directory = `multus-sysdump-${now
      .toISOString()
      .replace(/[-:]|\.\d+Z/g, "")
      .replace("T", "-")}`;
    const file = options.outputFilename ?? `${directory}.tar.gz`;
    const { files, problems } = await collected(session, options.maxPods);
    files.set("README.txt", readme(session, now, problems));
    const entries = [...files].map(([name, content]) => ({ name: `${directory}/${name}`, content }));
    try {
      writeFileSync(file, gzipSync(tar(entries, Math.floor(now.getTime() / 1000))), {
        mode: 0o600,
        flag: "wx",
      });
    } catch (error) {
      throw new UsageError(`${file} cannot be written: ${(error as Error).message}`);
    }
    process.stdout.write(`${file}: ${files.size} files\n`);
    for (const problem of problems) process.stderr.write(`warning: not in it: ${problem}\n`);
    return 0;
  });
  return command;
}

interface Dump {
  files: Map<string, string>;
  problems: string[];
}

async function collected(session: Session, maxPods: number): Promise<Dump> {
  const dump: Dump = { files: new Map(), problems: [] };
  const reader = new PermittedReader(session.client);
  // Throws if the API server does not answer: then there is nothing to collect.
  const found = await reader.tryRead(() => findInstall(session.client));
  const operator = operatorPlace(await findOperator(reader));
  const places = { multus: found?.install.spec.namespace, operator };
  const attempt = async (what: string, collect: () => Promise<void>) => {
    try {
      await collect();
    } catch (error) {
      dump.problems.push(`${what}: ${oneLine(remedy(error), 1024)}`);
    }
  };
  await attempt("status", async () => {
    const shown = await gatherStatus(session, reader);
    dump.files.set("status.txt", statusText(shown, { wide: true }));
    dump.files.set("status.json", toJson(statusData(shown)));
  });
  await attempt("nodes", async () => {
    const nodes = await shownNodes(reader, undefined);
    dump.files.set("nodes.txt", nodesTable(nodes, { wide: true }));
  });
  await attempt("pods", () => pods(reader, dump));
  await attempt("check", async () => {
    const { findings } = checkCluster(await clusterObjects(reader, undefined), undefined);
    const lines = findings.map((finding) => `${finding.severity}: ${objectFindingText(finding)}\n`);
    dump.files.set("check.txt", lines.join(""));
  });
  await attempt("objects", async () => {
    for (const [name, content] of await dumpedObjects(reader, places)) dump.files.set(name, content);
  });
  const multus = places.multus === undefined ? {} : { namespace: places.multus };
  const logged = [
    ...(operator ? [{ namespace: operator.namespace, labelSelector: operator.selector }] : []),
    { ...multus, labelSelector: "app=multus" },
  ];
  for (const where of logged)
    await attempt("logs", async () => {
      const { files, problems } = await dumpedLogs(reader, where, maxPods);
      for (const [name, content] of files) dump.files.set(name, content);
      dump.problems.push(...problems);
    });
  dump.problems.push(...[...reader.missingPermissions].map((what) => `missing permission: ${what}`));
  return dump;
}

function operatorPlace(operator: FoundOperator | NotFound): DumpedPlaces["operator"] {
  if (operator.found !== "one") return undefined;
  const { namespace, deployment } = operator;
  const selector = selectorText(deployment.spec.selector ?? {});
  // Without one, every pod of the namespace would match.
  return selector === "" ? undefined : { namespace, deployment: deployment.metadata.name, selector };
}

async function pods(reader: PermittedReader, dump: Dump): Promise<void> {
  const install = (await reader.tryRead(() => findInstall(reader.client)))?.install;
  const networks = await collectNetworks(reader, undefined);
  const all = (await collectPods(reader, { namespace: undefined, networks, install })) ?? [];
  dump.files.set("pods.txt", podsTable(all, { namespaces: true, wide: true }));
  dump.files.set("pods.json", toJson(all.map(podData)));
  for (const { namespace, name } of all.filter(isFailing).slice(0, MAX_EXPLAINED)) {
    const pod = await reader.client.get<ApiPod>({ type: PODS, namespace, name });
    // A name in the archive has at most 100 characters, and a pod's may have 253.
    const file = `explain/${namespace}/${name.slice(-90)}.txt`;
    if (pod) dump.files.set(file, explanationText(await explained(reader, pod)));
  }
}

function readme({ server }: Session, now: Date, problems: readonly string[]): string {
  const missing =
    problems.length === 0 ? "Everything could be read." : ["Not read:", ...problems].join("\n  ");
  return `Written by kubectl multus sysdump ${versionLine()}
on ${now.toISOString()} of the cluster at ${server}.

${missing}
`;
}
