import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Registry } from "@prometheus-io/client";
import { expect, test } from "vitest";
import { NetworkMetrics } from "./network-metrics.ts";

const alerts = readFileSync("charts/multus-operator/templates/alerts.yaml", "utf8");

function filled(): Registry {
  const registry = new Registry();
  new NetworkMetrics(registry).set({
    networks: { valid: 3, invalid: 1, unavailable: 2 },
    pods: { counts: { bypassed: 2, attached: 5, "missing-network": 0, "not-applicable": 9 } },
    duplicateAddresses: 1,
    rangesNearlyUsedUp: 1,
    rangesUsedUp: 0,
  });
  return registry;
}

test("pods by outcome, networks by state; pods that ask for nothing are not counted", async () => {
  const text = await filled().metrics();
  expect(text).toContain('multus_operator_pods{outcome="bypassed"} 2');
  expect(text).toContain('multus_operator_networks{state="invalid"} 1');
  expect(text).toContain('multus_operator_address_ranges{state="nearly_used_up"} 1');
  expect(text).not.toContain("not-applicable");
});

test("the chart's alerts ask for metrics that there are, and the guides have a section for each", () => {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" });
  const sources = files
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => readFileSync(join("src", file), "utf8"))
    .join("\n");
  const asked = new Set(alerts.match(/multus_operator_\w+/g));
  expect(asked.size).toBeGreaterThanOrEqual(4);
  for (const name of asked) expect(sources).toContain(`"${name}"`);
  const names = [...alerts.matchAll(/alert: (\w+)/g)].map(([, name = ""]) => name);
  const runbooks = [...alerts.matchAll(/runbook: (docs\/guides\/[a-z-]+\.md)#(\w+)/g)];
  expect(runbooks.map(([, , anchor]) => anchor)).toEqual(names.map((name) => name.toLowerCase()));
  for (const [, file = "", anchor = ""] of runbooks) {
    const headings = readFileSync(file, "utf8").match(/^#+ .*$/gm) ?? [];
    expect(headings.map((heading) => heading.replace(/^#+ /, "").toLowerCase())).toContain(anchor);
  }
});
