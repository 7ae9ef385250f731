import { expect, it } from "vitest";
import { guardTolerations } from "./guard-tolerations.ts";

const spec = (...tolerations: object[]) => ({ tolerations });
const both = (running: object, ...wanted: object[]) => guardTolerations(spec(running), [spec(...wanted)]);
const ALL = { operator: "Exists" };
const GPU = { key: "gpu", operator: "Equal", value: "yes", effect: "NoSchedule" };

it("are those of the Multus that is replaced, if the next one has the same", () => {
  expect(guardTolerations(spec({ key: "a" }), [spec({ key: "a" })])).toEqual([{ key: "a" }]);
  expect(guardTolerations(spec(ALL), [])).toEqual([ALL]);
});

it("are none that only one of both has: the guard would be alone on the node", () => {
  expect(both(ALL)).toEqual([]);
  expect(guardTolerations({}, [spec(ALL)])).toEqual([]);
  expect(both(GPU, { ...GPU, key: "fpga" })).toEqual([]);
  expect(both(GPU, { ...GPU, value: "no" })).toEqual([]);
  expect(both(GPU, { ...GPU, effect: "NoExecute" })).toEqual([]);
});

it("are the narrower of both where one stands for all keys, values or effects", () => {
  expect(both(ALL, GPU)).toEqual([GPU]);
  expect(both(GPU, ALL)).toEqual([GPU]);
  expect(both({ key: "gpu", operator: "Exists" }, { ...ALL, effect: "NoExecute" })).toEqual([
    { key: "gpu", operator: "Exists", effect: "NoExecute" },
  ]);
  // Equal is the default operator.
  expect(both({ key: "gpu", value: "yes" }, { ...GPU })).toEqual([GPU]);
});

it("end when the first of both ends, for a taint that evicts", () => {
  const evicting = { key: "down", operator: "Exists", effect: "NoExecute" };
  expect(both({ ...evicting, tolerationSeconds: 60 }, ALL)).toEqual([{ ...evicting, tolerationSeconds: 60 }]);
  expect(both({ ...evicting, tolerationSeconds: 60 }, { ...evicting, tolerationSeconds: 5 })).toEqual([
    { ...evicting, tolerationSeconds: 5 },
  ]);
});

it("are wherever one of several next ones runs, each once", () => {
  expect(guardTolerations(spec(ALL), [spec(GPU), spec(GPU, { key: "b", ...ALL })])).toEqual([
    GPU,
    { key: "b", operator: "Exists" },
  ]);
});
