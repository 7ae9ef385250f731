import { expect, it } from "vitest";
import { type NadView, nadView } from "../../../networks/nad-view.ts";
import { PluginNeeds } from "./plugin-needs.ts";

function nad(name: string, type: string, more: object = {}): NadView {
  const config = { cniVersion: "0.3.1", name, type, ...more };
  return nadView({ metadata: { namespace: "a", name, uid: name }, spec: { config: JSON.stringify(config) } });
}

it("is the union of what all NADs need, as they are now", () => {
  const needs = new PluginNeeds();
  expect(needs.of([])).toEqual([]);
  expect(needs.of([nad("x", "macvlan"), nad("y", "bridge"), nad("z", "macvlan")])).toEqual([
    "bridge",
    "macvlan",
  ]);
  expect(needs.of([nad("x", "tap")])).toEqual(["tap"]);
});

it("knows which changes of NADs need a reconcile", () => {
  const needs = new PluginNeeds();
  expect(needs.isNews("a/x", nad("x", "sriov"))).toBe(false);
  needs.of([nad("x", "macvlan")]);
  expect(needs.isNews("a/x", nad("x", "macvlan", { mtu: 1400 }))).toBe(false);
  expect(needs.isNews("a/x", nad("x", "bridge"))).toBe(true);
  needs.of([nad("x", "bridge")]);
  expect(needs.isNews("a/x", undefined)).toBe(true);
  needs.of([]);
  expect(needs.isNews("a/x", undefined)).toBe(false);
});

it("forgets a NAD when it is deleted, even if no reconcile asks for the needs", () => {
  const needs = new PluginNeeds();
  for (let i = 0; i < 100; i++) {
    needs.isNews(`a/x${i}`, nad(`x${i}`, "macvlan"));
    expect(needs.isNews(`a/x${i}`, undefined)).toBe(true);
  }
  expect(needs.size).toBe(0);
});
