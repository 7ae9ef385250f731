import { expect, it } from "vitest";
import {
  MULTUS_INSTALL_API_VERSION,
  type MultusInstall,
  parseMultusInstall,
} from "../crds/multus-install/multus-install.ts";
import type { MultusInstallSpecInput } from "../crds/multus-install/spec.ts";
import { lastComplete, restored } from "./last-complete.ts";
import { renderInstall } from "./render.ts";

function install(spec: MultusInstallSpecInput): MultusInstall {
  const parsed = parseMultusInstall({
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: "MultusInstall",
    metadata: { name: "multus" },
    spec,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

it("gives back an install that renders to the same objects, rolled out as the newest spec says", () => {
  const last = install({ mode: "Thick", daemon: { metricsPort: 9091 }, paused: true });
  const now = install({ version: "v3.4.2", rollout: { rollback: true } });
  const found = restored(now, lastComplete(last));
  expect(found && renderInstall(found).objects).toEqual(renderInstall(last).objects);
  expect(found?.spec.rollout.rollback).toBe(true);
  expect(found?.spec.paused).toBe(false);
});

it("has nothing to give where there is none, or somebody wrote something else into it", () => {
  const now = install({});
  expect(restored(now, undefined)).toBe(undefined);
  expect(restored(now, { data: {} })).toBe(undefined);
  expect(restored(now, { data: { "spec.json": "{" } })).toBe(undefined);
  expect(restored(now, { data: { "spec.json": '{"version":"v2"}' } })).toBe(undefined);
});
