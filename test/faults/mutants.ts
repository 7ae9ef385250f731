import type { SourcePatch } from "./victim/bundle.ts";

/** A kind of bug that operators are known to have, put into this one, and plans that must find it. */
export interface Mutant {
  name: string;
  patches: readonly SourcePatch[];
  plans: readonly string[];
}

const install = (file: string) => `src/controllers/install/${file}`;

export const MUTANTS: readonly Mutant[] = [
  {
    name: "an object is deleted by its name, even if it was recreated",
    patches: [
      {
        file: install("inventory/delete-owned.ts"),
        from: "...(uid ? { preconditions: { uid } } : {}),",
        to: "",
      },
    ],
    plans: ["delete-thick:race-recreated:delete-clusterroles-multus:1:3"],
  },
  {
    name: "a pod is deleted by its name, even if it was recreated",
    patches: [
      {
        file: install("actions/delete-pod.ts"),
        from: "{ ...options, preconditions: { uid } }",
        to: "{ ...options }",
      },
    ],
    plans: ["canary:duplicated:watch-nodes:1:1"],
  },
  {
    name: "an error of a write is ignored",
    patches: [
      {
        file: install("inventory/delete-owned.ts"),
        from: "    });",
        to: "    }).catch(() => {});",
      },
    ],
    plans: ["delete-thick:503:delete-clusterroles-multus:1:1"],
  },
  {
    name: "a cache is treated as complete before it is synced",
    patches: [
      {
        file: "src/controllers/shared/watched-objects.ts",
        from: 'if (!watch?.isListed) throw new NotSynced(describe(ref), "TimedOut");\n    return watch.get(',
        to: "return watch?.get(",
      },
      {
        file: "src/controllers/shared/watched-objects.ts",
        from: "    await synced(\n      refs.map((ref) => this.#watchOf(ref)),\n      signal,\n    );",
        to: "    for (const ref of refs) this.#watchOf(ref);\n    await Promise.race([signal.aborted, synced([], signal)]);",
      },
    ],
    plans: ["install-thick:late-list:list-clusterroles-multus:1:1"],
  },
  {
    name: "the status is computed from copies from before the write",
    patches: [
      {
        file: "src/controllers/shared/applier.ts",
        from: "return written === undefined || isAsNew(live, written);",
        to: "return written === undefined || live !== undefined;",
      },
    ],
    plans: [1, 2, 3, 4].map((seed) => `config:frozen-watch:watch-daemonsets-kube-multus-ds:1:${seed}`),
  },
  {
    name: "an answer is trusted even if it is about another node",
    patches: [
      {
        file: "src/controllers/nodes/inspector.ts",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
        from: "if (found.node !== node) throw new TaskFailed(`its answer is about ${found.node}`);",
        to: "",
      },
    ],
    plans: [1, 2, 3].map((seed) => `install-thick:task-refuses:inspect-node-${seed}:1:${seed}`),
  },
  {
    name: "the finalizer is removed before the nodes are clean",
    patches: [
      {
        file: install("deletion/decide-deletion.ts"),
        from: "if (isEnding || nodes.waiting.length > 0) {",
        to: "if (isEnding) {",
      },
    ],
    plans: ["delete-thick:task-refuses:clean-node-1:1:1"],
  },
  {
    name: "a conflict is forced: finalizers are overwritten with what was read before",
    patches: [
      {
        file: install("actions/finalizer.ts"),
        from: "{ metadata: { resourceVersion, finalizers: [...finalizers, FINALIZER] } },",
        to: "{ metadata: { finalizers: [...finalizers, FINALIZER] } },",
      },
      {
        file: install("actions/finalizer.ts"),
        from: "const { name, finalizers = [], resourceVersion } = live.metadata;",
        to: "const { name, finalizers = [] } = live.metadata;",
      },
    ],
    plans: ["install-thick:race:patch-multusinstalls-multus:1:1"],
  },
  {
    name: "after 410 Gone the watch continues from where it was, without a list",
    patches: [
      {
        file: "src/kube/watch/reflector.ts",
        from: '(error.status === 410 || error.reason === "Expired")) {\n      this.#resourceVersion = undefined;',
        to: '(error.status === 410 || error.reason === "Expired")) {',
      },
    ],
    plans: [
      "thin-to-thick:refused-410:watch-daemonsets-kube-multus-ds:1:1",
      "config:refused-410:watch-daemonsets-kube-multus-ds:1:1",
    ],
  },
  {
    name: "a replica writes without the lease",
    patches: [
      {
        file: "src/leadership.ts",
        from: 'if (method === "GET" || !this.#election || this.#election.isLeading) return;',
        to: 'if (method !== "NONE") return;',
      },
    ],
    plans: [1, 2, 3, 4].map((seed) => `install-thick:zombie:apply-clusterroles-multus:1:${seed}`),
  },
  {
    name: "conditions keep the generation of the first spec",
    patches: [
      {
        file: install("status/writer.ts"),
        from: "live.metadata.generation ?? 0, previous",
        to: "previous.observedGeneration ?? live.metadata.generation ?? 0, previous",
      },
    ],
    plans: ["config:reset:list-nodes:1:1"],
  },
  {
    name: "objects are created before the inventory names them",
    patches: [
      {
        file: install("carry-out.ts"),
        from: "  if (!(await putInventory(scope, done.inventory)))",
        to: "  if (scope.live === undefined && !(await putInventory(scope, done.inventory)))",
      },
    ],
    plans: ["install-thick:crash-unheard:apply-serviceaccounts-multus:1:1"],
  },
  {
    name: "Multus is replaced without the guard",
    patches: [
      {
        file: install("rollout/rollout-step.ts"),
        from: "  if (needsGuard(state)) {\n    if (guard?.isGone)",
        to: "  if (needsGuard(state) && guard?.isGone) {\n    if (guard?.isGone)",
      },
    ],
    plans: ["upgrade:duplicated:watch-nodes:1:1"],
  },
  {
    name: "an object that has another owner by now is deleted nevertheless",
    patches: [
      {
        file: install("inventory/delete-owned.ts"),
        from: "  if (!isOwn(live) || isOfAnotherInstall(",
        to: "  if (isOfAnotherInstall(",
      },
    ],
    plans: ["delete-thick:race-recreated:delete-clusterroles-multus:1:3"],
  },
  {
    name: "the status is written again although it has not changed",
    patches: [
      {
        file: install("status/writer.ts"),
        from: "  if (isSameJson(status, scope.last.install.status ?? {})) return;\n",
        to: "  void isSameJson;\n",
      },
    ],
    plans: ["config:429:list-nodes:1:1"],
  },
];
