import { unhealthyNodes } from "../../../diagnosis/diagnose.ts";
import { multusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import { agesByClock } from "../../../diagnosis/pod-ages.ts";
import { PODS } from "../../../kube/resource.ts";
import type { MultusOnNode } from "../../../networks/explain/input.ts";
import { GUARD } from "../../../networks/outcome/sandbox-failure.ts";
import type { ApiPod } from "./api-pod.ts";
import type { InstallWithStatus } from "./install.ts";
import type { PermittedReader } from "./permitted-reader.ts";

/** Multus on a node by its pod there; undefined if that may not be read. A Multus of another manifest is found too. */
export async function multusOn(
  reader: PermittedReader,
  node: string,
  install: InstallWithStatus | undefined,
): Promise<MultusOnNode | undefined> {
  const pods = await multusPods(reader, install, { fieldSelector: `spec.nodeName=${node}` });
  return pods && stateOf(pods);
}

/** Multus by node, for nodes that have a Multus pod; undefined if pods may not be read. */
export async function multusByNode(
  reader: PermittedReader,
  install: InstallWithStatus | undefined,
): Promise<Map<string, MultusOnNode> | undefined> {
  const pods = await multusPods(reader, install, {});
  if (!pods) return undefined;
  const byNode = Map.groupBy(pods, ({ spec }) => spec?.nodeName ?? "");
  return new Map([...byNode].map(([node, there]) => [node, stateOf(there)]));
}

async function multusPods(
  reader: PermittedReader,
  install: InstallWithStatus | undefined,
  where: { fieldSelector?: string },
): Promise<ApiPod[] | undefined> {
  return await reader.all(
    PODS,
    {
      // Without a MultusInstall Multus can be anywhere: OpenShift's is in openshift-multus.
      ...(install ? { namespace: install.spec.namespace } : {}),
      labelSelector: `app=multus,name!=${GUARD}`,
      ...where,
    },
    (object) => object as ApiPod,
  );
}

function stateOf(pods: readonly ApiPod[]): MultusOnNode {
  const views = pods.map((pod) => ({ pod, view: multusPodHealth(pod) }));
  const own = views.filter(({ view }) => view.daemonSet !== "" && !view.terminating);
  const chosen = own.find(({ view }) => view.ready) ?? own[0];
  if (!chosen) return { state: "absent" };
  const { name } = chosen.pod.metadata;
  if (chosen.view.ready) {
    const since = chosen.pod.status?.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime;
    return { state: "ready", pod: name, ...(since === undefined ? {} : { since }) };
  }
  const [unhealthy] = unhealthyNodes([chosen.view], agesByClock(new Date()));
  return { state: "unready", pod: name, why: unhealthy?.message ?? "it is starting" };
}
