import { NETWORK_ATTACHMENT_DEFINITIONS } from "../../src/crds/network-attachment-definition.ts";
import { CLUSTER_ROLES, CONFIG_MAPS, DAEMON_SETS } from "../../src/kube/resource.ts";
import { type ManifestObject, upstreamManifest } from "../integration/upstream-manifests.ts";
import { NODE_NAMES, type Stage } from "./stage/stage.ts";

/** States of a cluster that workloads begin and end with: the spec that is installed, or none. */
const SPECS = {
  thin: { mode: "Thin" },
  thick: { mode: "Thick" },
  debug: { mode: "Thick", logging: { level: "debug" } },
  older: { mode: "Thick", version: "v4.2.4" },
  adopted: { mode: "Thick", adopt: true },
  canary: {
    mode: "Thick",
    logging: { level: "debug" },
    rollout: { canary: { nodes: 1, probe: "probe-net" } },
  },
} as const;
export type StateName = keyof typeof SPECS | "empty" | "by-hand";

export interface Workload {
  name: string;
  from: StateName;
  to: StateName;
  /** Whether Multus is replaced on each node: a workload that should and does not would test nothing. */
  isRollout: boolean;
  /** What users do, while the operator runs. */
  act: (stage: Stage) => Promise<void>;
}

const put = (name: keyof typeof SPECS) => (stage: Stage) => stage.put(SPECS[name]);
const change = (name: string, from: StateName, to: keyof typeof SPECS): Workload => ({
  ...{ name, from, to, isRollout: true },
  act: put(to),
});
const KUBE_SYSTEM = "kube-system";
const DAEMON_SET = { type: DAEMON_SETS, namespace: KUBE_SYSTEM, name: "kube-multus-ds" };

export const WORKLOADS: readonly Workload[] = [
  change("install-thin", "empty", "thin"),
  change("install-thick", "empty", "thick"),
  change("config", "thick", "debug"),
  change("config-back", "debug", "thick"),
  change("thin-to-thick", "thin", "thick"),
  change("thick-to-thin", "thick", "thin"),
  change("upgrade", "older", "thick"),
  change("downgrade", "thick", "older"),
  change("canary", "thick", "canary"),
  change("canary-back", "canary", "thick"),
  change("adopt", "by-hand", "adopted"),
  {
    name: "rollback",
    from: "thick",
    to: "thick",
    isRollout: false,
    async act(stage) {
      const before = templateOf(stage);
      await stage.put(SPECS.thin);
      await stage.observer.until(() => templateOf(stage) !== before, 15_000);
      await stage.put(SPECS.thick);
    },
  },
  {
    name: "paused-drift",
    from: "thick",
    to: "thick",
    isRollout: false,
    async act(stage) {
      await stage.put({ ...SPECS.thick, paused: true });
      await stage.observer.until(
        (state) => JSON.stringify(state.get("MultusInstall multus")).includes('"Paused"'),
        15_000,
      );
      await stage.client.delete({ type: CLUSTER_ROLES, name: "multus" });
      await stage.client.patch(DAEMON_SET, { spec: { minReadySeconds: 3 } });
      const config = { type: CONFIG_MAPS, namespace: KUBE_SYSTEM, name: "multus-daemon-config" };
      await stage.client.patch(config, { data: { "daemon-config.json": "{}" } });
      await new Promise((resolve) => setTimeout(resolve, 200));
      await stage.put({ ...SPECS.thick, paused: false });
    },
  },
  // What happens to it is the plan's own act.
  { name: "rest", from: "thick", to: "thick", isRollout: false, act: async () => {} },
  { name: "delete-thin", from: "thin", to: "empty", isRollout: false, act: (stage) => stage.remove() },
  { name: "delete-thick", from: "thick", to: "empty", isRollout: false, act: (stage) => stage.remove() },
];

/** Throws for a name that is none. */
export function workloadOf(name: string): Workload {
  const found = WORKLOADS.find((workload) => workload.name === name);
  if (!found) throw new Error(`no workload ${name}: ${WORKLOADS.map((each) => each.name).join(", ")}`);
  return found;
}

function templateOf(stage: Stage): string {
  const spec = stage.observer.state.get("DaemonSet kube-system/kube-multus-ds")?.spec;
  return JSON.stringify((spec as { template?: unknown } | undefined)?.template);
}

/** Whether what is installed has the spec of this state. */
export function isOf(stage: Stage, name: StateName): boolean {
  const install = stage.observer.state.get("MultusInstall multus");
  if (name === "by-hand") return false;
  if (name === "empty" || !install) return name === "empty" && !install;
  const { mode, version, logging, rollout, adopt } = install.spec as Record<string, unknown>;
  const found = {
    mode,
    adopt,
    logging,
    rollout: JSON.stringify(rollout).includes("canary"),
    older: version === "v4.2.4",
  };
  const of = SPECS[name] as Record<string, unknown>;
  return (
    found.mode === of.mode &&
    found.adopt === (of.adopt ?? false) &&
    found.rollout === "rollout" in of &&
    found.older === "version" in of &&
    (of.logging === undefined || JSON.stringify(of.logging) === JSON.stringify(found.logging)) &&
    (of.logging !== undefined || (found.logging as { level?: string } | undefined)?.level !== "debug")
  );
}

/** What an administrator does to get from an empty cluster to a state; an operator runs meanwhile. */
export async function enter(stage: Stage, name: StateName): Promise<void> {
  if (name === "by-hand") {
    for (const object of byHand()) await applyAs(stage, object);
    await stage.observer.until((state) => {
      const { numberAvailable } = (state.get("DaemonSet kube-system/kube-multus-ds")?.status ?? {}) as {
        numberAvailable?: number;
      };
      return numberAvailable === NODE_NAMES.length;
    }, 15_000);
    return;
  }
  if (name !== "empty") await stage.put(SPECS[name]);
}

/** The network of the canary's probe. The kind is there since the first install. */
export async function applyProbeNetwork(stage: Stage): Promise<void> {
  const object = {
    apiVersion: "k8s.cni.cncf.io/v1",
    kind: "NetworkAttachmentDefinition",
    metadata: { name: "probe-net", namespace: KUBE_SYSTEM },
    spec: { config: JSON.stringify({ cniVersion: "0.3.1", type: "macvlan", master: "eth0" }) },
  };
  const ref = { type: NETWORK_ATTACHMENT_DEFINITIONS, namespace: KUBE_SYSTEM, name: "probe-net" };
  await stage.client.apply(ref, object, { fieldManager: "user", force: true });
  stage.nodes.network = `${KUBE_SYSTEM}/probe-net`;
}

function byHand(): ManifestObject[] {
  return upstreamManifest("v4 thick").filter(({ kind }) => kind !== "CustomResourceDefinition");
}

async function applyAs(stage: Stage, object: ManifestObject): Promise<void> {
  await stage.plane.kubectlWithInput(JSON.stringify(object), "apply", "-f", "-");
}
