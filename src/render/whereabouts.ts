import type { KubeObject } from "../crds/kube-object.ts";
import type { MultusInstall } from "../crds/multus-install/multus-install.ts";
import type { Whereabouts } from "../crds/multus-install/whereabouts.ts";
import { hostPaths } from "../multus/distributions.ts";
import { enabledWhereabouts, whereaboutsImage } from "../multus/whereabouts-releases.ts";
import { ownerLabels } from "./labels.ts";
import { whereaboutsAccess } from "./whereabouts-access.ts";
import { poolDefinitions } from "./whereabouts-definitions.ts";
import { WHEREABOUTS, WHEREABOUTS_CONFIG } from "./whereabouts-names.ts";
import { tolerationsOf } from "./workload.ts";

const LABELS = { tier: "node", app: WHEREABOUTS };
/** The directory of the host in which the control loop reads the configuration, whatever the distribution (pkg/controlloop). */
const READ_BY_CONTROL_LOOP = "/etc/cni/net.d";

/**
 * Upstream's command, but for `exec`: the control loop then gets the signal to end, which a shell as the first process
 * does not pass on. An uninstall would wait half a minute for each node.
 */
export const WHEREABOUTS_COMMAND = {
  command: ["/bin/sh"],
  args: [
    "-c",
    "SLEEP=false source /install-cni.sh\n/token-watcher.sh &\nexec /ip-control-loop -log-level debug\n",
  ],
};

/** The objects of whereabouts, in the order in which they are applied; none if the spec does not enable it. */
export function whereaboutsObjects(install: MultusInstall): KubeObject[] {
  const whereabouts = enabledWhereabouts(install.spec);
  if (!whereabouts) return [];
  return [
    ...poolDefinitions(install),
    ...whereaboutsAccess(install),
    schedule(install, whereabouts),
    daemonSet(install, whereabouts),
  ];
}

/** The control loop reads it again when it changes, so that it is not part of the pod template. */
function schedule(install: MultusInstall, { reconcilerSchedule }: Whereabouts): KubeObject {
  const { name, key } = WHEREABOUTS_CONFIG;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: install.spec.namespace, labels: ownerLabels(install) },
    data: { [key]: reconcilerSchedule },
  };
}

function daemonSet(install: MultusInstall, { image, ...whereabouts }: Whereabouts): KubeObject {
  const { spec } = install;
  const { workload, namespace } = spec;
  const { confDir, binDir } = hostPaths(spec);
  const labels = { ...LABELS, name: WHEREABOUTS };
  // The paths that its script writes into the configuration are those of the container without /host.
  const confMounts = [...new Set([confDir, READ_BY_CONTROL_LOOP])].map((path) => `/host${path}`);
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: WHEREABOUTS, namespace, labels: { ...LABELS, ...ownerLabels(install) } },
    spec: {
      selector: { matchLabels: { name: WHEREABOUTS } },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "10%" } },
      template: {
        metadata: { labels },
        spec: {
          hostNetwork: true,
          containers: [
            {
              name: WHEREABOUTS,
              image: whereaboutsImage({ image, ...whereabouts }),
              imagePullPolicy: image.pullPolicy,
              ...WHEREABOUTS_COMMAND,
              env: [
                fromField("NODENAME", "spec.nodeName"),
                fromField("WHEREABOUTS_NAMESPACE", "metadata.namespace"),
                { name: "CNI_CONF_DIR", value: `/host${confDir}` },
                { name: "CNI_BIN_DIR", value: `/host${binDir}` },
              ],
              // Without upstream's limits: the control loop keeps all pools and networks of the cluster in memory.
              resources: { requests: { cpu: "100m", memory: "100Mi" } },
              securityContext: { privileged: true },
              terminationMessagePolicy: "FallbackToLogsOnError",
              volumeMounts: [
                { name: "cnibin", mountPath: `/host${binDir}` },
                ...confMounts.map((mountPath) => ({ name: "cni-net-dir", mountPath })),
                { name: "cron-scheduler-configmap", mountPath: "/cron-schedule" },
              ],
            },
          ],
          volumes: [
            { name: "cnibin", hostPath: { path: binDir } },
            { name: "cni-net-dir", hostPath: { path: confDir } },
            {
              name: "cron-scheduler-configmap",
              configMap: {
                name: WHEREABOUTS_CONFIG.name,
                items: [{ key: WHEREABOUTS_CONFIG.key, path: "config" }],
              },
            },
          ],
          ...(workload.nodeSelector && Object.keys(workload.nodeSelector).length > 0
            ? { nodeSelector: workload.nodeSelector }
            : {}),
          tolerations: tolerationsOf(spec),
          ...(workload.affinity ? { affinity: workload.affinity } : {}),
          ...(workload.priorityClassName ? { priorityClassName: workload.priorityClassName } : {}),
          serviceAccountName: WHEREABOUTS,
          ...(image.pullSecrets.length > 0
            ? { imagePullSecrets: image.pullSecrets.map((name) => ({ name })) }
            : {}),
          terminationGracePeriodSeconds: 10,
        },
      },
    },
  };
}

function fromField(name: string, fieldPath: string) {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}
