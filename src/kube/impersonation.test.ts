import { expect, it } from "vitest";
import { impersonationHeaders, withFlags } from "./impersonation.ts";

it("sends a header for each part, and encodes what a header's name may not have", () => {
  const extra = { scopes: ["view", "edit"], "example.com/team (a%)": ["b"] };
  expect(impersonationHeaders({ user: "jane", uid: "7", groups: ["dev", "ops"], extra })).toEqual({
    "Impersonate-User": "jane",
    "Impersonate-Uid": "7",
    "Impersonate-Group": ["dev", "ops"],
    "Impersonate-Extra-scopes": ["view", "edit"],
    "Impersonate-Extra-example.com%2Fteam%20%28a%25%29": ["b"],
  });
  expect(impersonationHeaders({ user: "", groups: [], extra: {} })).toEqual({});
});

it.each([{ uid: "7" }, { groups: ["dev"] }, { extra: { scopes: ["view"] } }])(
  "requires a user for %o",
  (without) => {
    expect(() => impersonationHeaders(without)).toThrow(/require a user to act as/);
  },
);

it("replaces single fields of the kubeconfig by flags", () => {
  const ofKubeconfig = { user: "jane", uid: "7", groups: ["dev"], extra: { scopes: ["view"] } };
  expect(withFlags(ofKubeconfig, { user: "joe", groups: [] })).toEqual({ ...ofKubeconfig, user: "joe" });
  expect(withFlags(ofKubeconfig, { groups: ["ops"], uid: "8" })).toEqual({
    ...ofKubeconfig,
    groups: ["ops"],
    uid: "8",
  });
});
