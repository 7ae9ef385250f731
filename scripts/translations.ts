/**
 * Checks that a guide and its translation change together: docs/guides/x.zh.md carries a stamp of both texts,
 * and has the same commands, tables and headings as docs/guides/x.md. Exits 1 and says what differs; with
 * --stamp it writes the stamps, once the texts say the same again.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

const STAMP = /^<!-- Translation of (\S+); stamp ([0-9a-f]{16}) -->\n/;
const TRANSLATED = /\.zh\.md$/;

/** What differs between a text and its translation, a sentence each. */
export function differences(source: string, translation: string, name: string): string[] {
  const found: string[] = [];
  const stamp = STAMP.exec(translation);
  if (stamp?.[2] !== stampOf(source, translation))
    found.push(
      `${name}: the guide or its translation was changed without the other; when both say the same, run \`npm run translations\``,
    );
  for (const [what, partsOf] of Object.entries(PARTS)) {
    const [here, there] = [partsOf(source), partsOf(translation)];
    const at = here.findIndex((part, index) => part !== there[index]);
    if (at >= 0) found.push(`${name}: ${what} ${at + 1} differs: ${JSON.stringify(here[at])}`);
    else if (there.length > here.length) found.push(`${name}: it has more ${what}s than the guide`);
  }
  return found;
}

/** What a translation leaves as it is. */
const PARTS: Record<string, (text: string) => string[]> = {
  block: (text) => [...text.matchAll(/^```[\s\S]*?^```$/gm)].map(([block]) => block),
  heading: (text) => [...text.matchAll(/^(#+) /gm)].map(([, level = ""]) => level),
  // The first cell may be prose; how many there are is not.
  row: (text) => [...text.matchAll(/^\|.*\|$/gm)].map(([row]) => String(row.split("|").length)),
};

/** The translation with the stamp of both texts as they are. */
export function stamped(source: string, translation: string, name: string): string {
  const body = translation.replace(STAMP, "");
  return `<!-- Translation of ${name}; stamp ${stampOf(source, body)} -->\n${body}`;
}

function stampOf(source: string, translation: string): string {
  const texts = `${source}\0${translation.replace(STAMP, "")}`;
  return createHash("sha256").update(texts).digest("hex").slice(0, 16);
}

function main(directory: string, stamp: boolean): number {
  let wrong = 0;
  for (const file of readdirSync(directory).filter((name) => TRANSLATED.test(name))) {
    const name = file.replace(TRANSLATED, ".md");
    const source = readFileSync(join(directory, name), "utf8");
    const path = join(directory, file);
    if (stamp) writeFileSync(path, stamped(source, readFileSync(path, "utf8"), name));
    const found = differences(source, readFileSync(path, "utf8"), file);
    for (const difference of found) process.stderr.write(`${difference}\n`);
    wrong += found.length;
  }
  return wrong;
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { stamp: { type: "boolean", default: false } } });
  const directory = join(resolve(import.meta.dirname, ".."), "docs/guides");
  process.exitCode = main(directory, values.stamp) > 0 ? 1 : 0;
}
