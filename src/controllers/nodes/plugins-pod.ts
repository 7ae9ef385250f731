import { PLUGINS_SOURCE } from "../../node/plugin-record.ts";
import type { PluginsImage } from "../shared/node-tasks.ts";

/** What the pod of a task that installs plugins has in addition to those of other tasks. */

export const programsVolume = { name: "programs", emptyDir: { sizeLimit: "512Mi" } };
export const programsMount = { name: "programs", mountPath: PLUGINS_SOURCE };

/**
 * Copies the programs of an image where the operator's own program finds them. It is not root, has no capability and sees
 * nothing of the host. The whole directory, so that a plugin that the image lacks keeps no other from being installed.
 */
export function copyContainer({ reference, pullPolicy }: PluginsImage): object {
  return {
    name: "copy",
    image: reference,
    imagePullPolicy: pullPolicy,
    command: ["cp", "-R", "/opt/cni/bin/.", PLUGINS_SOURCE],
    terminationMessagePolicy: "FallbackToLogsOnError",
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "256Mi" } },
    securityContext: {
      runAsUser: 65532,
      runAsGroup: 65532,
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [programsMount],
  };
}
