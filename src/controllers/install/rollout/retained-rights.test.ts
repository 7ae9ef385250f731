import { expect, it } from "vitest";
import { allowsAll } from "./retained-rights.ts";

const role = (...verbs: string[]) => [{ apiGroups: [""], resources: ["pods"], verbs }];

it("knows a role that allows more than another", () => {
  expect(allowsAll(role("get", "list", "watch"), role("get"))).toBe(true);
  expect(allowsAll(role("get"), role("get", "list", "watch"))).toBe(false);
});

it("takes a role apart however its rules are cut", () => {
  const cut = [
    { apiGroups: ["", "events.k8s.io"], resources: ["events"], verbs: ["create"] },
    { apiGroups: ["events.k8s.io", ""], resources: ["events"], verbs: ["patch"] },
  ];
  expect(
    allowsAll(cut, [{ apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] }]),
  ).toBe(true);
});

it("says no where there is no role", () => {
  expect(allowsAll(undefined, role("get"))).toBe(false);
});
