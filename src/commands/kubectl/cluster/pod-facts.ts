import { compareTexts } from "../../../crds/compare-texts.ts";
import { partsOf } from "../../../crds/namespaced-name.ts";
import { NETWORK_ATTACHMENT_DEFINITIONS } from "../../../crds/network-attachment-definition.ts";
import {
  NETWORK_ATTACHMENT_REPORT,
  type ReportStatus,
} from "../../../crds/network-attachment-report/report.ts";
import { type ApiObject, CORE_EVENTS, NODES, PODS } from "../../../kube/resource.ts";
import { defectsOf } from "../../../multus/known-defects.ts";
import { multusNamespaceOf } from "../../../multus/multus-namespace.ts";
import { namedPods } from "../../../networks/addresses/layer2-claims.ts";
import type { DuplicateAddress, ExplainedPod, ExplainInput } from "../../../networks/explain/input.ts";
import { NadReader, type ReadNad } from "../../../networks/nad.ts";
import { nadView } from "../../../networks/nad-view.ts";
import { devicesOf, needsOf } from "../../../networks/node-requirements.ts";
import { failureView } from "../../../networks/outcome/sandbox-event.ts";
import { askedOf, parseAsked } from "../../../networks/pod-request/asked.ts";
import { networkStatusOf, parseNetworkStatus } from "../../../networks/pod-request/network-status.ts";
import { keyOf } from "../../../networks/pod-request/request.ts";
import { podWithStatus, statusWriteOf } from "../../../networks/pod-view/status-write.ts";
import { isCurrent, reportView } from "../../../networks/report/report-view.ts";
import type { ApiPod } from "./api-pod.ts";
import { findInstall, type InstallWithStatus } from "./install.ts";
import { multusOn } from "./multus-pod.ts";
import { ownerOf } from "./owner.ts";
import type { PermittedReader } from "./permitted-reader.ts";

/** Everything that explaining a pod needs, as far as the user may read it. */
export async function gatherPodFacts(reader: PermittedReader, pod: ApiPod): Promise<ExplainInput> {
  const { client } = reader;
  const namespace = pod.metadata.namespace ?? "";
  const annotations = pod.metadata.annotations ?? {};
  const found = await reader.tryRead(async () => ({ chosen: await findInstall(client) }));
  const install = found?.chosen?.install;
  const request = parseAsked(askedOf(annotations), namespace, install && multusNamespaceOf(install.spec));
  const keys = request.ok ? [...new Set(request.requests.map(keyOf))].slice(0, 64) : [];
  const node = pod.spec?.nodeName ?? "";
  const [networks, multus, nodeReady, failure, owner] = await Promise.all([
    readNetworks(reader, keys),
    node === "" ? undefined : multusOn(reader, node, install),
    node === "" ? undefined : isReady(reader, node),
    lastFailure(reader, pod),
    ownerOf(reader, pod),
  ]);
  const isMissing = keys.some((key) => !networks.read.has(key) && !networks.hidden.has(key));
  return {
    pod: {
      ...factsOf(pod, annotations),
      request,
      ...(failure ? { failure } : {}),
      ...(owner ? { owner } : {}),
    },
    network: (ns, name) => {
      const key = `${ns}/${name}`;
      return networks.hidden.has(key) ? { cniName: name } : networks.read.get(key)?.facts;
    },
    isolation: isolationOf(install),
    defects: install && defectsOf(install.spec),
    nads: factsOfNads(networks),
    known: isMissing ? await existingNads(reader) : [],
    multus,
    nodeReady,
    hasInstall: found && found.chosen !== undefined,
    nodeIssue: install?.status.nodes?.unhealthy?.find((issue) => issue.node === node)?.message,
    duplicates: duplicatesOf(networks.reports, `${namespace}/${pod.metadata.name}`),
    startupTaint: install?.spec.nodes.startupTaint,
    lacking: lackingOn(node, networks),
    interfaces: install?.status.networks?.nodesLacking?.find((entry) => entry.node === node)?.interfaces,
  };
}

function factsOfNads({ read }: ReadNetworks): ExplainInput["nads"] {
  return new Map(
    [...read].map(([key, { findings, network }]) => {
      const { binaries, masters } = needsOf(network);
      return [key, { findings, types: binaries, masters, devices: devicesOf(network) }];
    }),
  );
}

