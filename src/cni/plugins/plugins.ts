import type { PluginCheck } from "../context.ts";
import { checkIpam } from "../ipam/ipam.ts";
import { bandwidth } from "./bandwidth.ts";
import { bond } from "./bond.ts";
import { bridge } from "./bridge.ts";
import { dummy } from "./dummy.ts";
import { firewall } from "./firewall.ts";
import { hostDevice } from "./host-device.ts";
import { ibSriov } from "./ib-sriov.ts";
import { ipvlan } from "./ipvlan.ts";
import { macvlan } from "./macvlan.ts";
import { ovs } from "./ovs.ts";
import { portmap } from "./portmap.ts";
import { ptp } from "./ptp.ts";
import { rdma } from "./rdma.ts";
import { sbr } from "./sbr.ts";
import { sriov } from "./sriov.ts";
import { tap } from "./tap.ts";
import { tuning } from "./tuning.ts";
import { vlan } from "./vlan.ts";
import { vrf } from "./vrf.ts";

/** The plugins whose fields are known, by their `type`. cnv-bridge and cnv-tuning are names that OpenShift gives bridge and tuning. */
export const PLUGINS: ReadonlyMap<string, PluginCheck> = new Map([
  ["macvlan", macvlan],
  ["ipvlan", ipvlan],
  ["bridge", bridge],
  ["cnv-bridge", bridge],
  ["host-device", hostDevice],
  ["vlan", vlan],
  ["ptp", ptp],
  ["tap", tap],
  ["dummy", dummy],
  ["tuning", tuning],
  ["cnv-tuning", tuning],
  ["sbr", sbr],
  ["vrf", vrf],
  ["portmap", portmap],
  ["bandwidth", bandwidth],
  ["firewall", firewall],
  ["sriov", sriov],
  ["ib-sriov", ibSriov],
  ["ib-sriov-cni", ibSriov],
  ["rdma", rdma],
  ["ovs", ovs],
  ["bond", bond],
]);

/** Plugins that exist and whose fields are theirs: only what every configuration shares is checked. */
export const OTHER_PLUGINS: readonly string[] = [
  "accelerated-bridge",
  "afxdp",
  "antrea",
  "aws-cni",
  "azure-vnet",
  "calico",
  "cilium-cni",
  "coordinator",
  "egress-cni",
  "egress-router",
  "flannel",
  "galaxy-sdn",
  "hybridnet",
  "ifacer",
  "ipoib",
  "istio-cni",
  "kube-ovn",
  "kubevirt-passt-binding",
  "linkerd-cni",
  "loopback",
  "macvtap",
  "multus",
  "multus-shim",
  "openshift-sdn",
  "ovn-k8s-cni-overlay",
  "passthru",
  "route-override",
  "sriov-p4",
  "tc-redirect-tap",
  "terway",
  "userspace",
  "vdpa",
  "weave-net",
];

/**
 * Plugins of a cluster's primary network that keep one interface a pod, and set routes which a second attachment
 * finds there already ("failed to add IPv4 route for 0.0.0.0/0 via 169.254.1.1: file exists").
 */
export const PRIMARY_ONLY: readonly string[] = ["calico", "cilium-cni"];

/** calico passes its `ipam` on to host-local; what others make of theirs is theirs. */
export const unknownPlugin: PluginCheck = (context) => {
  if (context.type === "calico" && context.fields.has("ipam"))
    checkIpam({ ...context, cniVersion: "1.0.0" }, "optional");
};
