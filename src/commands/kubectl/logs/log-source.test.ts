import { expect, it } from "vitest";
import { multusInstallSpec } from "../../../crds/multus-install/spec.ts";
import { logSourceOf } from "./log-source.ts";

const LOG = { file: "/opt/cni/log/multus.log", hostDir: "/opt/cni/log" };

it.each([
  [{ logging: LOG }, false, "file"],
  [{ version: "v3.4.2", logging: LOG }, false, "file"],
  [{ mode: "Thick", logging: { ...LOG, toStderr: true } }, false, "file"],
  [{ mode: "Thick" }, false, "pod"],
  [{ mode: "Thick", logging: { toStderr: false } }, false, "nothing"],
  [{}, false, "nothing"],
  [{ logging: { file: LOG.file } }, false, "nothing"],
  [{ logging: LOG }, true, "pod"],
] as const)("takes the log of %j (pod wanted: %s) from: %s", (spec, podWanted, from) => {
  expect(logSourceOf(multusInstallSpec.parse(spec), podWanted).from).toBe(from);
});
