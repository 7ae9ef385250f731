import { show } from "../../cni/finding.ts";
import type { MultusInstallSpec } from "../../crds/multus-install/spec.ts";
import type { Problem } from "../pod-request/go-json.ts";
import type { NetworkRequest } from "../pod-request/request.ts";

/** What decides how many networks every pod of a namespace has before those that it requests. */
interface DefaultNetworks {
  daemon?: Pick<NonNullable<MultusInstallSpec["daemon"]>, "defaultNetworks"> | undefined;
  isolation: Pick<MultusInstallSpec["isolation"], "systemNamespaces">;
  primaryNetwork?: Pick<MultusInstallSpec["primaryNetwork"], "source">;
}

/**
 * The daemon's default networks, which pods in system namespaces do not get (GetDefaultNetworks of pkg/k8sclient), nor
 * any pod where the primary network is inline, which leaves clusterNetwork empty (CmdAdd).
 */
export function networksBefore(
  { daemon, isolation, primaryNetwork }: DefaultNetworks,
  namespace: string,
): number {
  const { systemNamespaces = ["kube-system"] } = isolation;
  if (systemNamespaces.includes(namespace) || primaryNetwork?.source === "Inline") return 0;
  return daemon?.defaultNetworks?.length ?? 0;
}

/**
 * Interfaces default to netN by their position among all networks of the pod (getIfname of pkg/multus), and Multus
 * rejects a name that is taken (validateIfName). Undefined where each has its own.
 * @param before see networksBefore
 */
export function interfaceProblem(requests: readonly NetworkRequest[], before: number): Problem | undefined {
  const always = ["lo", "eth0", ...Array.from({ length: before }, (_, i) => `net${i + 1}`)];
  const taken = new Set(always);
  for (const [i, request] of requests.entries()) {
    const name = request.interface ?? `net${before + i + 1}`;
    if (taken.has(name))
      return {
        code: "DUPLICATE_INTERFACE",
        message: `names the interface ${show(name)} ${always.includes(name) ? "that every pod already has" : "more than once"}`,
      };
    taken.add(name);
  }
  return undefined;
}
