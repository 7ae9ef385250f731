import { expect, it } from "vitest";
import { rejection } from "./uninstall-guard.ts";

const HELM = { release: "mo", revision: "3", namespace: "net" };

it("names what exists, how to remove it, and how to repair the release", () => {
  expect(rejection(["multus"], HELM)).toBe(
    `MultusInstall multus exists, and only the running operator can clean its nodes.
To remove both: kubectl delete multusinstall multus; then run helm uninstall mo -n net again.
To keep the operator: helm rollback mo 3 -n net; until then helm upgrade fails with "has no deployed releases".`,
  );
  expect(rejection(["a", "b"], HELM)).toContain("MultusInstall a, b exist, and");
});
