import { NETWORK_ATTACHMENT_DEFINITIONS } from "../../../crds/network-attachment-definition.ts";
import {
  NETWORK_ATTACHMENT_REPORT,
  type ReportStatus,
} from "../../../crds/network-attachment-report/report.ts";
import { type ApiObject, CORE_EVENTS, PODS } from "../../../kube/resource.ts";
import { multusNamespaceOf } from "../../../multus/multus-namespace.ts";
import { misspelledAnnotation } from "../../../networks/explain/wording.ts";
import { NadReader, type ReadNad } from "../../../networks/nad.ts";
import { nadView } from "../../../networks/nad-view.ts";
import type { NetworkFacts } from "../../../networks/outcome/attachments.ts";
import { outcomeOf, type PodOutcome } from "../../../networks/outcome/outcome.ts";
import { type FailureView, failureView } from "../../../networks/outcome/sandbox-event.ts";
import { NETWORKS } from "../../../networks/pod-request/request.ts";
import { podFacts } from "../../../networks/pod-view/pod-view.ts";
import { PodViews } from "../../../networks/pod-view/pod-views.ts";
import { isCurrent, reportView } from "../../../networks/report/report-view.ts";
import type { InstallWithStatus } from "./install.ts";
import type { PermittedReader } from "./permitted-reader.ts";

/** A pod that requests networks, and what became of that. */
export interface CollectedPod {
  namespace: string;
  name: string;
  node: string;
  outcome: PodOutcome;
}

/** The NADs with what was read of each, and the operator's reports; by "namespace/name". */
export interface CollectedNetworks {
  /** Of the namespaces that the user asked about, and of the selector. */
  keys: string[];
  read: (key: string) => ReadNad | undefined;
  /** What outcomes need. A NAD of a namespace that may not be read is taken to exist: undefined shows that there is none. */
  facts: (namespace: string, name: string) => NetworkFacts | undefined;
  /** Those on the NADs as they are now. */
  reports: ReadonlyMap<string, ReportStatus>;
}

/**
 * Undefined if NADs may not be read, or the cluster does not have their CRD.
 * @param selector labels of the NADs in `keys`
 */
export async function collectNetworks(
  reader: PermittedReader,
  namespace: string | undefined,
  selector?: string,
): Promise<CollectedNetworks | undefined> {
  const within = namespace === undefined ? {} : { namespace };
  const selected = selector === undefined ? undefined : await keysOf(reader, within, selector);
  // Pods use NADs of other namespaces too; if those may not be read, the own ones must do.
  const [found, reports] = await Promise.all([
    widest(reader, within, (where) => reader.all(NETWORK_ATTACHMENT_DEFINITIONS, where, keyed(nadView))),
    widest(reader, within, (where) => reader.all(NETWORK_ATTACHMENT_REPORT, where, keyed(reportView))),
  ]);
  if (!found) return undefined;
  const byKey = new Map(found.objects);
  const statusOf = new Map((reports?.objects ?? []).map(([key, { status }]) => [key, status]));
  const nadReader = new NadReader(
    (key) => byKey.get(key),
    (key) => statusOf.get(key)?.versions ?? [],
  );
  return {
    keys: [...byKey.keys()]
      .filter((key) => namespace === undefined || key.startsWith(`${namespace}/`))
      .filter((key) => selected?.has(key) ?? true)
      .toSorted(),
    read: (key) => nadReader.read(key),
    facts: (ns, name) =>
      nadReader.read(`${ns}/${name}`)?.facts ??
      (found.everywhere || ns === namespace ? undefined : { cniName: name }),
    reports: new Map(
      [...statusOf].filter(([key, status]) => {
        const nad = byKey.get(key);
        return nad !== undefined && isCurrent(status, nad);
      }),
    ),
  };
}

async function keysOf(
  reader: PermittedReader,
  within: { namespace?: string },
  labelSelector: string,
): Promise<ReadonlySet<string> | undefined> {
  const keys = await reader.all(
    NETWORK_ATTACHMENT_DEFINITIONS,
    { ...within, labelSelector },
    ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
  );
  return keys && new Set(keys);
}

export interface PodsToCollect {
  /** Undefined: all namespaces. */
  namespace: string | undefined;
  networks: CollectedNetworks | undefined;
  install: InstallWithStatus | undefined;
  /** Labels of the pods. */
  selector?: string | undefined;
  /** Called for a pod with an annotation that was probably meant to be the one that Multus reads. */
  onMisspelled?: (pod: string, annotation: string) => void;
}

/** The pods of a namespace, or of all, that request networks; undefined if pods may not be read. */
export async function collectPods(
  reader: PermittedReader,
  { namespace, networks, install, selector, onMisspelled = () => {} }: PodsToCollect,
): Promise<CollectedPod[] | undefined> {
  const within = namespace === undefined ? {} : { namespace };
  const views = new PodViews();
  views.multusNamespace = install && multusNamespaceOf(install.spec);
  const [pods, failures] = await Promise.all([
    reader.all(PODS, { ...within, ...(selector ? { labelSelector: selector } : {}) }, (object) => {
      const view = views.keep(object);
      const annotations = object.metadata.annotations ?? {};
      const wrong = annotations[NETWORKS] === undefined && misspelledAnnotation(Object.keys(annotations));
      if (wrong) onMisspelled(`${object.metadata.namespace}/${object.metadata.name}`, wrong);
      return view && { view, name: object.metadata.name, namespace: object.metadata.namespace ?? "" };
    }),
    reader.all(CORE_EVENTS, { ...within, fieldSelector: "reason=FailedCreatePodSandBox" }, failureView),
  ]);
  const latest = latestByPod(failures ?? []);
  const isolation = install?.spec.isolation ?? { enabled: false, globalNamespaces: [] };
  return pods
    ?.filter(({ view }) => !view.request.ok || view.request.requests.length > 0)
    .map(({ view, name, namespace: ns }) => ({
      namespace: ns,
      name,
      node: view.node,
      outcome: outcomeOf({
        pod: podFacts(ns, name, view, latest.get(view.uid)),
        // If NADs may not be read, none is taken to be missing.
        network: (namespace, nad) => (networks ? networks.facts(namespace, nad) : { cniName: nad }),
        isolation,
      }),
    }));
}

interface Found<T> {
  objects: T[];
  /** Of all namespaces, not only of the given one. */
  everywhere: boolean;
}

/** All namespaces if possible, else the given one. */
async function widest<T>(
  reader: PermittedReader,
  within: { namespace?: string },
  read: (where: { namespace?: string }) => Promise<T[] | undefined>,
): Promise<Found<T> | undefined> {
  const before = new Set(reader.missingPermissions);
  const everywhere = await read({});
  if (everywhere !== undefined) return { objects: everywhere, everywhere: true };
  if (within.namespace === undefined) return undefined;
  const there = await read(within);
  if (there === undefined) return undefined;
  for (const what of reader.missingPermissions) if (!before.has(what)) reader.missingPermissions.delete(what);
  return { objects: there, everywhere: false };
}

function keyed<T>(view: (object: ApiObject) => T): (object: ApiObject) => [string, T] {
  return (object) => [`${object.metadata.namespace}/${object.metadata.name}`, view(object)];
}

function latestByPod(failures: readonly FailureView[]): Map<string, FailureView> {
  const latest = new Map<string, FailureView>();
  for (const failure of failures) {
    const known = latest.get(failure.uid);
    if (!known || known.at <= failure.at) latest.set(failure.uid, failure);
  }
  return latest;
}
