/** Specs around the field under test: some fields exist, or mean something, only together with others. */
export interface Base {
  name: string;
  spec: Record<string, unknown>;
  reason: string;
}

/** Each spec's rollout ends with inspections, which are paced by seconds: only plans of this field have them. */
export const QUIET = { nodes: { inspection: "Off" } };

export const BASES: readonly Base[] = [
  { name: "thin", spec: QUIET, reason: "the defaults" },
  {
    name: "thick",
    spec: { ...QUIET, mode: "Thick" },
    reason: "daemon, rotation and systemNamespaces are for the daemon",
  },
  {
    name: "v3",
    spec: { ...QUIET, version: "v3.9.3" },
    reason: "restartCRIO, kubeconfigMode and architectures are v3's; 3.9 has the flags that came with v3.7",
  },
  {
    name: "file",
    spec: { ...QUIET, primaryNetwork: { source: "File", file: "10-calico.conflist" } },
    reason: "source: File requires a file",
  },
  {
    name: "inline",
    spec: { ...QUIET, primaryNetwork: { source: "Inline", preset: "Calico" } },
    reason: "source: Inline requires a preset or a config",
  },
  {
    name: "plugins",
    spec: {
      plugins: { install: "Missing", image: { registry: "registry.example", repository: "cni-plugins" } },
    },
    reason: "plugins are installed where inspections find them missing",
  },
];

/** In these a field is tried again that has already been tried in another one. */
export const FLAVOURS: readonly string[] = ["thin", "thick", "v3"];
