import type { KubeObject } from "../crds/kube-object.ts";
import type { MultusInstall } from "../crds/multus-install/multus-install.ts";
import { hostPaths } from "../multus/distributions.ts";
import { pluginsImage } from "../multus/plugins-image.ts";
import { ownerLabels } from "./labels.ts";
import { tolerationsOf } from "./workload.ts";

export const DHCP_DAEMON = "multus-dhcp";
/** The label `app` of its pods: not Multus', whose pods are counted and waited for. */
export const DHCP_APP = "multus-dhcp";
/** Where the plugin looks for the daemon, unless its configuration names another path. */
const SOCKET = "/run/cni/dhcp.sock";

/**
 * A daemon that was killed leaves its socket, and then does not start. A socket on which a process listens is in the kernel's
 * list, and stays: it may be a service of the node.
 */
const START = `grep -q ' ${SOCKET}$' /proc/net/unix || rm -f ${SOCKET}; exec /opt/cni/bin/dhcp daemon`;

/**
 * The daemon of the dhcp plugin: it asks for leases inside of the pods' network namespaces, and renews them for as long as
 * the pods run. It keeps the leases in memory only, so a change does not restart it: a node gets the new one with its pod.
 */
export function dhcpDaemon(install: MultusInstall): KubeObject {
  const { spec } = install;
  const { workload, plugins } = spec;
  const labels = { app: DHCP_APP, ...ownerLabels(install) };
  const netns = hostPaths(spec).netnsDir.replace(/\/$/, "");
  const secrets = plugins.image.pullSecrets.map((name) => ({ name }));
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: DHCP_DAEMON, namespace: spec.namespace, labels },
    spec: {
      selector: { matchLabels: { app: DHCP_APP } },
      updateStrategy: { type: "OnDelete" },
      template: {
        metadata: { labels: { app: DHCP_APP } },
        spec: {
          hostNetwork: true,
          dnsPolicy: "Default",
          ...(workload.nodeSelector && Object.keys(workload.nodeSelector).length > 0
            ? { nodeSelector: workload.nodeSelector }
            : {}),
          ...(workload.affinity ? { affinity: workload.affinity } : {}),
          ...(workload.priorityClassName ? { priorityClassName: workload.priorityClassName } : {}),
          tolerations: tolerationsOf(spec),
          serviceAccountName: "multus",
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          terminationGracePeriodSeconds: 5,
          ...(secrets.length > 0 ? { imagePullSecrets: secrets } : {}),
          securityContext: {
            runAsUser: 0,
            runAsGroup: 0,
            runAsNonRoot: false,
            seccompProfile: { type: "RuntimeDefault" },
            seLinuxOptions: { type: "spc_t" },
          },
          containers: [
            {
              name: "dhcp",
              image: pluginsImage(spec),
              imagePullPolicy: plugins.image.pullPolicy,
              command: ["sh", "-c", START],
              resources: { requests: { cpu: "10m", memory: "16Mi" } },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"], add: ["NET_ADMIN", "NET_RAW", "SYS_ADMIN"] },
              },
              terminationMessagePolicy: "FallbackToLogsOnError",
              volumeMounts: [
                { name: "cni", mountPath: "/run/cni" },
                // Runtimes name the namespaces by either path. New ones are mounts that appear on the host.
                ...["/run/netns", "/var/run/netns"].map((mountPath) => ({
                  name: "netns",
                  mountPath,
                  readOnly: true,
                  mountPropagation: "HostToContainer",
                })),
              ],
            },
          ],
          volumes: [
            { name: "cni", hostPath: { path: "/run/cni", type: "DirectoryOrCreate" } },
            { name: "netns", hostPath: { path: netns, type: "DirectoryOrCreate" } },
          ],
        },
      },
    },
  };
}
