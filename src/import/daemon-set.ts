import { show } from "../cni/finding.ts";
import type { Flavour } from "../multus/releases.ts";
import { commandOf, wordsOf } from "./command.ts";
import { readDaemon } from "./daemon.ts";
import { type Draft, newDraft } from "./draft.ts";
import { readEntrypoint } from "./entrypoint.ts";
import { ImportError } from "./errors.ts";
import { Findings, type ImportFinding } from "./finding.ts";
import { readHostDirectories } from "./host-directories.ts";
import { Mounts } from "./host-mounts.ts";
import { parseImage, pullPolicyOf, readImage, versionOf } from "./image.ts";
import { readConfiguration } from "./inline.ts";
import { multusContainer } from "./manifest.ts";
import type { ConfigMap, Container, DaemonSet } from "./manifest-objects.ts";
import { readLog, readUnused } from "./remaining-mounts.ts";
import { installDirectory, isInstaller, readWorkload } from "./workload.ts";

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
  const pod = daemonSet.spec.template.spec;
  const main = multusContainer(daemonSet);
  if (!main) throw new ImportError("NO_MULTUS", `${nameOf(daemonSet)} has no container that runs Multus`);
  const image = parseImage(main.image);
  const flavour = flavourOf(main, image.tag ?? "", daemonSet.metadata.name);
  const { words, flags, rest } = commandOf(main, flavour, findings);
  const namespace = daemonSet.metadata.namespace ?? "default";
  const draft = newDraft(
    versionOf(image, flavour, flags, pod.terminationGracePeriodSeconds, findings),
    flavour === "v4-thick" ? "Thick" : "Thin",
    namespace,
  );
  readImage(draft, image);
  const pullPolicy = pullPolicyOf(main.imagePullPolicy, image);
  if (pullPolicy !== "IfNotPresent") draft.image.pullPolicy = pullPolicy as never;
  if (pod.imagePullSecrets.length > 0) draft.image.pullSecrets = pod.imagePullSecrets.map(({ name }) => name);
  for (const { name, image: other } of pod.initContainers.filter(isInstaller))
    if (other !== main.image)
      findings.changed(
        `initContainers ${name}`,
        "uses the image of the Multus container: both must be the same release",
      );

  const mounts = new Mounts(pod, main);
  const about: ImportFinding[] = [];
  if (flavour === "v4-thick")
    about.push(
      ...readDaemon({
        draft,
        mounts,
        configMaps,
        findings,
        words: wordsOf(main),
        installDirectory: installDirectory(pod),
        path: main.env.find(({ name }) => name === "CNI_PATH")?.value,
      }),
    );
  else {
    readCommand(draft, words, flavour);
    for (const word of rest) findings.lost("args", `${JSON.stringify(word)} is not a flag`);
    readEntrypoint(flags, { draft, flavour, mounts, findings });
    about.push(
      ...readConfiguration(flags.get("multus-conf-file"), { draft, flavour, mounts, configMaps, findings }),
    );
    if (flavour === "v4-thin") readInstallation(draft, pod.initContainers.some(isInstaller), findings);
  }
  readEnvironment(draft, main, flavour, findings);
  if (draft.directories) readHostDirectories(draft, draft.directories);
  readLog(draft, mounts, findings);
  readUnused(draft, mounts, flavour, findings);
  readWorkload(draft, daemonSet, main, findings);
  reportName(daemonSet, draft, findings);
  for (const installer of pod.initContainers.filter(isInstaller))
    checkInstaller(installer, flavour, findings);
  for (const container of [main, ...pod.initContainers.filter(isInstaller)])
    readContainer(container, findings);
  if (pod.hostNetwork !== true)
    findings.corrected(
      "hostNetwork",
      "must be true: otherwise the Multus pod would wait for the network that it provides",
    );
  if (flavour === "v4-thick" && pod.hostPID !== true)
    findings.corrected("hostPID", "must be true: the daemon enters the pods' network namespaces");
  return { draft, findings: [...findings.list, ...about] };
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

function readEnvironment(draft: Draft, { env }: Container, flavour: Flavour, findings: Findings): void {
  for (const { name, value } of env) {
    if (flavour === "v3" && name === "SKIP_TLS_VERIFY") draft.entrypoint.skipTLSVerify = value === "true";
    else if (flavour === "v3" && name === "KUBECONFIG_MODE") draft.entrypoint.kubeconfigMode = value;
    else if (name !== "MULTUS_NODE_NAME" && !(flavour === "v4-thick" && name === "CNI_PATH"))
      findings.lost(`env ${name}`, "no field of a MultusInstall sets it");
  }
}

/** With image.layout, thin_entrypoint copies the binary; without, an init container does so. */
function readInstallation(draft: Draft, hasInstaller: boolean, findings: Findings): void {
  if (!hasInstaller && !draft.entrypoint.skipBinaryCopy) draft.image.layout ??= {};
  if (hasInstaller && draft.image.layout !== undefined)
    findings.changed(
      "initContainers",
      "are not imported: with image.layout the entrypoint copies the binary",
    );
}

/** Where the operator calls the installer, as upstream's images have it. */
const INSTALLER: Partial<Record<Flavour, string>> = {
  "v4-thin": "/install_multus",
  "v4-thick": "/usr/src/multus-cni/bin/install_multus",
};

/** Vendors' images may have the installer elsewhere (RKE2's hardened ones: /install_multus for both). */
function checkInstaller({ name, command, args }: Container, flavour: Flavour, findings: Findings): void {
  const path = [...command, ...args].find((word) => /(^|\/)install_multus$/.test(word));
  const expected = INSTALLER[flavour];
  if (path !== undefined && expected !== undefined && path !== expected)
    findings.broken(
      `initContainers ${name} command`,
      `the image has the installer at ${show(path)}, but the operator calls ${expected}: without this file in the image, every Multus pod fails. Use the upstream image, or add the file to yours`,
    );
}

const OF_CONTAINER = [
  "name",
  "image",
  "command",
  "args",
  "env",
  "imagePullPolicy",
  "resources",
  "volumeMounts",
  "terminationMessagePath",
  "terminationMessagePolicy",
];

/** A privileged container has every capability, whichever are added to it. */
function isPrivilegedOnly(value: unknown): boolean {
  const { privileged, capabilities = {}, ...others } = value as Record<string, unknown>;
  const { add: _, ...dropped } = capabilities as Record<string, unknown>;
  return privileged === true && Object.keys({ ...others, ...dropped }).length === 0;
}

/** A container is privileged and has nothing more; what else it has is reported. */
function readContainer(container: Container, findings: Findings): void {
  const { privileged } = (container.securityContext ?? {}) as { privileged?: unknown };
  if (privileged !== true)
    findings.changed(
      `${container.name} securityContext.privileged`,
      `becomes true: all of the operator's containers are privileged (it is ${privileged === false ? "false" : "not set"})`,
    );
  for (const [field, value] of Object.entries(container)) {
    if (OF_CONTAINER.includes(field) || value === null || value === undefined) continue;
    if (field === "securityContext" && isPrivilegedOnly({ ...value, privileged: true })) continue;
    findings.lost(
      `${container.name} ${field}`,
      "no field of a MultusInstall sets it: the operator's containers are privileged and have neither probes, ports nor hooks",
    );
  }
}
