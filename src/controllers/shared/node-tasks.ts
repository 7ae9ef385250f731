import type { MultusInstall } from "../../crds/multus-install/multus-install.ts";
import type { NodeInspection } from "../../crds/node-inspection.ts";
import type { NodeView } from "../../diagnosis/node.ts";
import type { PreviousDirectories } from "../../multus/previous-directories.ts";
import type { Flavour } from "../../multus/releases.ts";
import type { NodeInspections } from "./node-inspections.ts";

/** What the install controller has done on nodes, once, in one-shot pods. controllers/nodes does it. */
export interface NodeTasks {
  /** What the inspections have found. */
  readonly inspections: NodeInspections;
  /** Whether anything can run on a node at all. */
  readonly canRun: boolean;
  /** Nodes that could not be inspected, and why. */
  readonly failures: ReadonlyMap<string, string>;
  /** `listener` is called when there is something new: a node was inspected, or was cleaned. */
  onChange(listener: () => void): void;
  /** What is to be inspected from now on; undefined: nothing. */
  plan(plan: InspectionPlan | undefined): void;
  /** Nothing is inspected for now; what was found stays. */
  pause(): void;
  /** Whether the newest inspection of the node was of what is there now, by a plan that is about to be made. */
  isCurrent(node: string, plan?: InspectionPlan): boolean;
  /** How far the cleaning of an install's nodes is; begins nothing. */
  cleaningProgress(request: CleaningRequest): CleaningProgress;
  /** Begins to clean what can be cleaned of an install's nodes. */
  clean(request: CleaningRequest): void;
  /** What is being cleaned is no longer waited for: its pods are deleted. */
  abandonCleaning(): void;
  /** How far the removal of what a previous Multus left is; begins nothing. */
  leftoversProgress(request: CleaningRequest): CleaningProgress;
  /** Removes what a previous Multus left next to the one that runs; a node that was cleaned is inspected again. */
  cleanLeftovers(request: CleaningRequest): void;
  /** Multus is being replaced: what is there now is not left over. */
  abandonLeftovers(): void;
  /** How far the installation of plugins is; begins nothing. */
  pluginsProgress(request: PluginsRequest): PluginsProgress;
  /** Begins to install plugins where they are missing; a node that has them then is inspected again. */
  installPlugins(request: PluginsRequest): void;
  /** Nodes on which plugins are being installed at this moment, for whatever request. */
  readonly nodesInstalling: ReadonlySet<string>;
  /** Releases the shims that wait for a daemon which has ended. */
  releaseShims(owner: TaskOwner, daemons: readonly DaemonPod[], daemonFollows: boolean): void;
  /** No daemon that was seen is waited for any longer. */
  forgetDaemons(): void;
}

/** For whom a task runs. */
export interface TaskOwner {
  /** The MultusInstall's. */
  name: string;
  uid: string;
  namespace: string;
  pullSecrets: readonly string[];
  /** That of Multus' own pods: what a namespace admits of these, it admits of tasks. */
  priorityClassName?: string;
}

/** Whose the pods are that run on nodes for an install. */
export function taskOwner({ metadata, spec }: MultusInstall): TaskOwner {
  return {
    name: metadata.name,
    uid: metadata.uid ?? "",
    namespace: spec.namespace,
    pullSecrets: spec.image.pullSecrets,
    priorityClassName: spec.workload.priorityClassName,
  };
}

/** Which nodes are to be inspected, and what for. */
export interface InspectionPlan {
  owner: TaskOwner;
  confDir: string;
  binDirs: readonly string[];
  /** Each node with a Multus pod, and a text that changes when there is something new to see; undefined: not now. */
  nodes: ReadonlyMap<string, string | undefined>;
  /** Whether an inspection found nothing wrong: else the node is soon inspected again. */
  isFine: (found: NodeInspection) => boolean;
}

/** An image with plugins. */
export interface PluginsImage {
  reference: string;
  pullPolicy: string;
  pullSecrets: readonly string[];
}

/** Which plugins are to be installed on which nodes. */
export interface PluginsRequest {
  owner: TaskOwner;
  image: PluginsImage;
  binDir: string;
  /** Node → what it lacks, or has of another image. */
  nodes: ReadonlyMap<string, readonly string[]>;
}

export interface PluginsProgress {
  /** Nodes on which they are being installed, or whose turn has not come. */
  pending: number;
  /** Nodes on which that failed, with the reason; tried again, later each time. */
  failed: readonly { node: string; message: string }[];
  /** In how many seconds the next attempt on a node is due, if one is waited for. */
  againSeconds?: number;
}

export interface CleaningRequest {
  owner: TaskOwner;
  /** What is cleaned up after: another one begins again. The install, or one replacement of its Multus. */
  key: string;
  /** The Multus that stays, if only what one of another flavour left is to go. */
  runs?: Flavour;
  /** Directories that the install had before, and that may not be clean. */
  previous?: PreviousDirectories;
  /** The install has, or had, whereabouts, whose files are removed with those of Multus. */
  whereabouts?: boolean;
  confDir: string;
  binDir: string;
  /** When the install was made, RFC 3339. */
  since: string;
  nodes: readonly NodeView[];
  /** Nodes on which pods of Multus are still there: they would write again what is removed. */
  busy: ReadonlySet<string>;
  /** Nodes on which plugins are being installed: the same holds for them. */
  installing?: ReadonlySet<string>;
}

/** One node that is not clean yet. */
export interface NodeNotCleaned {
  node: string;
  reason: string;
  /** It is being cleaned, or its turn has not come: there is no fault to wait out. */
  underWay: boolean;
  /** A pod of Multus, or of the guard, has not ended there. */
  busy: boolean;
}

export interface CleaningProgress {
  total: number;
  cleaned: number;
  left: NodeNotCleaned[];
  /** Of those that were cleaned, the ones on which a previous directory stays as it is, with the reason; absent if none. */
  kept?: readonly { node: string; reason: string }[];
}

/** A pod of the thick daemon. */
export interface DaemonPod {
  uid: string;
  node: string;
  terminating: boolean;
}
