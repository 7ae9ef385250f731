import { DecodedPod, podDecoder } from "../../kube/protobuf/pod.ts";
import { PODS } from "../../kube/resource.ts";
import type { ReflectorOptions } from "../../kube/watch/reflector.ts";
import { DEFAULT_NETWORK } from "../../networks/pod-request/default-network.ts";
import { STATUS_ANNOTATIONS } from "../../networks/pod-request/network-status.ts";
import { NETWORKS } from "../../networks/pod-request/request.ts";
import { PodTable } from "../../networks/pod-table/pod-table.ts";
import type { PodView } from "../../networks/pod-view/pod-view.ts";
import { PodViews } from "../../networks/pod-view/pod-views.ts";

/** What is kept of the cluster's pods, and how they are read. */
export class PodCopy {
  readonly #views = new PodViews();
  readonly table = new PodTable((asked, namespace) => this.#views.request(asked, namespace));
  /** For the reflector of pods. */
  readonly watched: Omit<ReflectorOptions<PodView>, "client" | "log"> = {
    type: PODS,
    protobuf: podDecoder([NETWORKS, DEFAULT_NETWORK, ...STATUS_ANNOTATIONS], STATUS_ANNOTATIONS),
    // A server, or a proxy in between, may answer in JSON, which is still to be checked.
    project: (object) =>
      object instanceof DecodedPod ? this.#views.keepRead(object) : this.#views.keep(object),
    store: this.table,
    onChange: () => {}, // the table reports to its observer
  };

  /** Where Multus searches a default network without a namespace. */
  set multusNamespace(namespace: string | undefined) {
    this.#views.multusNamespace = namespace;
  }

  /** To be called when a pod, by "namespace/name", is gone. */
  forget(pod: string): void {
    this.#views.forget(pod);
  }
}
