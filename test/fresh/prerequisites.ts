import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const README = resolve(import.meta.dirname, "../../README.md");

/** The Debian packages that a reader of README installs first: those of its one `apt-get install` line. */
export function prerequisites(readme = readFileSync(README, "utf8")): string[] {
  const [, packages = ""] = /^apt-get install ((?:[a-z0-9][a-z0-9.+-]* ?)+)$/m.exec(readme) ?? [];
  if (packages === "") throw new Error("README has no line `apt-get install PACKAGE…`");
  return packages.trim().split(" ");
}
