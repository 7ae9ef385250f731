import { z } from "zod";
import type { KubeObject } from "../crds/kube-object.ts";
import type { MultusInstall } from "../crds/multus-install/multus-install.ts";
import { hostPaths } from "../multus/distributions.ts";
import { guardPlacement } from "./guard-placement.ts";
import { guardTolerations } from "./guard-tolerations.ts";
import { ownerLabels } from "./labels.ts";

/**
 * While Multus is replaced on a node, its configuration is gone: the thin entrypoint of v4 and the daemon
 * delete it when they end, and the runtime then starts pods with the primary network alone. The guard is a
 * second configuration behind Multus' own, with which no pod starts: the kubelet tries such a pod again, and
 * by then Multus is back (docs/adr/0007).
 */
export const GUARD = "multus-rollout-guard";

/**
 * The runtime takes the first file by name, and Multus of any release takes a file that begins with
 * 00-multus.conf for its own and never for the primary network's (getMasterConfigPath of thin_entrypoint,
 * findMasterPlugin of the daemon, generateMultusConf of entrypoint.sh). This one comes after 00-multus.conf
 * and 00-multus.conflist and before everything else.
 */
export const GUARD_FILE = "00-multus.conflist-guard.conf";

const MOUNT = "/tmp/multus-guard";
const BIN = "/usr/src/multus-cni/bin";

/** v4's is thin_entrypoint. */
const V3_ENTRYPOINT = /(^|\/)entrypoint\.sh$/;

const podTemplate = z.object({
  spec: z.object({
    containers: z
      .array(
        z.object({
          image: z.string(),
          imagePullPolicy: z.string().optional(),
          command: z.array(z.string()).default([]),
          args: z.array(z.string()).default([]),
          volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })).default([]),
        }),
      )
      .min(1),
    volumes: z
      .array(z.object({ name: z.string(), hostPath: z.object({ path: z.string() }).optional() }))
      .default([]),
    nodeSelector: z.record(z.string(), z.string()).optional(),
    affinity: z.unknown().optional(),
    tolerations: z.array(z.unknown()).optional(),
    priorityClassName: z.string().optional(),
    imagePullSecrets: z.array(z.object({ name: z.string() })).optional(),
  }),
});

/**
 * Whether the pods of a DaemonSet's template delete Multus' configuration when they end: the daemon always,
 * the thin entrypoint of v4 with --cleanup-config-on-exit. v3 leaves it: its script only enters a watch with the flag, which
 * manifests that were written by hand may have.
 */
export function deletesItsConfiguration(template: unknown): boolean {
  const parsed = podTemplate.safeParse(template);
  const [main] = parsed.success ? parsed.data.spec.containers : [];
  if (!main) return false;
  const words = [...main.command, ...main.args];
  if (isDaemonCommand(main.command)) return true;
  if (words.some((word) => V3_ENTRYPOINT.test(word))) return false;
  return words.some((word) => /^--cleanup-config-on-exit(=true)?$/.test(word));
}

/**
 * The ConfigMap and the DaemonSet that put the guard on every node of a Multus DaemonSet whose template is
 * given, as it runs now: with its image, which the nodes have already. The image's own thin entrypoint
 * copies the file at its start and deletes it at its end. None where the template is not one of Multus'.
 * @param next the DaemonSets that follow: the guard is only on nodes that have one of these, too
 */
export function rolloutGuard(
  install: MultusInstall,
  template: unknown,
  next: readonly KubeObject[] = [],
): KubeObject[] {
  const parsed = podTemplate.safeParse(template);
  if (!parsed.success) return [];
  const { spec } = parsed.data;
  const [main] = spec.containers;
  if (!main) return [];
  // An adopted manifest may call the volume otherwise.
  const volume = spec.volumes.find(({ name }) => name === "cni");
  const confDir = volume?.hostPath?.path ?? hostPaths(install.spec).confDir;
  const thick = isDaemonCommand(main.command);
  const { namespace } = install.spec;
  const labels = { tier: "node", app: "multus" };
  const metadata = { name: GUARD, namespace, labels: { ...labels, ...ownerLabels(install) } };
  // Without a delegate the plugin rejects both ADD and DEL, and so does a node of the daemon, which has no such
  // plugin. The shim would wait for its daemon for a minute at ADD, and call a DEL done that it cannot do.
  const configuration = { cniVersion: "0.3.1", name: GUARD, type: "multus" };
  const nextSpecs = next.map(podSpecOf);
  const tolerations = guardTolerations(spec, nextSpecs);
  return [
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata,
      data: { [GUARD_FILE]: `${JSON.stringify(configuration)}\n` },
    },
    {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata,
      spec: {
        selector: { matchLabels: { name: GUARD } },
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "100%" } },
        template: {
          metadata: { labels: { ...labels, name: GUARD } },
          spec: {
            hostNetwork: true,
            containers: [
              {
                name: "guard",
                image: main.image,
                ...(main.imagePullPolicy ? { imagePullPolicy: main.imagePullPolicy } : {}),
                command: thick || main.command.length === 0 ? [`${BIN}/thin_entrypoint`] : main.command,
                args: [
                  `--multus-conf-file=${MOUNT}/${GUARD_FILE}`,
                  "--cni-conf-dir=/host/net.d",
                  "--cni-bin-dir=/",
                  "--skip-multus-binary-copy=true",
                  "--cleanup-config-on-exit=true",
                  ...main.args.filter((arg) => arg.startsWith("--multus-bin-file=")),
                ],
                resources: { requests: { cpu: "10m", memory: "15Mi" } },
                securityContext: { privileged: true },
                terminationMessagePolicy: "FallbackToLogsOnError",
                volumeMounts: [
                  { name: "cni", mountPath: "/host/net.d" },
                  // The entrypoint writes a kubeconfig too, with a token that ends with this pod: not over Multus' own.
                  { name: "kubeconfig", mountPath: "/host/net.d/multus.d" },
                  { name: "guard", mountPath: MOUNT },
                ],
              },
            ],
            volumes: [
              { name: "cni", hostPath: { path: confDir } },
              { name: "kubeconfig", emptyDir: {} },
              { name: "guard", configMap: { name: GUARD, items: [{ key: GUARD_FILE, path: GUARD_FILE }] } },
            ],
            ...guardPlacement(spec, nextSpecs),
            ...(tolerations.length > 0 ? { tolerations } : {}),
            ...(spec.priorityClassName ? { priorityClassName: spec.priorityClassName } : {}),
            ...(spec.imagePullSecrets ? { imagePullSecrets: spec.imagePullSecrets } : {}),
            serviceAccountName: "multus",
            terminationGracePeriodSeconds: 10,
          },
        },
      },
    },
  ];
}

function podSpecOf(daemonSet: KubeObject): unknown {
  return (daemonSet.spec as { template: { spec: unknown } }).template.spec;
}

/** Whether a container with this command runs the thick daemon. */
export function isDaemonCommand(command: readonly string[]): boolean {
  return command.some((word) => word.endsWith("/multus-daemon"));
}
