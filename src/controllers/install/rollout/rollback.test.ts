import { expect, it } from "vitest";
import { MULTUS_INSTALL_API_VERSION, multusInstall } from "../../../crds/multus-install/multus-install.ts";
import type { UnhealthyReason } from "../../../diagnosis/unhealthy-reasons.ts";
import { isSameSpec, lastComplete } from "../../../render/last-complete.ts";
import { isOfTheSpec } from "./rollback.ts";

const fault = (reason: UnhealthyReason) => ({ node: "a", reason, message: "" });

it.each([
  ["that only waits", [], true],
  ["that fails", [fault("CrashLoopBackOff")], true],
  ["that fails, on a cluster with a node that is down", [fault("NodeNotReady"), fault("FailedMount")], true],
  ["that waits for a node that is down", [fault("NodeNotReady")], false],
  ["that waits for a pod that does not end", [fault("StuckTerminating")], false],
])("a rollout %s may be fixed by another spec: %s", (_, unhealthy, expected) => {
  expect(isOfTheSpec({ unhealthy })).toBe(expected);
});

it("knows a spec that was complete once, however it was rolled out", () => {
  const install = (spec: object) =>
    lastComplete(
      multusInstall.parse({
        apiVersion: MULTUS_INSTALL_API_VERSION,
        kind: "MultusInstall",
        metadata: { name: "multus" },
        spec,
      }),
    );
  const kept = install({ version: "v4.3.0" });
  expect(isSameSpec(kept, install({ version: "v4.3.0", rollout: { rollback: true } }))).toBe(true);
  expect(isSameSpec(kept, install({ version: "v4.2.4" }))).toBe(false);
  expect(isSameSpec(undefined, kept)).toBe(false);
});
