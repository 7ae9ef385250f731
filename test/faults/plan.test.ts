import { expect, it } from "vitest";
import { classOf } from "./classes.ts";
import { type cells, plansOf, sampleOf, smallSampleOf } from "./generate.ts";
import { parseRequest, placeOf } from "./place.ts";
import { idOf, parsePlan, randomOf } from "./plan.ts";
import { workloadOf } from "./workloads.ts";

it("has an id that leads back to the plan", () => {
  const plan = { workload: "config", class: "500", place: "list-pods-app=multus", occurrence: 2, seed: 7 };
  expect(idOf(plan)).toBe("config:500:list-pods-app=multus:2:7");
  expect(parsePlan(idOf(plan))).toEqual(plan);
  for (const id of ["", "config:500:list-nodes:0:7", "config:500:list-nodes:1", "a:b:c:1:2:3"])
    expect(() => parsePlan(id), id).toThrow("not the id of a plan");
});

it("draws the same numbers for the same text", () => {
  const numbers = (text: string) => Array.from({ length: 3 }, randomOf(text));
  expect(numbers("a")).toEqual(numbers("a"));
  expect(numbers("a")).not.toEqual(numbers("b"));
});

it.each([
  ["GET", "/api/v1/nodes?limit=500", "list-nodes"],
  [
    "GET",
    "/api/v1/namespaces/kube-system/pods?labelSelector=app%3Dmultus&watch=true",
    "watch-pods-app=multus",
  ],
  ["GET", "/apis/apps/v1/namespaces/x/daemonsets?fieldSelector=metadata.name%3Dds", "list-daemonsets-ds"],
  ["PATCH", "/apis/apps/v1/namespaces/x/daemonsets/ds?fieldManager=m&force=true", "apply-daemonsets-ds"],
  ["PATCH", "/apis/apps/v1/namespaces/x/daemonsets/ds?fieldManager=m&dryRun=All", "dryrun-daemonsets-ds"],
  ["PATCH", "/apis/x/v1/multusinstalls/multus", "patch-multusinstalls-multus"],
  [
    "DELETE",
    "/api/v1/namespaces/x/pods/multus-operator-clean-0123456789abcdef",
    "delete-pods-multus-operator-clean",
  ],
  ["DELETE", "/api/v1/namespaces/x/pods/kube-multus-ds-56pkh", "delete-pods-kube-multus-ds"],
  ["GET", "/apis", "get-apis"],
])("names %s %s %s", (method, url, place) => {
  expect(placeOf(parseRequest({ method, url }))).toBe(place);
});

const all = ["config", "upgrade"].flatMap((workload) =>
  ["500", "409"].map((name) => ({
    workload: workloadOf(workload),
    faultClass: classOf(name),
    places: [1, 2, 3].map((occurrence) => ({ place: "list-nodes", occurrence })),
  })),
) as ReturnType<typeof cells>;

it("meets each class with each workload before it meets one twice, and each place before a place twice", () => {
  const plans = plansOf(all, 12, 1);
  const pairs = (from: typeof plans) =>
    new Set(from.map(({ workload, class: name }) => `${workload} ${name}`));
  expect(pairs(plans.slice(0, 4))).toHaveLength(4);
  expect(new Set(plans.map((plan) => idOf({ ...plan, seed: 0 })))).toHaveLength(12);
  expect(plansOf(all, 12, 1)).toEqual(plans);
});

it("has every class and every workload in the sample", () => {
  const plans = sampleOf(all, 1);
  expect(new Set(plans.map(({ class: name }) => name))).toEqual(new Set(["500", "409"]));
  expect(new Set(plans.map(({ workload }) => workload))).toEqual(new Set(["config", "upgrade"]));
});

it("has every group and every workload in a small sample, and no plan that brings neither", () => {
  const more = all.map((cell) => ({ ...cell, faultClass: classOf("clock-set") }));
  const plans = smallSampleOf([...all, ...more], 1);
  expect(plans).toHaveLength(2);
  expect(new Set(plans.map(({ class: name }) => classOf(name).group))).toEqual(new Set(["errors", "clock"]));
  expect(new Set(plans.map(({ workload }) => workload))).toEqual(new Set(["config", "upgrade"]));
  expect(sampleOf([...all, ...more], 1).length).toBeGreaterThan(2);
});
