import { expect, it } from "vitest";
import { differences, stamped } from "./translations.ts";

const guide = "# Title\n\nText.\n\n```sh name=a\nmake a\n```\n\n| a | b |\n| - | - |\n";
const translation = stamped(guide, guide.replace("Title", "标题").replace("Text", "文"), "x.md");
const differing = (source: string, translated: string) => differences(source, translated, "x.zh.md");

it("is content with a translation that was stamped with its guide", () => {
  expect(differing(guide, translation)).toEqual([]);
});

it.each([
  ["the guide", guide.replace("Text", "Other text"), translation],
  ["the translation", guide, translation.replace("文", "别的")],
])("notices that %s was changed alone", (_, source, translated) => {
  expect(differing(source, translated)).toEqual([expect.stringContaining("without the other")]);
});

it("notices another command, heading or row, stamped or not", () => {
  for (const [from, to] of [
    ["make a", "make b"],
    ["# 标题", "## 标题"],
    ["| - | - |\n", "| - | - |\n| - | - |\n"],
  ] as const) {
    const changed = stamped(guide, translation.replace(from, to), "x.md");
    expect(differing(guide, changed)).toHaveLength(1);
  }
});
