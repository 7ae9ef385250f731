import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { DENIABLE_CODES } from "../../crds/multus-install/spec.ts";
import { CODES } from "./codes.ts";

const source = resolve(import.meta.dirname, "../..");
/** Where findings come from. */
const PLACES = [
  "cni",
  "networks/cross-checks",
  "networks/pod-request/request.ts",
  "networks/pod-request/go-json.ts",
  "networks/request-checks",
  "networks/pod-request/default-network.ts",
  "validate",
  "render/checks.ts",
  "crds/problems.ts",
  "multus/primary-network.ts",
];

function codesIn(place: string): string[] {
  const path = join(source, place);
  const files = place.endsWith(".ts")
    ? [path]
    : readdirSync(path, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.startsWith("codes/"))
        .map((name) => join(path, name));
  return files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/"([A-Z][A-Z_]{4,})"/g)].map(([, code]) => code ?? ""),
  );
}

it("explains every code that a finding can have, in order and once in a list", () => {
  const explained = new Set(Object.values(CODES).flatMap((codes) => codes.map(({ code }) => code)));
  expect(PLACES.flatMap(codesIn).filter((code) => !explained.has(code))).toEqual([]);
  for (const codes of Object.values(CODES)) {
    const names = codes.map(({ code }) => code);
    expect(names).toEqual([...new Set(names)].toSorted());
  }
});

it("explains every code that a MultusInstall can deny as one of network configurations", () => {
  const [ofNetworks = []] = Object.values(CODES);
  const names = ofNetworks.map(({ code }) => code);
  expect(DENIABLE_CODES.filter((code) => !names.includes(code))).toEqual([]);
});
