import { expect, it } from "vitest";
import type { ApiObject } from "../../../kube/resource.ts";
import { INSTALL } from "../../../render/labels.ts";
import { isOfAnotherInstall, isReplacedByAnother } from "./of-another-install.ts";

const ENTRY = { apiVersion: "apps/v1", kind: "DaemonSet", namespace: "kube-system", name: "kube-multus-ds" };
function install(name: string, inventory: object[] = []): ApiObject {
  const metadata = { name, creationTimestamp: "2026-01-01T00:00:00Z" };
  return { apiVersion: "v1", kind: "MultusInstall", metadata, status: { inventory } };
}
const objectOf = (owner?: string): ApiObject => ({
  ...{ apiVersion: "apps/v1", kind: "DaemonSet" },
  metadata: { name: "kube-multus-ds", ...(owner ? { labels: { [INSTALL]: owner } } : {}) },
});

it("knows the objects of another install that exists", () => {
  const [zebra, aardvark] = [install("zebra"), install("aardvark")];
  expect(isOfAnotherInstall(objectOf("aardvark"), zebra, [zebra, aardvark])).toBe(true);
  expect(isOfAnotherInstall(objectOf("zebra"), zebra, [zebra, aardvark])).toBe(false);
  expect(isOfAnotherInstall(objectOf(), zebra, [zebra, aardvark])).toBe(false);
});

it("takes the objects of one that is gone for its own", () => {
  const zebra = install("zebra");
  expect(isOfAnotherInstall(objectOf("aardvark"), zebra, [zebra])).toBe(false);
});

it("leaves the nodes to the active install once that has applied something", () => {
  const zebra = install("zebra", [ENTRY]);
  expect(isReplacedByAnother(zebra, [zebra, install("aardvark", [ENTRY])])).toBe(true);
  expect(isReplacedByAnother(zebra, [zebra, install("aardvark")])).toBe(false);
  expect(isReplacedByAnother(install("aardvark"), [zebra, install("aardvark")])).toBe(false);
});
