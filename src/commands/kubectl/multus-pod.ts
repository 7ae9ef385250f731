import { unhealthyNodes } from "../../diagnosis/diagnose.ts";
import { multusPodView } from "../../diagnosis/multus-pod.ts";
import { PODS } from "../../kube/resource.ts";
import type { MultusOnNode } from "../../networks/explain/input.ts";
import { GUARD } from "../../networks/sandbox-failure.ts";
import type { InstallWithStatus } from "./install.ts";
import type { PermittedReader } from "./permitted-reader.ts";
import type { ApiPod } from "./pod-facts.ts";

/** Multus on a node by its pod there; undefined where that may not be seen. A Multus of its own manifest counts too. */
export async function multusOn(
  reader: PermittedReader,
  node: string,
  install: InstallWithStatus | undefined,
): Promise<MultusOnNode | undefined> {
  const where = {
    // Where no MultusInstall is seen, Multus may live anywhere: OpenShift's is in openshift-multus.
    ...(install ? { namespace: install.spec.namespace } : {}),
    labelSelector: `app=multus,name!=${GUARD}`,
    fieldSelector: `spec.nodeName=${node}`,
  };
  const pods = await reader.all(PODS, where, (object) => object as ApiPod);
  if (!pods) return undefined;
  const views = pods.map((pod) => ({ pod, view: multusPodView(pod) }));
  const own = views.filter(({ view }) => view.daemonSet !== "" && !view.terminating);
  const chosen = own.find(({ view }) => view.ready) ?? own[0];
  if (!chosen) return { state: "absent" };
  const { name } = chosen.pod.metadata;
  if (chosen.view.ready) {
    const since = chosen.pod.status?.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime;
    return { state: "ready", pod: name, ...(since === undefined ? {} : { since }) };
  }
  const [unhealthy] = unhealthyNodes([chosen.view], new Date());
  return { state: "unready", pod: name, why: unhealthy?.message ?? "it is starting" };
}