/** For suggestions when a NAD does not exist; empty if NADs may not be listed. */
async function existingNads(reader: PermittedReader): Promise<readonly string[]> {
  const names = await reader.all(
    NETWORK_ATTACHMENT_DEFINITIONS,
    {},
    ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
  );
  return names ?? [];
}

/** By network, what the node lacks for it, as the reports say. */
function lackingOn(node: string, { reports }: ReadNetworks): ExplainInput["lacking"] {
  return new Map(
    [...reports].map(([key, { nodesLacking }]) => [
      key,
      nodesLacking?.find((entry) => entry.node === node)?.lacks ?? [],
    ]),
  );
}

/** The pod's addresses that other pods have too, as the reports list them. */
function duplicatesOf(reports: ReadonlyMap<string, ReportStatus>, pod: string): DuplicateAddress[] {
  return [...reports].flatMap(([network, { duplicates = [] }]) =>
    duplicates
      .filter(({ pods }) => pods.includes(pod))
      .map(({ address, pods, otherPods }) => ({
        network,
        address,
        pods: namedPods(
          pods.filter((other) => other !== pod),
          otherPods,
        ),
      })),
  );
}

function isolationOf(install: InstallWithStatus | undefined): ExplainInput["isolation"] {
  return install?.spec.isolation ?? { enabled: false, globalNamespaces: [] };
}

function factsOf(pod: ApiPod, annotations: Record<string, string>): Omit<ExplainedPod, "request"> {
  const { metadata, spec = {}, status = {} } = pod;
  const reported = networkStatusOf(annotations);
  const attachedAt = reported === undefined ? undefined : statusWriteOf(podWithStatus.parse(pod)).attachedAt;
  const unscheduled = status.conditions?.find(
    ({ type, status: value }) => type === "PodScheduled" && value === "False",
  )?.message;
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    phase: status.phase ?? "Unknown",
    node: spec.nodeName ?? "",
    hostNetwork: spec.hostNetwork ?? false,
    hasAddress: (status.podIP ?? "") !== "",
    annotations,
    ...(reported === undefined ? {} : { status: parseNetworkStatus(reported) }),
    ...(attachedAt === undefined ? {} : { attachedAt }),
    ...(unscheduled === undefined ? {} : { unscheduled }),
    ...(status.startTime === undefined ? {} : { startedAt: status.startTime }),
  };
}

interface ReadNetworks {
  read: Map<string, ReadNad>;
  /** Those that may not be read: whether they exist is not known. */
  hidden: Set<string>;
  reports: Map<string, ReportStatus>;
}

/** The NADs with the operator's reports on them, if there are any. */
async function readNetworks(reader: PermittedReader, keys: readonly string[]): Promise<ReadNetworks> {
  const networks: ReadNetworks = { read: new Map(), hidden: new Set(), reports: new Map() };
  await Promise.all(
    keys.map(async (key) => {
      const { namespace, name } = partsOf(key);
      if (name === "") return;
      const answer = await reader.tryRead(async () => ({
        nad: await reader.client.get({ type: NETWORK_ATTACHMENT_DEFINITIONS, namespace, name }),
      }));
      if (!answer) networks.hidden.add(key);
      if (!answer?.nad) return;
      const report = await reader.tryRead(() =>
        reader.client.get({ type: NETWORK_ATTACHMENT_REPORT, namespace, name }),
      );
      const status = report && reportView(report).status;
      const nad = nadView(answer.nad);
      if (status && isCurrent(status, nad)) networks.reports.set(key, status);
      const read = new NadReader(
        () => nad,
        () => status?.versions ?? [],
      ).read(key);
      if (read) networks.read.set(key, read);
    }),
  );
  return networks;
}

async function isReady(reader: PermittedReader, name: string): Promise<boolean | undefined> {
  const node = await reader.tryRead(() =>
    reader.client.get<ApiObject & { status?: { conditions?: { type: string; status: string }[] } }>({
      type: NODES,
      name,
    }),
  );
  return node?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
}

/** The latest failure to set the pod's sandbox up, by its events. */
async function lastFailure(reader: PermittedReader, pod: ApiPod) {
  const { name, namespace = "", uid } = pod.metadata;
  const where = { namespace, fieldSelector: `involvedObject.name=${name},involvedObject.kind=${PODS.kind}` };
  const failures = await reader.all(CORE_EVENTS, where, failureView);
  return failures
    ?.filter((failure) => failure.uid === uid)
    .toSorted((a, b) => compareTexts(a.at, b.at))
    .at(-1);
}
