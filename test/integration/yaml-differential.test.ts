/**
 * Our reader of YAML against kubectl's (apimachinery's stream decoder over sigs.k8s.io/yaml): on files of Multus,
 * whereabouts and this repository, on shapes written by hand, and on generated text. What both read has the same
 * value, and what one rejects the other does; DIFFERENCES lists by kind where they differ, with the reason.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { decodeYaml } from "../../src/yaml/decode.ts";
import { readYamlDocuments } from "../../src/yaml/documents.ts";
import { YamlError } from "../../src/yaml/errors.ts";
import { moduleDirectory } from "../cluster/binaries.ts";
import { damaged, pieces, scalars, written } from "./yaml/generated.ts";
import { type Answer, ask, buildReader } from "./yaml/reader.ts";
import { BY_HAND, BYTES } from "./yaml/written-by-hand.ts";

// The same cases each time, so that a red run is this change's; another seed explores.
const CASES = Number(process.env.MULTUS_OPERATOR_YAML_CASES ?? 6_000);
const SEED = Number(process.env.MULTUS_OPERATOR_YAML_SEED ?? 3);
const root = resolve(import.meta.dirname, "../..");

/** Where we reject what kubectl reads. What it rejects we reject, too. */
const DIFFERENCES: readonly { message: RegExp; reason: string; example: string | Buffer }[] = [
  {
    message: /nested deeper than 500 levels/,
    reason: "kubectl reads 10,000; no object has so many, and what works on one recurses",
    example: "[".repeat(600) + "]".repeat(600),
  },
  {
    message: /aliases repeat more text/,
    reason: "kubectl shares the text, and what prints it does not",
    example: `a: &a ${"x".repeat(1 << 20)}\nb: [${Array(40).fill("*a").join(",")}]\n`,
  },
  {
    message: /not UTF-8/,
    reason: "kubectl hands JSON on as it is, and the API server rejects it",
    example: Buffer.from('{"a": "\xff"}', "latin1"),
  },
  {
    message: /is UTF-16/,
    reason: "libyaml reads it, and kubectl splits its lines by bytes before: it works by chance, if at all",
    example: Buffer.from("\ufeffa: 1\n", "utf16le").swap16(),
  },
  {
    message: /two byte order marks/,
    reason:
      "kubectl skips both, and then the first character of each further line: it reads one line by chance",
    example: "\ufeff\ufeffa: 1\n",
  },
  {
    message: /a number is too large/,
    reason: "kubectl hands JSON on as it is, and the API server rejects it",
    example: '{"a": 1e400}',
  },
];

let reader = "";
beforeAll(async () => {
  reader = await buildReader();
});

interface Reading {
  documents: unknown[];
  error: string;
}

function ours(file: Uint8Array): Reading {
  const documents: unknown[] = [];
  try {
    for (const document of readYamlDocuments(decodeYaml(file))) {
      if ("error" in document) return { documents, error: document.error.message };
      if (document.value !== null) documents.push(document.value);
    }
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    return { documents, error: error.message };
  }
  return { documents, error: "" };
}

/** kubectl drops the document before a wrong separator unread: of rejected files the beginning is compared. */
function agree(mine: Reading, real: Answer): boolean {
  if ((mine.error === "") !== (real.error === "")) return false;
  const documents = mine.error === "" ? mine.documents : mine.documents.slice(0, real.documents.length);
  return isDeepStrictEqual(documents, real.documents);
}

async function compare(files: readonly (string | Uint8Array)[]) {
  const bytes = files.map((file) => (typeof file === "string" ? Buffer.from(file) : file));
  const answers = await ask(reader, bytes);
  expect(answers).toHaveLength(files.length);
  const readings = bytes.map(ours);
  const disagreements = readings.flatMap((mine, i) => {
    const real = answers[i] ?? { documents: [], error: "no answer" };
    return agree(mine, real)
      ? []
      : [
          {
            file: Buffer.from(bytes[i] ?? "")
              .toString()
              .slice(0, 300),
            mine,
            real,
          },
        ];
  });
  return { disagreements, read: readings.filter(({ error }) => error === "").length };
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => !name.includes("node_modules") && !name.includes("vendor/"))
    .map((name) => join(directory, name));
}

/** YAML and JSON files, and the YAML that guides show. */
function realFiles(): string[] {
  const sources = [
    moduleDirectory("multus-v4", "gopkg.in/k8snetworkplumbingwg/multus-cni.v4"),
    moduleDirectory("multus-v3", "gopkg.in/intel/multus-cni.v3"),
    join(root, "manifests"),
    join(root, "charts"),
    join(root, "docs"),
    join(root, "test/cases"),
  ].flatMap(filesBelow);
  const manifests = sources.filter((name) => /\.(ya?ml|json)(\.j2)?$/.test(name));
  const shown = sources
    .filter((name) => name.endsWith(".md"))
    .flatMap((name) => [...readFileSync(name, "utf8").matchAll(/^```[^\n]*\n(.*?)^```/gms)])
    .flatMap(([, block = ""]) => [
      block,
      ...[...block.matchAll(/<<-?\s*'?"?EOF'?"?[^\n]*\n(.*?)^EOF/gms)].map(([, text = ""]) => text),
    ]);
  return [...manifests.map((name) => readFileSync(name, "utf8")), ...shown];
}

it("reads real files as kubectl does", async () => {
  const files = realFiles();
  const { disagreements, read } = await compare(files);
  expect(disagreements.slice(0, 5)).toEqual([]);
  expect(read).toBeGreaterThan(100);
});

it("reads what is written by hand as kubectl does", async () => {
  const { disagreements, read } = await compare([...BY_HAND, ...BYTES]);
  expect(disagreements).toEqual([]);
  expect(read).toBeGreaterThan(BY_HAND.length / 2);
});

it.each([
  ["pieces of YAML", pieces, 0.2],
  ["scalars", scalars, 0.5],
  ["values that js-yaml writes", written, 0.9],
])(`reads ${CASES} generated texts as kubectl does: %s (seed ${SEED})`, async (_, generated, least) => {
  const files = fc.sample(generated, { numRuns: CASES, seed: SEED });
  const { disagreements, read } = await compare(files);
  expect(disagreements.slice(0, 5)).toEqual([]);
  expect(read).toBeGreaterThan(CASES * least);
});

it(`reads ${CASES} damaged files as kubectl does (seed ${SEED})`, async () => {
  const files = realFiles().filter((file) => file.length < 8_000);
  const { disagreements, read } = await compare(fc.sample(damaged(files), { numRuns: CASES, seed: SEED }));
  expect(disagreements.slice(0, 5)).toEqual([]);
  expect(Math.min(read, CASES - read)).toBeGreaterThan(CASES / 10);
});

it.each(DIFFERENCES)("differs by decision: $reason", async ({ message, example }) => {
  const file = typeof example === "string" ? Buffer.from(example) : example;
  const [real] = await ask(reader, [file]);
  expect(real?.error).toBe("");
  expect(ours(file).error).toMatch(message);
});

it("rejects aliases that multiply as kubectl does", async () => {
  const levels = (depth: number) =>
    [
      "l0: &l0 [x,x,x,x,x,x,x,x,x]",
      ...Array.from(
        { length: depth },
        (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(",")}]`,
      ),
    ].join("\n");
  const files = [1, 2, 3, 4, 5, 6, 9, 30].map(levels);
  const { disagreements, read } = await compare(files);
  expect(disagreements).toEqual([]);
  expect(read).toBeGreaterThan(1);
  expect(read).toBeLessThan(files.length - 1);
});
