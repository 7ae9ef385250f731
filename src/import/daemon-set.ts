import { show } from "../cni/finding.ts";
import type { Flavour } from "../multus/releases.ts";
import { type Draft, newDraft } from "./draft.ts";
import { ImportError } from "./errors.ts";
import { Findings, type ImportFinding } from "./finding.ts";
import { type Command, commandOf, wordsOf } from "./manifest/command.ts";
import { parseImage } from "./manifest/image-reference.ts";
import { multusContainer } from "./manifest/manifest.ts";
import { Mounts } from "./manifest/mounts.ts";
import type { ConfigMap, Container, DaemonSet, PodSpec } from "./manifest/objects.ts";
import { readContainer, readEnvironment } from "./pod/container.ts";
import { readHostDirectories } from "./pod/host-directories.ts";
import { readImage, versionOf } from "./pod/image.ts";
import {
  checkInstaller,
  checkInstallerImages,
  installDirectory,
  isInstaller,
  readInstallation,
} from "./pod/installer.ts";
import { readLog, readUnused } from "./pod/remaining-mounts.ts";
import { readWorkload } from "./pod/workload.ts";
import type { Situation } from "./situation.ts";
import { readDaemon } from "./thick/daemon.ts";
import type { DaemonSituation } from "./thick/host.ts";
import { readConfiguration } from "./thin/configuration.ts";
import { readEntrypoint } from "./thin/entrypoint.ts";

/** "DaemonSet kube-system/kube-multus-ds" */
export function nameOf({ metadata }: DaemonSet): string {
  return `DaemonSet ${metadata.namespace ?? "default"}/${metadata.name}`;
}

/** The draft of a spec for one DaemonSet and the ConfigMaps that it may mount. */
export function readDaemonSet(
  daemonSet: DaemonSet,
  configMaps: readonly ConfigMap[],
): { draft: Draft; findings: ImportFinding[] } {
  const findings = new Findings(nameOf(daemonSet));
  const main = multusContainer(daemonSet);
  if (!main) throw new ImportError("NO_MULTUS", `${nameOf(daemonSet)} has no container that runs Multus`);
  const image = parseImage(main.image);
  const flavour = flavourOf(main, image.tag ?? "", daemonSet.metadata.name);
  const command = commandOf(main, flavour, findings);
  const pod = daemonSet.spec.template.spec;
  const written = { flavour, flags: command.flags, secondsToEnd: pod.terminationGracePeriodSeconds };
  const draft = newDraft(
    versionOf(image, written, findings),
    flavour === "v4-thick" ? "Thick" : "Thin",
    daemonSet.metadata.namespace ?? "default",
  );
  readImage(draft, image, pod, main);
  checkInstallerImages(pod, main, findings);
  const mounts = new Mounts(pod, main);
  const situation: Situation = { draft, flavour, mounts, configMaps, findings };
  const about =
    flavour === "v4-thick"
      ? readDaemon({ ...situation, ...daemonOf(pod, main) })
      : readThin(command, pod, situation);
  readEnvironment(draft, main, flavour, findings);
  if (draft.directories) readHostDirectories(draft, draft.directories);
  readLog(draft, mounts, findings);
  readUnused(situation);
  readWorkload(draft, daemonSet, main, findings);
  reportName(daemonSet, draft, findings);
  checkContainers(pod, main, flavour, findings);
  checkNamespaces(pod, flavour, findings);
  return { draft, findings: [...findings.list, ...about] };
}

/** How the daemon's container starts. */
function daemonOf(
  pod: PodSpec,
  main: Container,
): Pick<DaemonSituation, "words" | "installDirectory" | "path"> {
  const path = main.env.find(({ name }) => name === "CNI_PATH")?.value;
  return { words: wordsOf(main), installDirectory: installDirectory(pod), path };
}

/** Fills the draft from the command of a thin entrypoint. Returns findings about ConfigMaps. */
function readThin({ words, flags, rest }: Command, pod: PodSpec, situation: Situation): ImportFinding[] {
  const { draft, flavour, findings } = situation;
  readCommand(draft, words, flavour);
  for (const word of rest) findings.lost("args", `${JSON.stringify(word)} is not a flag`);
  readEntrypoint(flags, situation);
  const about = readConfiguration(flags.get("multus-conf-file"), situation);
  if (flavour === "v4-thin") readInstallation(draft, pod.initContainers.some(isInstaller), findings);
  return about;
}

function checkContainers(pod: PodSpec, main: Container, flavour: Flavour, findings: Findings): void {
  const installers = pod.initContainers.filter(isInstaller);
  for (const installer of installers) checkInstaller(installer, flavour, findings);
  for (const container of [main, ...installers]) readContainer(container, findings);
}

function checkNamespaces(pod: PodSpec, flavour: Flavour, findings: Findings): void {
  if (pod.hostNetwork !== true)
    findings.corrected(
      "hostNetwork",
      "must be true: otherwise the Multus pod would wait for the network that it provides",
    );
  if (flavour === "v4-thick" && pod.hostPID !== true)
    findings.corrected("hostPID", "must be true: the daemon enters the pods' network namespaces");
}

/** The finding about a DaemonSet whose name the operator does not use; upstream's names are its own. */
export function reportName(
  { metadata: { name } }: DaemonSet,
  { version, workload }: Draft,
  findings: Findings,
): void {
  const [architecture = "amd64"] = workload.architectures ?? [];
  const own = version.startsWith("v3") ? `kube-multus-ds-${architecture}` : "kube-multus-ds";
  if (name !== own) findings.changed("metadata.name", `becomes ${own} (it is ${show(name)})`);
}

/** Which of Multus' programs a container starts; where its command does not tell, by upstream's names and the tag. */
function flavourOf(container: Container, tag: string, name: string): Flavour {
  const words = wordsOf(container);
  if (words.some((word) => /multus-daemon$/.test(word))) return "v4-thick";
  if (words.some((word) => /thin_entrypoint$/.test(word))) return "v4-thin";
  if (words.some((word) => /entrypoint\.sh$/.test(word))) return "v3";
  if (/^kube-multus-ds-/.test(name)) return "v3";
  if (/^(v4|snapshot|stable|latest)/.test(tag)) return /thick$/.test(tag) ? "v4-thick" : "v4-thin";
  return name === "kube-multus-ds" ? "v4-thin" : "v3";
}

function readCommand(draft: Draft, words: string[], flavour: Flavour): void {
  const standard = flavour === "v3" ? "/entrypoint.sh" : "/thin_entrypoint";
  if (words.length > 0 && !(words.length === 1 && words[0] === standard))
    draft.image.layout = { ...draft.image.layout, command: words };
}
