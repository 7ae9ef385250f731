import { expect, it } from "vitest";
import { parsedInstall } from "../../../crds/multus-install/parsed-install.ts";
import { dhcpDaemon } from "../../../render/dhcp-daemon.ts";
import { entryOf } from "../inventory/inventory.ts";
import { installOf, observed, resolved } from "../observe/observed.fixture.ts";
import { decide } from "./decide.ts";
import { all, kindsOf, THICK } from "./plans.fixture.ts";

const image = { registry: "registry.example", repository: "cni-plugins" };
const WITH = { ...THICK, plugins: { image }, dhcp: { daemon: "Auto" } };
const object = dhcpDaemon(parsedInstall(WITH));
const entry = entryOf(object);

it("is applied last: nothing of Multus waits for a daemon that the API server rejects", () => {
  const wanted = resolved(installOf(WITH));
  const dhcp = { object, step: "Apply", entry, warnings: [] } as const;
  const found = decide(wanted, { ...observed(wanted), dhcp });
  for (const { actions } of [found.unchanged, found.changed]) {
    expect(kindsOf(actions).slice(-2)).toEqual(["Record", "Apply"]);
    expect(actions.at(-1)).toEqual({ kind: "Apply", object, adopt: false });
  }
  expect(found.actions.some((action) => action.kind === "Apply" && action.object === object)).toBe(false);
  expect(all(found).some(({ kind }) => kind === "Prune")).toBe(true);
});

it("stays recorded when a rollout is over", () => {
  const wanted = resolved(installOf(WITH));
  const dhcp = { object, step: "None", entry, warnings: [] } as const;
  const { unchanged } = decide(wanted, { ...observed(wanted), dhcp });
  const prune = unchanged.actions.find((action) => action.kind === "Prune");
  expect(prune?.wanted).toContainEqual(entry);
});
