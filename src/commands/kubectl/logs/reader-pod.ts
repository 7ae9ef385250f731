import type { KubeObject } from "../../../crds/kube-object.ts";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";

/** The requested part of a log. */
export interface LogRange {
  /** Newest lines; < 0: all. */
  lines: number;
  bytes: number;
  follow: boolean;
}

export interface ReaderPodOptions {
  name: string;
  install: MultusInstall;
  node: string;
  image: string;
  pullSecrets: readonly string[];
  /** Both as paths on the host. */
  directory: string;
  file: string;
  range: LogRange;
}

export const READER_CONTAINER = "reader";
export const READER_LABELS = {
  "app.kubernetes.io/name": "multus-log-reader",
  "app.kubernetes.io/managed-by": "kubectl-multus",
};
/** A reader that is not removed ends after these seconds. */
const MAX_READ_SECONDS = 300;
const MAX_FOLLOW_SECONDS = 4 * 3600;

/**
 * The pod that reads a log on a node. It needs nothing of Multus, which may be what is broken: no pod network
 * (hostNetwork), no scheduler (nodeName), no credentials. Root, since Multus writes the file with mode 0600; without
 * any capability root reads its own files and no others.
 */
export function readerPod(options: ReaderPodOptions): KubeObject {
  const { install, range, directory } = options;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: options.name,
      namespace: install.spec.namespace,
      labels: READER_LABELS,
    },
    spec: {
      nodeName: options.node,
      hostNetwork: true,
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 1,
      activeDeadlineSeconds: range.follow ? MAX_FOLLOW_SECONDS : MAX_READ_SECONDS,
      tolerations: [{ operator: "Exists" }],
      imagePullSecrets: options.pullSecrets.map((name) => ({ name })),
      containers: [
        {
          name: READER_CONTAINER,
          image: options.image,
          imagePullPolicy: "IfNotPresent",
          args: [
            "read-log-end",
            `--lines=${range.lines}`,
            `--bytes=${range.bytes}`,
            ...(range.follow ? ["--follow"] : []),
            options.file,
          ],
          terminationMessagePolicy: "FallbackToLogsOnError",
          resources: {
            requests: { cpu: "10m", memory: "32Mi" },
            limits: { memory: "256Mi" },
          },
          securityContext: {
            runAsUser: 0,
            runAsGroup: 0,
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
            seccompProfile: { type: "RuntimeDefault" },
          },
          volumeMounts: [{ name: "log", mountPath: directory, readOnly: true }],
        },
      ],
      volumes: [{ name: "log", hostPath: { path: directory, type: "Directory" } }],
    },
  };
}
