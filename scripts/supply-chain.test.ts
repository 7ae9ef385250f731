import { expect, it } from "vitest";
import { baseProblem } from "./base-image.ts";
import { auditOf, lockProblems } from "./supply-chain.ts";

const integrity = "sha512-x";

it("takes permissive licences, and of tools the MPL too", () => {
  expect(
    lockProblems({
      "": {},
      "node_modules/a": { license: "MIT", integrity },
      "node_modules/b": { license: "(MIT OR GPL-3.0)", integrity },
      "node_modules/c": { license: "MPL-2.0", integrity, dev: true },
      "node_modules/a/node_modules/ssh2": { integrity, dev: true },
    }),
  ).toEqual([]);
});

it.each([
  [{ license: "GPL-3.0", integrity }, /licence GPL-3\.0/],
  [{ license: "MPL-2.0", integrity }, /licence MPL-2\.0/],
  [{ integrity }, /licence \(none\)/],
  [{ license: "MIT" }, /no sha512 checksum/],
  [{ license: "MIT", integrity: "sha1-x" }, /no sha512 checksum/],
])("rejects a package with %j", (entry, message) => {
  expect(lockProblems({ "node_modules/x": entry }).join()).toMatch(message);
});

it("names vulnerabilities of high severity, and says if there is no report", () => {
  const vulnerabilities = { a: { severity: "high" }, b: { severity: "low" } };
  expect(auditOf(JSON.stringify({ vulnerabilities })).problems.join()).toMatch(/^a: [^,]*$/);
  expect(auditOf(JSON.stringify({ vulnerabilities: {} }))).toEqual({ problems: [] });
  expect(auditOf('{"message":"405 Method Not Allowed"}').skipped).toBe("405 Method Not Allowed");
  expect(auditOf("").skipped).toBeDefined();
});

it("wants a base image by its digest", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  expect(baseProblem(`gcr.io/distroless/nodejs24-debian12@${digest}`, "")).toBeUndefined();
  expect(baseProblem(`gcr.io/distroless/nodejs24-debian12:nonroot@${digest}`, "")).toBeUndefined();
  for (const base of ["", "gcr.io/distroless/nodejs24-debian12:nonroot", "x@sha256:abc", "x@md5:abc"])
    expect(baseProblem(base, "")).toMatch(/make image BASE=/);
  expect(baseProblem("gcr.io/distroless/nodejs24-debian12:nonroot", "1")).toBeUndefined();
  expect(baseProblem("", "1")).toMatch(/make image BASE=/);
});
