import type { FieldProblem } from "../crds/field-problem.ts";
import type { MultusInstallSpec } from "../crds/multus-install/spec.ts";

type Preset = NonNullable<MultusInstallSpec["primaryNetwork"]["preset"]>;
/** A CNI network configuration list: what Multus delegates a pod's first interface to. */
export interface Conflist {
  cniVersion?: string;
  name?: string;
  plugins: Record<string, unknown>[];
  [key: string]: unknown;
}

const portmap = { type: "portmap", capabilities: { portMappings: true } };
/** Calico's installer writes its kubeconfig beside its configuration. */
const CALICO_KUBECONFIG = "calico-kubeconfig";
const flannel = { type: "flannel", delegate: { isDefaultGateway: true, hairpinMode: true } };

/**
 * The conflist that each primary network's own installer writes, in its documented standard form. A Calico
 * plugin without datastore and kubeconfig cannot work, so its preset has both.
 */
const PRESETS: Record<Preset, Conflist> = {
  Calico: {
    name: "k8s-pod-network",
    plugins: [
      {
        type: "calico",
        log_level: "info",
        datastore_type: "kubernetes",
        nodename_file_optional: false,
        ipam: { type: "calico-ipam" },
        policy: { type: "k8s" },
        kubernetes: { kubeconfig: CALICO_KUBECONFIG },
      },
      { ...portmap, snat: true },
    ],
  },
  Flannel: { name: "cbr0", plugins: [flannel, portmap] },
  Canal: {
    name: "k8s-pod-network",
    plugins: [
      {
        type: "calico",
        log_level: "info",
        datastore_type: "kubernetes",
        ipam: { type: "host-local", subnet: "usePodCidr" },
        policy: { type: "k8s" },
        kubernetes: { kubeconfig: CALICO_KUBECONFIG },
      },
      { ...portmap, snat: true },
    ],
  },
  Cilium: {
    name: "cilium",
    plugins: [{ type: "cilium-cni", "enable-debug": false, "log-file": "/var/run/cilium/cilium-cni.log" }],
  },
  Weave: {
    name: "weave",
    plugins: [
      { type: "weave-net", hairpinMode: true },
      { ...portmap, snat: true },
    ],
  },
  // Without a range: kube-router writes each node's own into the file (presetProblem).
  KubeRouter: {
    name: "kube-router",
    plugins: [
      {
        type: "bridge",
        bridge: "kube-bridge",
        isDefaultGateway: true,
        hairpinMode: true,
        ipam: { type: "host-local" },
      },
      portmap,
    ],
  },
  Bridge: {
    name: "bridge",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: { type: "host-local", ranges: [[{ subnet: "10.88.0.0/16" }]], routes: [{ dst: "0.0.0.0/0" }] },
      },
      portmap,
    ],
  },
};

/** @param confDir the host's CNI configuration directory, where Calico keeps its kubeconfig */
export function presetConflist(preset: Preset, confDir: string): Conflist {
  const conflist = PRESETS[preset];
  return {
    ...conflist,
    plugins: conflist.plugins.map((plugin) =>
      isObject(plugin.kubernetes)
        ? { ...plugin, kubernetes: { kubeconfig: `${confDir}/${CALICO_KUBECONFIG}` } }
        : plugin,
    ),
  };
}

/** Why a preset cannot serve as an inline configuration, which is the same on every node. */
export function presetProblem(preset: Preset): string | undefined {
  return preset === "KubeRouter"
    ? "KubeRouter cannot be inline: kube-router writes each node's own pod range into its file; use source: Auto, or source: File with file: 10-kuberouter.conflist"
    : undefined;
}

/** What a preset brings that its user may not expect. */
export function presetWarning(preset: Preset): string | undefined {
  return preset === "Bridge"
    ? "Bridge gives every node the same pod range, 10.88.0.0/16: pods on two nodes may get the same address and cannot reach each other"
    : undefined;
}

export type InlineConflist =
  | { ok: true; conflist: Conflist; warnings: FieldProblem[] }
  | { ok: false; problems: FieldProblem[] };

const PATH = "spec.primaryNetwork.config";

/**
 * Reads a user's inline conflist. Multus panics on `null`, on an empty list of plugins and on a plugin that
 * is not an object (seen with 4.3.0), so those never reach a node.
 */
export function parseConflist(text: string): InlineConflist {
  const reject = (message: string): InlineConflist => ({
    ok: false,
    problems: [{ path: PATH, code: "INVALID_CONFLIST", message }],
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return reject(`is not valid JSON: ${(error as Error).message}`);
  }
  if (!isObject(value)) return reject("must be a JSON object with a list of plugins");
  const plugins = value.plugins;
  if (!Array.isArray(plugins) || plugins.length === 0)
    return reject(
      isObject(value) && "type" in value
        ? 'is one plugin; a conflist has its plugins in a list: {"name": …, "plugins": [ … ]}'
        : "must have a list of plugins that is not empty",
    );
  if (typeof value.name !== "string" || value.name === "")
    return reject(
      'needs a name, such as {"name": "k8s-pod-network", "plugins": [ … ]} (libcni rejects it without)',
    );
  for (const [index, plugin] of plugins.entries()) {
    if (!isObject(plugin)) return reject(`plugins[${index}] must be an object`);
    if (typeof plugin.type !== "string" || !/^[A-Za-z0-9._-]+$/.test(plugin.type))
      return reject(`plugins[${index}].type must be the file name of a plugin, without a path`);
  }
  return { ok: true, conflist: value as Conflist, warnings: plugins.flatMap((p, i) => pluginWarnings(p, i)) };
}

function pluginWarnings(plugin: Record<string, unknown>, index: number): FieldProblem[] {
  if (plugin.type !== "calico") return [];
  if (plugin.datastore_type !== undefined && isObject(plugin.kubernetes)) return [];
  return [
    {
      path: PATH,
      code: "INCOMPLETE_CALICO",
      message: `plugins[${index}]: a calico plugin without datastore_type and kubernetes.kubeconfig cannot work as a delegate; use preset: Calico, or source: Auto with Calico's own file`,
    },
  ];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
