import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";
import { imageReference } from "../multus/releases.ts";

/** What differs between the pods of the thin plugin and of the daemon. */
export interface PodParts {
  hostPID?: true;
  containers: object[];
  initContainers?: object[];
  volumes: object[];
}

export interface ContainerOptions {
  name: string;
  spec: MultusInstallSpec;
  command?: string[];
  args?: string[];
  env?: object[];
  resources: object;
  volumeMounts: object[];
}

/** A privileged container: it writes to the host's directories, and the daemon enters pods' namespaces. */
export function container({
  name,
  spec,
  command,
  args,
  env,
  resources,
  volumeMounts,
}: ContainerOptions): object {
  return {
    name,
    image: imageReference(spec),
    imagePullPolicy: spec.image.pullPolicy,
    ...(command ? { command } : {}),
    ...(args && args.length > 0 ? { args } : {}),
    ...(env && env.length > 0 ? { env } : {}),
    resources,
    securityContext: { privileged: true },
    // The last lines of the log are all that tells why a container of a distroless image ended.
    terminationMessagePolicy: "FallbackToLogsOnError",
    volumeMounts,
  };
}

/** No memory limit by default: 50Mi kills Multus when many pods start at once (multus-cni #1346). */
export const MULTUS_RESOURCES = { requests: { cpu: "100m", memory: "50Mi" } };
export const INSTALL_RESOURCES = { requests: { cpu: "10m", memory: "15Mi" } };
