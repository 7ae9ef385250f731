import { describe, expect, it } from "vitest";
import { nodeView } from "../../../diagnosis/node.ts";
import { NotSynced } from "../../../kube/errors.ts";
import { NETWORK_DEFINITION } from "../../../render/definition.ts";
import { entryOf } from "../inventory/inventory.ts";
import { installOf, liveObjectsOf, multusPod, resolved, textOf } from "../observe/observed.fixture.ts";
import { decideDeletion } from "./decide-deletion.ts";
import type { ObservedDeletion } from "./observe-deletion.ts";

const TAINT = "example.com/not-ready";
const spec = resolved(installOf({ mode: "Thick", version: "v4.3.0" }));
const inventory = liveObjectsOf(spec).map((object) => entryOf(object as Parameters<typeof entryOf>[0]));
const daemonSet = inventory.filter(({ kind }) => kind === "DaemonSet");
const left = (underWay: boolean) => ({ node: "node-1", reason: "no answer", underWay, busy: false });
const request = {} as NonNullable<ObservedDeletion["cleaning"]>["request"];
const cleaning = (nodes: ReturnType<typeof left>[]) => ({
  request,
  progress: { total: 2, cleaned: 2 - nodes.length, left: nodes },
});

function plan(more: Partial<ObservedDeletion> = {}) {
  return decideDeletion({
    live: { apiVersion: "v1", kind: "MultusInstall", metadata: { name: "multus", uid: "uid" } },
    previous: {},
    install: spec.install,
    inventory,
    isReplaced: false,
    remaining: [],
    own: [],
    overdue: [],
    foreign: [],
    nodes: [
      nodeView({ metadata: { name: "node-1" }, spec: { taints: [{ key: TAINT, effect: "NoSchedule" }] } }),
    ],
    taintKeys: [TAINT],
    cleaning: cleaning([]),
    concernsNodes: true,
    late: false,
    ...more,
  });
}
const texts = (found: ReturnType<typeof plan>) => found.actions.map(textOf);
const deletions = (found: ReturnType<typeof plan>) =>
  texts(found).filter((text) => text.startsWith("Delete "));

it("does nothing if the object is gone or released", () => {
  const found = decideDeletion(undefined);
  expect(found.actions).toEqual([]);
  expect(found.unchanged.state).toBeUndefined();
});

describe("while nodes are not clean", () => {
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "multus" } };

  it("creates the account again that their cleaning needs, before it begins", () => {
    const found = texts(plan({ cleaning: cleaning([left(true)]), missingAccount: account }));
    expect(found[0]).toBe("CreateAccount"); // nothing between it and the read that shows that the install exists
    expect(found).toContain("CleanNodes");
    expect(texts(plan({ cleaning: cleaning([left(true)]) }))).not.toContain("CreateAccount");
  });

  it("does not once they are no longer waited for", () => {
    const late = plan({ cleaning: cleaning([left(false)]), missingAccount: account, late: true });
    expect(texts(late)).not.toContain("CreateAccount");
    expect(texts(late)).toContain("RemoveFinalizer");
  });
});

describe("while pods of Multus are there", () => {
  it("deletes the DaemonSets alone, and waits: the pods need their account", () => {
    const found = plan({ remaining: daemonSet });
    expect(deletions(found)).toEqual(["Delete DaemonSet kube-multus-ds"]);
    expect(texts(found)).not.toContain("RemoveFinalizer");
    expect(found.unchanged).toMatchObject({
      state: { message: expect.stringContaining("waiting for the Multus pods to terminate") },
      rechecks: [2],
    });
  });

  it("starts no inspection, and approves no certificate any longer, before it deletes", () => {
    expect(texts(plan({ remaining: daemonSet })).slice(0, 4)).toEqual([
      "Inspect",
      "AbandonLeftovers",
      "ForgetDaemons",
      "ServeCertificates",
    ]);
  });

  it("goes on with both if another install is active: they are that one's", () => {
    const kinds = plan({ isReplaced: true }).actions.map(({ kind }) => kind);
    expect(kinds).not.toContain("Inspect");
    expect(kinds).not.toContain("ServeCertificates");
  });

  it("force-deletes them only once spec.uninstall.timeout is over, and their own time to terminate", () => {
    const own = [multusPod("node-1", "kube-multus-ds", { terminating: true })];
    const forced = (more: Partial<ObservedDeletion>) =>
      texts(plan({ remaining: daemonSet, own, ...more })).filter((text) => text.includes("DeletePod"));
    expect(forced({ overdue: own })).toEqual([]);
    expect(forced({ late: true })).toEqual([]);
    expect(forced({ late: true, overdue: own })).toEqual(["ForceDeletePod kube-multus-ds-node-1"]);
  });

  it("lets a pod that nothing has deleted by then terminate in its own time: it takes its configuration along", () => {
    const own = [multusPod("node-1", "kube-multus-ds")];
    const found = texts(plan({ remaining: daemonSet, own, late: true }));
    expect(found).toContain("DeletePod kube-multus-ds-node-1");
    expect(found).not.toContain("ForceDeletePod kube-multus-ds-node-1");
  });
});

