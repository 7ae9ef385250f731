import { createHash } from "node:crypto";
import type { KubeObject } from "../../crds/kube-object.ts";
import { MULTUS_INSTALL, MULTUS_INSTALL_API_VERSION } from "../../crds/multus-install/multus-install.ts";
import type { PreviousDirectories } from "../../multus/previous-directories.ts";
import type { Flavour } from "../../multus/releases.ts";
import { CACHE_DIR, SOCKET_DIR } from "../../node/host.ts";
import { INSTALL, MANAGED_BY, MANAGER } from "../../render/labels.ts";
import type { OperatorImage } from "../../render/operator-image.ts";
import type { PluginsImage, TaskOwner } from "../shared/node-tasks.ts";
import { copyContainer, programsMount, programsVolume } from "./plugins-pod.ts";

/** By this label the operator knows its own one-shot pods; its value is the task's kind. */
export const NODE_TASK = "multus-operator.dev/node-task";

/** Installs plugins from an image, which an init container copies into a volume of the pod. */
type PluginsTask = {
  kind: "plugins";
  binDir: string;
  plugins: readonly string[];
  image: PluginsImage;
};

/** Something to be done on one node, once. */
export type NodeTask = { node: string } & (
  | { kind: "inspect"; confDir: string; binDirs: readonly string[] }
  | {
      kind: "clean";
      confDir: string;
      binDir: string;
      since: string;
      /** Multus stays: only what one of another flavour left goes. */
      runs?: Flavour;
      keepPrograms?: boolean;
      /** Directories that Multus had before. */
      previous?: PreviousDirectories;
      whereabouts?: boolean;
    }
  | { kind: "release" }
  | PluginsTask
);

/** Seconds from the kubelet's first sight of the pod to its end, an image pull included. */
export const DEADLINE_SECONDS = { inspect: 90, clean: 120, release: 120, plugins: 240 } as const;
const HOST = "/host";

/**
 * The pod of a task: on the host's network, so that it needs no CNI; bound to its node by name, past the
 * scheduler, whatever taints the node has; as root, with no capability but the one to remove files from directories that
 * others own. It sees the few directories that the task is about, for an inspection read-only, and no credentials of the
 * API server.
 */
export function taskPod(task: NodeTask, owner: TaskOwner, image: OperatorImage): KubeObject {
  const mounts = mountsOf(task);
  const secrets = [...new Set([...image.pullSecrets, ...owner.pullSecrets, ...secretsOf(task)])];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: taskPodName(task),
      namespace: owner.namespace,
      labels: { [MANAGED_BY]: MANAGER, [INSTALL]: owner.name, [NODE_TASK]: task.kind },
      // With the MultusInstall goes what is left of it, also where its finalizer was stripped.
      ownerReferences: [
        {
          apiVersion: MULTUS_INSTALL_API_VERSION,
          kind: MULTUS_INSTALL.kind,
          name: owner.name,
          uid: owner.uid,
        },
      ],
    },
    spec: {
      nodeName: task.node,
      hostNetwork: true,
      dnsPolicy: "Default",
      restartPolicy: "Never",
      activeDeadlineSeconds: DEADLINE_SECONDS[task.kind],
      terminationGracePeriodSeconds: 5,
      // Multus' own account: where accounts decide what a pod may mount (OpenShift), this one is let.
      serviceAccountName: "multus",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      tolerations: [{ operator: "Exists" }],
      // Bound by name, it would be rejected by the kubelet of a full node.
      ...(owner.priorityClassName ? { priorityClassName: owner.priorityClassName } : {}),
      ...(secrets.length > 0 ? { imagePullSecrets: secrets.map((name) => ({ name })) } : {}),
      securityContext: {
        runAsUser: 0,
        runAsGroup: 0,
        runAsNonRoot: false,
        seccompProfile: { type: "RuntimeDefault" },
        // Where SELinux is enforced, other types may not read the host's files; elsewhere it means nothing.
        seLinuxOptions: { type: "spc_t" },
      },
      ...(task.kind === "plugins" ? { initContainers: [copyContainer(task.image)] } : {}),
      containers: [
        {
          name: task.kind,
          image: image.reference,
          imagePullPolicy: image.pullPolicy,
          args: argumentsOf(task),
          resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "256Mi" } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"], ...addedTo(task) },
          },
          volumeMounts: [
            ...mounts.map(({ name, path }) => ({
              name,
              mountPath: HOST + path,
              ...(task.kind === "inspect" ? { readOnly: true } : {}),
            })),
            ...(task.kind === "plugins" ? [{ ...programsMount, readOnly: true }] : []),
          ],
        },
      ],
      volumes: [
        ...mounts.map(({ name, path }) => ({ name, hostPath: { path } })),
        ...(task.kind === "plugins" ? [programsVolume] : []),
      ],
    },
  };
}

/** One name for a kind of task on a node: it never runs twice at a time. */
function taskPodName({ kind, node }: NodeTask): string {
  return `multus-operator-${kind}-${createHash("sha256").update(node).digest("hex").slice(0, 16)}`;
}

/**
 * CNI's directories are not always root's: kubespray's belong to the user kube, and archives of the CNI plugins gave
 * /opt/cni/bin to the user who packed them (containernetworking/plugins #1053). Without this root may not write there.
 */
function addedTo({ kind }: NodeTask): { add?: string[] } {
  return kind === "clean" || kind === "plugins" ? { add: ["DAC_OVERRIDE"] } : {};
}

function secretsOf(task: NodeTask): readonly string[] {
  return task.kind === "plugins" ? task.image.pullSecrets : [];
}

function mountsOf(task: NodeTask): { name: string; path: string }[] {
  return pathsOf(task).map((path, index) => ({ name: `host-${index}`, path }));
}

function pathsOf(task: NodeTask): string[] {
  switch (task.kind) {
    case "inspect":
      return [task.confDir, ...new Set(task.binDirs)];
    case "clean":
      return [...new Set([task.confDir, task.binDir, ...previousOf(task), SOCKET_DIR, CACHE_DIR])];
    case "release":
      return [SOCKET_DIR];
    case "plugins":
      return [task.binDir];
  }
}

function previousOf({ previous = {} }: NodeTask & { kind: "clean" }): string[] {
  return Object.values(previous);
}

function argumentsOf(task: NodeTask): string[] {
  const common = ["node", task.kind, "--node", task.node, "--host", HOST];
  switch (task.kind) {
    case "inspect":
      return [...common, "--conf-dir", task.confDir, "--bin-dir", ...new Set(task.binDirs)];
    case "clean":
      return [
        ...[...common, "--conf-dir", task.confDir, "--bin-dir", task.binDir, "--since", task.since],
        ...(task.runs ? ["--runs", task.runs] : []),
        ...(task.keepPrograms ? ["--keep-programs"] : []),
        ...(task.whereabouts ? ["--whereabouts"] : []),
        ...(task.previous?.confDir ? ["--previous-conf-dir", task.previous.confDir] : []),
        ...(task.previous?.binDir ? ["--previous-bin-dir", task.previous.binDir] : []),
      ];
    case "release":
      return common;
    case "plugins":
      return [
        ...[...common, "--bin-dir", task.binDir, "--image", task.image.reference],
        ...["--plugins", task.plugins.join(",")],
      ];
  }
}
