import type { MultusInstallSpecInput } from "../crds/multus-install/spec.ts";

type Group<K extends keyof MultusInstallSpecInput> = NonNullable<MultusInstallSpecInput[K]>;

/** The host's directories that a pod mounts; netnsDir is the daemon's alone. */
export interface HostDirectories {
  confDir: string;
  binDir: string;
  netnsDir: string | undefined;
}

/** A spec that is being put together from a manifest: every group is there, to be filled. */
export interface Draft {
  version: string;
  mode: "Thin" | "Thick";
  namespace: string;
  /** As the pod mounts them, until the distribution is known. */
  directories?: HostDirectories;
  distribution?: Group<"distribution">;
  image: Group<"image">;
  primaryNetwork: Group<"primaryNetwork">;
  cni: Group<"cni">;
  isolation: Group<"isolation">;
  logging: Group<"logging">;
  entrypoint: Group<"entrypoint">;
  daemon: Group<"daemon">;
  workload: Group<"workload">;
  whereabouts?: Group<"whereabouts">;
}

export function newDraft(version: string, mode: Draft["mode"], namespace: string): Draft {
  return {
    version,
    mode,
    namespace,
    image: {},
    primaryNetwork: {},
    cni: {},
    isolation: {},
    logging: {},
    entrypoint: {},
    daemon: {},
    workload: {},
  };
}

/** The spec as a person would write it: without groups that are empty and without the other mode's. */
export function specOf(draft: Draft): Record<string, unknown> {
  const { directories: _, entrypoint, daemon, workload, namespace, ...rest } = draft;
  const ordered = {
    ...rest,
    ...(draft.mode === "Thin" ? { entrypoint } : { daemon }),
    workload,
    namespace: namespace === "kube-system" ? undefined : namespace,
  };
  return Object.fromEntries(
    Object.entries(ordered).filter(([, value]) => value !== undefined && !isEmpty(value)),
  );
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.values(value).every((v) => v === undefined);
}
