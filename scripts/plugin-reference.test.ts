import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { CAUSES } from "../src/networks/explain/cause-codes.ts";
import { pluginReference } from "./plugin-reference.ts";

/** With these nothing is to be repaired. */
const NO_FAULT = ["ATTACHED", "NO_REQUEST", "ENDED", "STARTING"];

it("shows the help of every command, with its examples, the same each time", () => {
  const reference = pluginReference();
  for (const command of ["status", "networks", "pods", "explain", "logs", "validate"])
    expect(reference).toMatch(
      new RegExp(`## kubectl multus ${command}\n\n\`\`\`\nUsage: kubectl multus ${command} [^]*?Examples:`),
    );
  expect(pluginReference()).toBe(reference);
});

it("is joined by a guide that knows every code, and no other", () => {
  const guide = readFileSync(resolve(import.meta.dirname, "../docs/guides/troubleshoot.md"), "utf8");
  const named = [...guide.matchAll(/`([A-Z]+(?:_[A-Z]+)*)`/g)].map(([, code]) => code ?? "");
  const faults = Object.keys(CAUSES).filter((code) => !NO_FAULT.includes(code));
  expect([...new Set(named)].filter((code) => code.includes("_")).toSorted()).toEqual(
    faults.filter((code) => code.includes("_")).toSorted(),
  );
  for (const code of faults) expect(named).toContain(code);
});
