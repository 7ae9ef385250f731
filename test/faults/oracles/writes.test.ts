import { describe, expect, it } from "vitest";
import { exchange, reference, run } from "./evidence.fixture.ts";
import {
  hasOneLeader,
  staysWithinItsRights,
  writesHavePreconditions,
  writesNoMore,
  writesNothingAtRest,
  writesNothingInTheDark,
} from "./writes.ts";

const ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/multus";
const apply = (more: object = {}) =>
  exchange("PATCH", `${ROLE}?fieldManager=multus-operator&force=true`, more);
const STATUS = "/apis/multus-operator.dev/v1alpha1/multusinstalls/multus/status?fieldManager=multus-operator";
const status = () => exchange("PATCH", STATUS, { body: { metadata: { uid: "1" } } });

describe("the number of writes", () => {
  it("is that of the reference, and two more for each fault", () => {
    const found = (writes: number, faults: number) =>
      writesNoMore(
        run({ exchanges: Array.from({ length: writes }, () => apply()), faults }),
        reference({ exchanges: [apply()] }),
      );
    expect(found(1, 0)).toEqual([]);
    expect(found(3, 1)).toEqual([]);
    expect(found(2, 0)).toEqual([expect.stringContaining("2 writes; 1 without a fault")]);
    expect(found(4, 1)).toHaveLength(1);
  });

  it("leaves dry runs, events and leases out, and counts those of the status on their own", () => {
    const others = [
      exchange("PATCH", `${ROLE}?fieldManager=x&dryRun=All`),
      exchange("POST", "/apis/events.k8s.io/v1/namespaces/default/events"),
      exchange("PUT", "/apis/coordination.k8s.io/v1/namespaces/x/leases/l"),
    ];
    expect(writesNoMore(run({ exchanges: others }), reference())).toEqual([]);
    const storm = Array.from({ length: 7 }, status);
    expect(writesNoMore(run({ exchanges: storm }), reference())).toEqual([
      expect.stringContaining("status was written 7 times"),
    ]);
    expect(writesNoMore(run({ exchanges: storm.slice(1) }), reference())).toEqual([]);
  });
});

it("sees what is written at rest", () => {
  const exchanges = [apply({ at: 5 }), apply({ at: 15 }), exchange("GET", ROLE, { at: 16 })];
  expect(writesNothingAtRest(run({ exchanges, restAt: 10 }), reference())).toEqual([
    "written at rest: apply-clusterroles-multus",
  ]);
  expect(writesNothingAtRest(run({ exchanges, restAt: 20 }), reference())).toEqual([]);
});

describe("writes in the dark", () => {
  const dark = { unanswered: ["list-nodes"] };

  it("are those before the answer to a list", () => {
    expect(writesNothingInTheDark(run({ exchanges: [apply(dark)] }), reference())).toEqual([
      "apply clusterroles multus before the answer to list-nodes",
    ]);
    expect(writesNothingInTheDark(run({ exchanges: [apply()] }), reference())).toEqual([]);
  });

  it("are not those of the status, and not the deletion of what was read itself", () => {
    const deleted = exchange("DELETE", ROLE, dark);
    const read = exchange("GET", ROLE);
    expect(writesNothingInTheDark(run({ exchanges: [status(), read, deleted] }), reference())).toEqual([]);
    expect(writesNothingInTheDark(run({ exchanges: [deleted] }), reference())).toHaveLength(1);
    const byAnother = { ...read, victim: 1 };
    expect(writesNothingInTheDark(run({ exchanges: [byAnother, deleted] }), reference())).toHaveLength(1);
  });

  it("are not those of a deletion's MultusInstall if the object was read itself, and are those of every other workload", () => {
    const release = exchange("PATCH", "/apis/multus-operator.dev/v1alpha1/multusinstalls/multus", {
      unanswered: ["list-clusterroles-multus"],
    });
    const read = exchange("GET", ROLE);
    const check = (workload: string, ...exchanges: ReturnType<typeof exchange>[]) => {
      const evidence = run({ exchanges });
      return writesNothingInTheDark({ ...evidence, plan: { ...evidence.plan, workload } }, reference());
    };
    expect(check("delete-thick", read, release)).toEqual([]);
    expect(check("delete-thick", release)).toHaveLength(1);
    expect(check("install-thick", read, release)).toHaveLength(1);
  });

  it("are not those of a deletion before the NAD CRD, which stays, was listed; its own deletion is", () => {
    const crd = "customresourcedefinitions-network-attachment-definitions.k8s.cni.cncf.io";
    const check = (method: string, url: string, workload: string) => {
      const evidence = run({ exchanges: [exchange(method, url, { unanswered: [`list-${crd}`] })] });
      return writesNothingInTheDark({ ...evidence, plan: { ...evidence.plan, workload } }, reference());
    };
    const install = "/apis/multus-operator.dev/v1alpha1/multusinstalls/multus";
    expect(check("PATCH", install, "delete-thick")).toEqual([]);
    expect(check("PATCH", install, "install-thick")).toHaveLength(1);
    const definition = `/apis/apiextensions.k8s.io/v1/${crd.replace("-", "/")}`;
    expect(check("DELETE", definition, "delete-thick")).toHaveLength(1);
  });

  it("are not those of a deletion's tasks if each DaemonSet was read itself, and are if pods or nodes are not known", () => {
    const clean = (...unanswered: string[]) =>
      exchange("POST", "/api/v1/namespaces/kube-system/pods", {
        body: { metadata: { name: "multus-operator-clean-1" } },
        unanswered,
      });
    const read = exchange("GET", "/apis/apps/v1/namespaces/kube-system/daemonsets/multus-rollout-guard");
    const check = (workload: string, ...exchanges: ReturnType<typeof exchange>[]) => {
      const evidence = run({ exchanges });
      return writesNothingInTheDark({ ...evidence, plan: { ...evidence.plan, workload } }, reference());
    };
    const guard = "list-daemonsets-multus-rollout-guard";
    expect(check("delete-thick", read, clean(guard))).toEqual([]);
    expect(check("delete-thick", clean(guard))).toHaveLength(1);
    expect(check("config", read, clean(guard))).toHaveLength(1);
    expect(check("delete-thick", read, clean(guard, "list-nodes"))).toHaveLength(1);
  });

  it("depend, for a policy of admission, on what admission is decided by", () => {
    const policy =
      "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/multus-operator-networks";
    const check = (...unanswered: string[]) =>
      writesNothingInTheDark(run({ exchanges: [exchange("DELETE", policy, { unanswered })] }), reference());
    expect(check("list-pods-app=multus", "list-daemonsets-kube-multus-ds")).toEqual([]);
    expect(check("list-multusinstalls")).toHaveLength(1);
  });

  it("depend, for the task of a node, on the nodes and the pods of Multus", () => {
    const body = { metadata: { name: "multus-operator-clean-0123456789abcdef" } };
    const check = (...unanswered: string[]) =>
      writesNothingInTheDark(
        run({ exchanges: [exchange("POST", "/api/v1/namespaces/x/pods", { body, unanswered })] }),
        reference(),
      );
    expect(check("list-customresourcedefinitions-x", "list-clusterroles-multus")).toEqual([]);
    for (const list of ["list-nodes", "list-pods-app=multus", "list-daemonsets-kube-multus-ds"])
      expect(check(list), list).toHaveLength(1);
  });
});

