import type { Flavour } from "./releases.ts";

/** What Multus has on a node, as far as it depends on the flavour that runs. */
export interface NodeFiles {
  /** The plugin that its configuration calls. */
  type: "multus" | "multus-shim";
  /** Its programs in the plugin directory. */
  programs: readonly string[];
  /** Whether the plugin reads the kubeconfig in multus.d; the daemon has its account's token. */
  kubeconfig: boolean;
  /** Whether a process listens in /run/multus. */
  socket: boolean;
}

const FILES: Record<Flavour, NodeFiles> = {
  // v3's entrypoint.sh copies one program; cmd/install_multus of v4 copies passthru with either of the others.
  v3: { type: "multus", programs: ["multus"], kubeconfig: true, socket: false },
  "v4-thin": { type: "multus", programs: ["multus", "passthru"], kubeconfig: true, socket: false },
  "v4-thick": { type: "multus-shim", programs: ["multus-shim", "passthru"], kubeconfig: false, socket: true },
};

export function nodeFilesOf(flavour: Flavour): NodeFiles {
  return FILES[flavour];
}
