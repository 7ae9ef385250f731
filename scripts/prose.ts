/**
 * Checks the project's language (docs/style.md) with textlint: pages, comments of the chart, and the string
 * literals of src that are sentences (messages, help, conditions, schema descriptions). Exits 1 and names file,
 * line, words and suggestion for each finding.
 *
 *   node scripts/prose.ts               everything
 *   node scripts/prose.ts src/cni …     below these paths only; with --comments also the comments of the code
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { TextlintKernel, type TextlintKernelOptions } from "@textlint/kernel";
import markdown from "@textlint/textlint-plugin-markdown";
import text from "@textlint/textlint-plugin-text";
import jsTokens from "js-tokens";
import { load } from "js-yaml";
import terminology from "textlint-rule-terminology";
import { z } from "zod";

const termList = z.array(z.strictObject({ avoid: z.string(), use: z.string() }));
const TERMS = termList.parse(load(readFileSync(new URL("prose-terms.yaml", import.meta.url), "utf8")));
/** Pages that other rules govern: translations, and what is generated from schema descriptions and tables in src. */
const LEFT_OUT = /\.zh\.md$|^docs\/(reference|equivalence)|^LICENSE|package-lock|\.test\.ts$/;

const args = process.argv.slice(2);
const withComments = args.includes("--comments");
const places = args.filter((arg) => !arg.startsWith("--"));
const kernel = new TextlintKernel();
let findings = 0;

for (const file of filesBelow(places)) {
  const source = readFileSync(file, "utf8");
  const ext = extname(file) === ".md" ? ".md" : ".txt";
  const result = await kernel.lintText(proseOf(file, source), options(file, ext));
  for (const { line, message } of result.messages) process.stderr.write(`${file}:${line}: ${message}\n`);
  findings += result.messages.length;
}
if (findings > 0) process.stderr.write(`${findings} findings; docs/style.md shows what to write instead\n`);
process.exitCode = findings > 0 ? 1 : 0;

function filesBelow(paths: readonly string[]): string[] {
  const patterns = ["*.md", "charts/**/*.yaml", "charts/**/*.tpl", "charts/**/*.txt", "src/**/*.ts"];
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", ...patterns], {
    encoding: "utf8",
  });
  const files = listed
    .split("\n")
    .filter((name) => name !== "" && !LEFT_OUT.test(name) && !name.includes("/crds/multus-operator"));
  if (paths.length === 0) return files;
  return files.filter((name) =>
    paths.some((path) => name === path || name.startsWith(`${path.replace(/\/$/, "")}/`)),
  );
}

/** The prose of a file with all else blanked, so that lines stay where they are. */
function proseOf(file: string, source: string): string {
  if (file.endsWith(".md")) return source;
  if (file.endsWith(".ts")) return proseOfCode(source);
  return source
    .split("\n")
    .map(
      (line) =>
        /^\s*#\s?(.*)$/.exec(line)?.[1] ?? (file.endsWith(".txt") ? line.replace(/\{\{.*?\}\}/g, "…") : ""),
    )
    .join("\n");
}

function proseOfCode(source: string): string {
  let prose = "";
  for (const token of jsTokens(source)) {
    const { type, value } = token;
    const isSentence = /[a-z)`'}] [a-z]/i.test(value);
    const isComment = type === "MultiLineComment" || type === "SingleLineComment";
    const isText =
      type === "StringLiteral" || type.startsWith("NoSubstitutionTemplate") || type.startsWith("Template");
    const isKept = isSentence && (isComment ? withComments : isText);
    prose += isKept ? value.replace(/[`"'{}$*/]/g, " ") : value.replace(/[^\n]/g, "");
  }
  return prose;
}

function options(filePath: string, ext: string): TextlintKernelOptions {
  const terms = TERMS.map(({ avoid, use }) => [
    `(?<![-\\w/])(?:${avoid.replaceAll(" ", "\\s+")})(?![-\\w])`,
    use,
  ]);
  return {
    filePath,
    ext,
    plugins: [
      { pluginId: "markdown", plugin: markdown.default },
      { pluginId: "text", plugin: text.default },
    ],
    rules: [
      {
        ruleId: "terminology",
        rule: terminology,
        options: { defaultTerms: false, terms, skip: ["BlockQuote", "Code", "CodeBlock", "Link"] },
      },
    ],
  };
}
