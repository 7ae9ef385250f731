import { isDeepStrictEqual } from "node:util";
import { show } from "../../cni/finding.ts";
import { ARCHITECTURES } from "../../crds/multus-install/spec.ts";
import { isFreeAnnotation, isFreeLabel } from "../../crds/multus-install/text.ts";
import { MULTUS_RESOURCES } from "../../render/container.ts";
import { EVERYWHERE } from "../../render/workload.ts";
import type { Draft } from "../draft.ts";
import type { Findings } from "../finding.ts";
import type { Container, DaemonSet, PodSpec } from "../manifest/objects.ts";
import { readInstaller } from "./installer.ts";

/** Fields of a pod that the operator sets in its own way, or that Kubernetes fills in. */
const OWN_WAY = [
  "containers",
  "initContainers",
  "volumes",
  "hostNetwork",
  "hostPID",
  "nodeSelector",
  "tolerations",
  "affinity",
  "priorityClassName",
  "serviceAccountName",
  "serviceAccount",
  "imagePullSecrets",
  "terminationGracePeriodSeconds",
];
const DEFAULTS: Record<string, unknown> = {
  dnsPolicy: "ClusterFirst",
  restartPolicy: "Always",
  schedulerName: "default-scheduler",
  securityContext: {},
};
const ARCHITECTURE_LABELS = ["kubernetes.io/arch", "beta.kubernetes.io/arch"];
/** Labels that the operator sets, and what controllers and kubectl leave in a template: nothing is lost without them. */
const OWN_LABELS = ["name", "app", "tier"];
/** Helm's way to restart pods when a ConfigMap changes; nothing renews it once Helm does not render it. */
const CHECKSUM = /^checksum\//;
const OWN_ANNOTATION = /^(multus-operator\.dev\/|kubectl\.kubernetes\.io\/restartedAt|deprecated\.)/;

/** Fills spec.workload from how the DaemonSet places its pods and what it gives them. */
export function readWorkload(draft: Draft, daemonSet: DaemonSet, main: Container, findings: Findings): void {
  const { workload } = draft;
  const { spec } = daemonSet;
  const pod = spec.template.spec;
  readPlacement(draft, daemonSet, findings);
  workload.priorityClassName = pod.priorityClassName ?? "";
  if (workload.priorityClassName === "system-node-critical") delete workload.priorityClassName;
  if (!isDeepStrictEqual(main.resources, MULTUS_RESOURCES))
    workload.resources = (main.resources ?? {}) as never;
  readInstaller(draft, pod.initContainers, findings);
  readUpdates(draft, spec);
  readMetadata(draft, spec.template.metadata, findings);
  readAccount(pod.serviceAccountName, findings);
  reportFields(draft, pod, findings);
  for (const other of pod.containers)
    if (other !== main)
      findings.lost(`containers ${other.name}`, "the operator runs Multus' own container only");
}

function readUpdates({ workload }: Draft, { updateStrategy }: DaemonSet["spec"]): void {
  const type = updateStrategy?.type ?? "RollingUpdate";
  const { maxUnavailable: down = 1, maxSurge = 0 } = updateStrategy?.rollingUpdate ?? {};
  // Nodes at once, whether the new pod comes before the old one goes or after.
  const maxUnavailable = [0, "0%"].includes(down) ? maxSurge : down;
  if (type === "OnDelete") workload.updateStrategy = { type };
  else if (maxUnavailable !== 1) workload.updateStrategy = { maxUnavailable };
}