describe("while nodes are cleaned", () => {
  it("waits for them, with the account that the cleaning needs", () => {
    const found = plan({ cleaning: cleaning([left(true)]) });
    expect(deletions(found)).toEqual(["Delete DaemonSet kube-multus-ds"]);
    expect(texts(found).indexOf("CleanNodes")).toBeGreaterThan(
      texts(found).indexOf("Delete DaemonSet kube-multus-ds"),
    );
    expect(texts(found)).not.toContain(`RemoveTaint node-1 ${TAINT}`);
  });

  it("leaves behind what is stuck once the time is over, and reports it before the object goes", () => {
    const found = plan({ cleaning: cleaning([left(false)]), late: true });
    expect(texts(found).slice(-4)).toEqual([
      "WriteStatus",
      "ReportNodesNotCleaned",
      "AbandonCleaning",
      "RemoveFinalizer",
    ]);
  });
});

describe("at the end", () => {
  it("deletes the account last, after what uses it, and keeps the NAD CRD", () => {
    const found = deletions(plan());
    expect(found[0]).toBe("Delete DaemonSet kube-multus-ds");
    expect(found.slice(-3)).toEqual([
      "Delete ClusterRoleBinding multus",
      "Delete ClusterRole multus",
      "Delete ServiceAccount multus",
    ]);
    expect(found.join()).not.toContain(NETWORK_DEFINITION);
  });

  it("deletes the NAD CRD if the spec asks for it", () => {
    const install = installOf({ uninstall: { networkDefinitions: "Delete" } });
    expect(deletions(plan({ install })).at(-1)).toBe(`Delete CustomResourceDefinition ${NETWORK_DEFINITION}`);
  });

  it("frees the nodes of the startup taint before the object goes", () => {
    expect(texts(plan()).slice(-2)).toEqual([`RemoveTaint node-1 ${TAINT}`, "RemoveFinalizer"]);
  });

  it("lets the object go once everything else is done", () => {
    expect(texts(plan()).indexOf("RemoveFinalizer")).toBe(texts(plan()).length - 1);
  });
});

it("cleans no node and frees none if it is not known which there are, and reports that", () => {
  const unknown = new NotSynced("nodes", "TimedOut");
  const found = plan({ unknown, nodes: [], late: true });
  expect(texts(found)).not.toContain(`RemoveTaint node-1 ${TAINT}`);
  const report = found.actions.find(({ kind }) => kind === "ReportNodesNotCleaned");
  expect(report).toMatchObject({ nodes: [{ node: "all nodes", reason: expect.stringContaining(TAINT) }] });
});

describe("an install that has, or had, whereabouts", () => {
  const withPools = resolved(installOf({ whereabouts: { enabled: true } }));
  const entries = liveObjectsOf(withPools).map((object) => entryOf(object as Parameters<typeof entryOf>[0]));
  const pools = (uninstall: object) =>
    deletions(
      plan({ inventory: entries, install: installOf({ whereabouts: { enabled: true }, uninstall }) }),
    ).filter((text) => text.includes("whereabouts.cni.cncf.io"));

  it("keeps the CRDs with the pools, unless the spec asks for their deletion", () => {
    expect(pools({})).toEqual([]);
    expect(pools({ networkDefinitions: "Delete" })).toEqual([]);
    expect(pools({ addressPools: "Delete" })).toHaveLength(3);
    expect(pools({ addressPools: "Delete" }).join()).not.toContain("k8s.cni.cncf.io");
  });

  it("deletes its DaemonSet with that of Multus, before the nodes are cleaned, and its account after", () => {
    const found = texts(plan({ inventory: entries, install: withPools.install }));
    expect(found.indexOf("Delete DaemonSet whereabouts")).toBeLessThan(found.indexOf("CleanNodes"));
    expect(found.indexOf("CleanNodes")).toBeLessThan(found.indexOf("Delete ServiceAccount whereabouts"));
  });
});
