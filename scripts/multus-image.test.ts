import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { load } from "js-yaml";
import { expect, it } from "vitest";
import { parseMultusInstall } from "../src/crds/multus-install/multus-install.ts";
import { chooseTool } from "./multus-image/tools.ts";
import { variantFor } from "./multus-image.ts";

const root = resolve(import.meta.dirname, "..");

it.each([
  ["v3.4.2", "distribution"],
  ["v3.4.2", "small"],
  ["v4.3.0", "thin"],
  ["v4.3.0", "thick"],
])("%s, variant %s, ends on a stage of a Dockerfile whose base may be another", (version, variant) => {
  const { dockerfile, target, baseArgument } = variantFor({ version, variant });
  const text = readFileSync(join(root, dockerfile), "utf8");
  expect(text).toContain(`ARG ${baseArgument}=`);
  expect(text).toContain(`FROM \${${baseArgument}} AS ${target}\n`);
});

it.each([
  [{ version: "", variant: "" }, "VERSION and VARIANT are required"],
  [
    { version: "v3.4.1", variant: "small" },
    "VERSION=v3.4.1 cannot be built: go.mod in test/cluster/tools/multus-v3 pins v3.4.2",
  ],
  [{ version: "v4.3.0", variant: "small" }, "VARIANT=small does not exist for v4.3.0"],
])("says of %o what there is", (request, message) => {
  expect(() => variantFor(request)).toThrow(message);
  expect(() => variantFor(request)).toThrow("make multus-image VERSION=v3.4.2 VARIANT=distribution");
});

it("rejects a tool that it does not know", () => {
  expect(() => chooseTool("podman")).toThrow("TOOL=podman is not supported; use docker or buildah");
});

it("prints the layout of the small image that the sample for it has", () => {
  const sample = readFileSync(join(root, "manifests/samples/multusinstall-v3.4-calico-small.yaml"), "utf8");
  const parsed = parseMultusInstall(load(sample) as object);
  expect(parsed.ok && parsed.value.spec.image.layout).toEqual(
    load(variantFor({ version: "v3.4.2", variant: "small" }).layout),
  );
});
