import { expect, it } from "vitest";
import { parsedInstall } from "../crds/multus-install/parsed-install.ts";
import { lastComplete, restored } from "./last-complete.ts";
import { renderInstall } from "./render.ts";

it("gives back an install that renders to the same objects, rolled out as the newest spec says", () => {
  const last = parsedInstall({ mode: "Thick", daemon: { metricsPort: 9091 }, paused: true });
  const now = parsedInstall({ version: "v3.4.2", rollout: { rollback: true } });
  const found = restored(now, lastComplete(last));
  expect(found && renderInstall(found).objects).toEqual(renderInstall(last).objects);
  expect(found?.spec.rollout.rollback).toBe(true);
  expect(found?.spec.paused).toBe(false);
});

it("has nothing to give where there is none, or somebody wrote something else into it", () => {
  const now = parsedInstall();
  expect(restored(now, undefined)).toBe(undefined);
  expect(restored(now, { data: {} })).toBe(undefined);
  expect(restored(now, { data: { "spec.json": "{" } })).toBe(undefined);
  expect(restored(now, { data: { "spec.json": '{"version":"v2"}' } })).toBe(undefined);
});
