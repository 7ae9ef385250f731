import { expect, it } from "vitest";
import { groupsOf, withPrevious } from "./subjects.ts";

const account = { kind: "ServiceAccount", name: "multus", namespace: "kube-system" };
const group = { kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "system:multus" };
const stranger = { kind: "User", apiGroup: "rbac.authorization.k8s.io", name: "jane" };

it("lets the subjects of the previous Multus keep their rights, and no others", () => {
  expect(withPrevious([account, stranger], [group], [account, group])).toEqual([group, account]);
  expect(withPrevious([group], [account], [account, group])).toEqual([account, group]);
});

it("adds nothing where there is nothing, or what is there is no list of subjects", () => {
  for (const live of [undefined, [], "x", [{ name: 1 }], [group]])
    expect(withPrevious(live, [group], [account, group])).toEqual([group]);
});

it("knows the groups of a binding", () => {
  expect(groupsOf([account, group, stranger])).toEqual(["system:multus"]);
  expect(groupsOf(undefined)).toEqual([]);
});
