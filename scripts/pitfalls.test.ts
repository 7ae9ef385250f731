import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";

const page = resolve(import.meta.dirname, "../docs/pitfalls.md");
const text = readFileSync(page, "utf8");
const links = [...text.matchAll(/^- \[(.+)\]\((.+)\)$/gm)].map(([, title = "", file = ""]) => ({
  title,
  file,
}));

describe("docs/pitfalls.md", () => {
  it.each(links)("names a test that exists: $title", ({ title, file }) => {
    const path = resolve(page, "..", file);
    expect(existsSync(path), file).toBe(true);
    expect(readFileSync(path, "utf8")).toContain(title);
  });

  it("shows each pitfall by a test", () => {
    const sections = text.split(/^## /m).slice(1);
    expect(
      sections.filter((section) => !/^- \[/m.test(section)).map((section) => section.split("\n")[0]),
    ).toEqual([]);
    expect(sections.length).toBeGreaterThanOrEqual(16);
  });
});
