import { expect, it } from "vitest";
import { NadReader } from "./nad.ts";
import { keptBytes, nadView, unread } from "./nad-view.ts";
import { noCounts } from "./report/network-pods.ts";
import { reportStatusOf } from "./report/report.ts";

const nad = (config: string) =>
  nadView({ metadata: { namespace: "apps", name: "net", uid: "u" }, spec: { config } });
const read = (view: ReturnType<typeof nad>) =>
  new NadReader(
    () => view,
    () => [],
  ).read("apps/net");
const config = (more: object) => JSON.stringify({ cniVersion: "0.3.1", type: "macvlan", ...more });

it.each([
  ["a long text", config({ x: "x".repeat(70_000) }), "is longer than 65536 bytes"],
  ["long characters", config({ x: "é".repeat(40_000) }), "is longer than 65536 bytes"],
  [
    "ten thousand objects",
    config({ x: Array.from({ length: 10_000 }, () => ({})) }),
    "has more than 4096 values",
  ],
])("keeps nothing of a configuration with %s, and reports that", (_, text, why) => {
  const view = nad(text);
  expect(view).toMatchObject({ config: "", tooLarge: why });
  expect(keptBytes(view)).toBeLessThan(1100);
  const found = read(view);
  if (!found) throw new Error("unreachable");
  expect(found.findings).toMatchObject([{ code: "TOO_LARGE", message: `${why} and is not checked` }]);
  expect(found.versions).toEqual([expect.not.objectContaining({ config: expect.anything() })]);
  const input = {
    ...found,
    generation: 1,
    crossFindings: [],
    nodes: [],
    pods: { counts: noCounts(), unverified: 0, wanting: [] },
    addresses: { ranges: [], outsideTotal: 0, outside: [] },
    duplicates: [],
  };
  const { conditions, plugins } = reportStatusOf(input, {}, "2026-11-26T00:00:00Z");
  expect(plugins).toBe("too large to be read");
  expect(conditions?.map(({ status, reason }) => [status, reason])).toEqual([
    ["Unknown", "TooLarge"],
    ["Unknown", "TooLarge"],
  ]);
});

it("reads a NAD again whose namespace has room for it", () => {
  let view = unread(nad(config({})), "is one of so many");
  const reader = new NadReader(
    () => view,
    () => [],
  );
  expect(reader.read("apps/net")?.findings[0]?.code).toBe("TOO_LARGE");
  view = nad(config({}));
  expect(reader.read("apps/net")).toMatchObject({
    findings: [],
    network: { plugins: [{ type: "macvlan" }] },
  });
});

it("keeps twenty findings, errors first, and counts the others", () => {
  const plugins = Array.from({ length: 40 }, () => ({ type: "macvlan", mode: "brige", unknwon: 1 }));
  const found = read(nad(JSON.stringify({ cniVersion: "0.3.1", name: "n", plugins })));
  expect(found?.findings).toHaveLength(20);
  expect(found?.findings.every(({ severity }) => severity === "error")).toBe(true);
  expect(found?.moreFindings).toBeGreaterThan(19);
});
