import type { KubeClient } from "../../src/kube/client.ts";
import { textOf } from "../../src/kube/http.ts";

export interface Activity {
  /** How many watch a resource ("pods", "apps/daemonsets"); those of the API server itself count too. */
  watches: Map<string, number>;
  /** How often a validating policy or a webhook's configuration was written until now. */
  admissionWrites: number;
}

const SAMPLE = /^(apiserver_longrunning_requests|apiserver_request_total)\{(.*)\} (\d+)$/gm;
const WRITES = ["POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"];

/** What the API server's metrics show of its clients at this moment. */
export async function activityOf(client: KubeClient): Promise<Activity> {
  const text = await textOf(await client.request({ method: "GET", path: "/metrics", accept: "text/plain" }));
  const watches = new Map<string, number>();
  let admissionWrites = 0;
  for (const [, metric, labels = "", value] of text.matchAll(SAMPLE)) {
    const {
      verb = "",
      group,
      resource,
    } = Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, label]) => [name, label]));
    if (metric === "apiserver_longrunning_requests") {
      const name = group ? `${group}/${resource}` : `${resource}`;
      watches.set(name, (watches.get(name) ?? 0) + Number(value));
    } else if (group === "admissionregistration.k8s.io" && WRITES.includes(verb))
      admissionWrites += Number(value);
  }
  return { watches, admissionWrites };
}
