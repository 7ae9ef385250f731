import { show } from "../../cni/finding.ts";
import { assignsNoAddress, type Network } from "../cross-checks/network.ts";
import { capabilitiesOf, keyOf, type NetworkRequest } from "../pod-request/request.ts";
import type { RequestProblem } from "./request-problems.ts";

/** What Multus gives as CNI_ARGS too, to whichever network (DelegateAdd). */
const AS_ARGUMENTS = ["ips", "mac"];

/**
 * Of a request, by the names of capabilities, what a network in the place of the cluster's own never gets: that is the
 * "master plugin", which gets from Multus what the container runtime gives (mergeCNIRuntimeConfig of pkg/types).
 */
export function droppedOfDefault(request: NetworkRequest): string[] {
  return capabilitiesOf(request).filter((name) => !AS_ARGUMENTS.includes(name));
}

/**
 * What of a request for further networks does not work of the network in the place of the cluster's own.
 * @param network the NAD that it names, if it is known
 */
export function problemsOfDefault(request: NetworkRequest, network?: Network): RequestProblem[] {
  const { interface: device } = request;
  const key = show(keyOf(request));
  // getIfname of pkg/multus, and setupPodNetwork of containerd ("failed to find network info for sandbox").
  const renamed: RequestProblem[] =
    device === undefined || device === "eth0"
      ? []
      : [
          {
            severity: "warning",
            code: "DEFAULT_NETWORK_INTERFACE",
            message: `requests the interface ${show(device)} for ${key}, which the pod then has instead of eth0: containerd looks for the pod's address on eth0, and the pod may not start; remove the interface`,
          },
        ];
  const dropped = droppedOfDefault(request).map(
    (name): RequestProblem => ({
      severity: "warning",
      code: "IGNORED",
      message: `requests "${name}" of ${key}, which Multus passes only to the networks of k8s.v1.cni.cncf.io/networks: it is dropped`,
    }),
  );
  // Multus attaches it, and the kubelet recreates the sandbox of a pod without an address (PodSandboxChanged).
  const unaddressed: RequestProblem[] =
    network && assignsNoAddress(network)
      ? [
          {
            severity: "error",
            code: "DEFAULT_NETWORK_WITHOUT_ADDRESS",
            message: `requests ${key}, which has no ipam: a pod without an address of its default network does not start; add an ipam to the NAD, or request it in k8s.v1.cni.cncf.io/networks`,
          },
        ]
      : [];
  return [...unaddressed, ...renamed, ...dropped];
}