/** Labels and annotations of the pods. */
function readMetadata(
  { workload }: Draft,
  { labels = {}, annotations = {} }: DaemonSet["spec"]["template"]["metadata"],
  findings: Findings,
): void {
  const further = Object.entries(labels).filter(([key]) => !OWN_LABELS.includes(key));
  const free = further.filter(([key]) => isFreeLabel(key));
  if (free.length > 0) workload.labels = Object.fromEntries(free);
  const own = (key: string) => OWN_ANNOTATION.test(key) || CHECKSUM.test(key);
  const notes = Object.entries(annotations).filter(([key]) => !own(key));
  const freeNotes = notes.filter(([key]) => isFreeAnnotation(key));
  if (freeNotes.length > 0) workload.annotations = Object.fromEntries(freeNotes);
  for (const [key] of [...further, ...notes].filter((entry) => ![...free, ...freeNotes].includes(entry)))
    findings.lost(
      `spec.template.metadata ${key}`,
      "belongs to Kubernetes or Multus, or selects pods of other workloads: a MultusInstall may not set it",
    );
  for (const key of Object.keys(annotations).filter((name) => CHECKSUM.test(name)))
    findings.note(
      `spec.template.metadata.annotations ${key}`,
      "is not imported: a checksum that Helm rendered would not be updated, and the operator restarts Multus when its configuration changes",
    );
}

/** Fields of the pod that no field of a MultusInstall sets. */
function reportFields(draft: Draft, pod: PodSpec, findings: Findings): void {
  for (const [field, value] of Object.entries(pod)) {
    if (OWN_WAY.includes(field) || isOfCertificates(draft, field)) continue;
    if (value === null || isDeepStrictEqual(value, DEFAULTS[field])) continue;
    findings.lost(
      `spec.template.spec.${field}`,
      `no field of a MultusInstall sets it (it is ${show(value)})`,
    );
  }
}

/** With certificates of their own the daemons have no token. */
const isOfCertificates = ({ daemon }: Draft, field: string) =>
  field === "automountServiceAccountToken" && daemon.perNodeCertificate?.enabled === true;

function readPlacement(draft: Draft, { spec }: DaemonSet, findings: Findings): void {
  const { workload } = draft;
  const { nodeSelector = {}, tolerations, affinity } = spec.template.spec;
  const isV3 = draft.version.startsWith("v3");
  if (isV3) readArchitecture(draft, nodeSelector, findings);
  const labels = Object.entries(nodeSelector).flatMap(([key, value]): [string, string][] => {
    if (!ARCHITECTURE_LABELS.includes(key)) return [[key, value]];
    return isV3 ? [] : [["kubernetes.io/arch", value]];
  });
  if (labels.length > 0) workload.nodeSelector = Object.fromEntries(labels);
  if (!isDeepStrictEqual(tolerations, EVERYWHERE)) workload.tolerations = (tolerations ?? []) as never;
  if (affinity && Object.keys(affinity).length > 0) {
    const { nodeAffinity, ...rest } = affinity;
    if (nodeAffinity) workload.affinity = { nodeAffinity } as never;
    for (const kind of Object.keys(rest))
      findings.lost(
        `affinity.${kind}`,
        "pods of a DaemonSet that depend on other pods may stay pending: only nodeAffinity is imported",
      );
  }
}

/** The images of v3 are for one architecture each. */
function readArchitecture(
  { workload }: Draft,
  nodeSelector: Readonly<Record<string, string>>,
  findings: Findings,
): void {
  const architecture = ARCHITECTURE_LABELS.map((label) => nodeSelector[label]).find(
    (value) => value !== undefined,
  );
  const known = ARCHITECTURES.find((name) => name === (architecture ?? "amd64"));
  if (architecture === undefined)
    findings.lost(
      "nodeSelector",
      "has no kubernetes.io/arch, so this Multus runs on every architecture. A MultusInstall of v3 runs on those in workload.architectures, and amd64 is assumed; add the others if the image supports them",
    );
  if (known === undefined)
    findings.lost("nodeSelector", `the architecture ${show(architecture)} is not known`);
  else workload.architectures = [known];
}

function readAccount(name: string | undefined, findings: Findings): void {
  if (name !== "multus")
    findings.changed("serviceAccountName", `becomes multus (it is ${show(name ?? "default")})`);
}
