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
  "calico",
  "flannel",
  "cilium-cni",
  "weave-net",
  "antrea",
  "kube-ovn",
  "ovn-k8s-cni-overlay",
  "ipoib",
  "loopback",
  "passthru",
  "route-override",
  "sriov-p4",
  "userspace",
  "vdpa",
  "azure-vnet",
  "aws-cni",
];

/** calico passes its `ipam` on to host-local; what others make of theirs is theirs. */
export const unknownPlugin: PluginCheck = (context) => {
  if (context.type === "calico" && context.fields.has("ipam"))
    checkIpam({ ...context, cniVersion: "1.0.0" }, "optional");
};
