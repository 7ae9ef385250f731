import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Definition, describedFields } from "../../scripts/field-table.ts";
import { settingsOf } from "../../scripts/multus-settings.ts";
import { customResourceDefinitions } from "../../src/crds/definitions.ts";
import { FIXED_KEYS } from "../../src/multus/daemon-config.ts";
import { FLAGS, hasFlag, REJECTED_FLAGS } from "../../src/multus/entrypoint-flags.ts";
import { moduleDirectory } from "../cluster/binaries.ts";

/** The tables of flags and keys against the sources of the Multus releases that the tests run. */

const V4 = () => moduleDirectory("multus-v4", "gopkg.in/k8snetworkplumbingwg/multus-cni.v4");
const V3 = () => moduleDirectory("multus-v3", "gopkg.in/intel/multus-cni.v3");

/** @param part of the file that counts; all of it without */
function found(file: string, pattern: RegExp, part = /.*/s): string[] {
  const [text = ""] = part.exec(readFileSync(file, "utf8")) ?? [];
  const names = [...text.matchAll(pattern)].map(([, name = ""]) => name);
  expect(names.length, `matches of ${pattern} in ${file}`).toBeGreaterThan(3);
  return names.toSorted();
}

const named = (flags: typeof FLAGS) => flags.map(({ name }) => name);

it("knows each flag of v4.3.0's thin_entrypoint, and no other", () => {
  const flags = found(join(V4(), "cmd/thin_entrypoint/main.go"), /fs\.(?:String|Bool)Var\([^"]*"([a-z-]+)"/g);
  const known = [...named(FLAGS.filter((flag) => hasFlag("v4.3.0", flag))), ...Object.keys(REJECTED_FLAGS)];
  expect(known.toSorted()).toEqual(flags);
});

it("knows each flag of v3.4.2's entrypoint.sh, and gives it no other", () => {
  const flags = found(join(V3(), "images/entrypoint.sh"), /^ {8}--([a-z-]+)\)$/gm);
  const known = named(FLAGS.filter((flag) => hasFlag("v3.4.2", flag)));
  expect(known.toSorted()).toEqual(flags);
});

it("names a key of the daemon's configuration only if v4.3.0 reads it", () => {
  const files = ["pkg/types/types.go", "pkg/server/types.go", "pkg/server/config/generator.go"];
  const keys = files.flatMap((file) => found(join(V4(), file), /json:"([A-Za-z]+)/g));
  const logOptions = found(join(V4(), "pkg/logging/logging.go"), /json:"([A-Za-z]+)/g);
  const certificate = found(
    join(V4(), "pkg/server/types.go"),
    /json:"([A-Za-z]+)/g,
    /type PerNodeCertificate struct \{[^}]*\}/,
  );
  const nested = { logOptions, perNodeCertificate: certificate };
  const within = Object.entries(nested).flatMap(([key, names]) => names.map((name) => `${key}.${name}`));
  const known = [...keys, ...within];
  const fields = describedFields(customResourceDefinitions()[0] as unknown as Definition);
  const ours = [...fields.flatMap((field) => settingsOf(field).thick), ...Object.keys(FIXED_KEYS)];
  expect(ours.filter((key) => !known.includes(key))).toEqual([]);
});