describe("preconditions", () => {
  const check = (method: string, url: string, body?: object) =>
    writesHavePreconditions(run({ exchanges: [exchange(method, url, { body })] }), reference());
  const INSTALL = "/apis/multus-operator.dev/v1alpha1/multusinstalls/multus";

  it("are a uid or a resourceVersion of what is deleted", () => {
    expect(check("DELETE", ROLE, { preconditions: { uid: "1" } })).toEqual([]);
    expect(check("DELETE", ROLE, {})).toEqual(["delete-clusterroles-multus has no precondition"]);
    expect(check("DELETE", ROLE)).toHaveLength(1);
  });

  it("are the resourceVersion of what is replaced, and of finalizers", () => {
    expect(check("PUT", INSTALL, { metadata: { resourceVersion: "1" } })).toEqual([]);
    expect(check("PUT", INSTALL, { metadata: {} })).toHaveLength(1);
    expect(check("PATCH", INSTALL, { metadata: { finalizers: [], resourceVersion: "1" } })).toEqual([]);
    expect(check("PATCH", INSTALL, { metadata: { finalizers: [] } })).toHaveLength(1);
  });

  it("are the uid of the object whose status is applied", () => {
    expect(check("PATCH", STATUS, { metadata: { uid: "1" } })).toEqual([]);
    expect(check("PATCH", STATUS, { metadata: {} })).toHaveLength(1);
  });
});

it("sees what the API server forbids, and not what the plan does", () => {
  const forbidden = apply({ status: 403, message: "no right" });
  expect(staysWithinItsRights(run({ exchanges: [forbidden] }), reference())).toEqual([
    "apply-clusterroles-multus: no right",
  ]);
  expect(staysWithinItsRights(run({ exchanges: [{ ...forbidden, isFaulty: true }] }), reference())).toEqual(
    [],
  );
  // A server that has just started has not read its roles.
  expect(staysWithinItsRights(run({ exchanges: [forbidden, apply()] }), reference())).toEqual([]);
});

const LEASE = "/apis/coordination.k8s.io/v1/namespaces/x/leases/l";
const lease = (victim: number, at: number, holder: string) =>
  exchange("PUT", LEASE, { victim, at, body: { spec: { holderIdentity: holder } } });
const write = (victim: number, at: number) => apply({ victim, at });

it("sees a replica that writes after another has taken the lease", () => {
  const found = (...exchanges: ReturnType<typeof exchange>[]) =>
    hasOneLeader(run({ exchanges }), reference());
  expect(found(lease(0, 1, "a"), write(0, 2), lease(1, 3, "b"), write(1, 4))).toEqual([]);
  expect(found(lease(0, 1, "a"), lease(1, 3, "b"), write(0, 4))).toEqual([
    expect.stringContaining("by operator 0"),
  ]);
  // Refused: the lease was another's already.
  expect(found(lease(0, 1, "a"), { ...lease(1, 3, "b"), status: 409 }, write(0, 4))).toEqual([]);
  expect(found(lease(0, 1, "a"), lease(0, 3, ""), lease(1, 4, "b"), write(1, 5))).toEqual([]);
});

it("lets a leader whose Lease was deleted write until it has read that", () => {
  const plan = { workload: "config", class: "lease-deleted", place: "x", occurrence: 1, seed: 1 };
  const held = (victim: number, at: number) => lease(victim, at, `${victim}`);
  const read = (at: number) => exchange("GET", LEASE, { victim: 0, at, answeredAt: at + 10 });
  const found = (...exchanges: ReturnType<typeof exchange>[]) =>
    hasOneLeader(run({ plan, exchanges: [held(0, 1), held(1, 1000), ...exchanges] }), reference());
  expect(found(write(0, 2000), read(3000), write(0, 3005))).toEqual([]);
  expect(found(read(3000), write(0, 9000))).toHaveLength(1);
});
