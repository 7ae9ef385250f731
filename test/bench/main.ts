/**
 * Runs all benchmarks and writes what they print into docs/performance.md, good or bad: make bench, or
 * make bench SIZES=20000 MINUTES=5 for a shorter run. Root, for cgroups. BENCHES="scale check" runs only those, and keeps
 * what the file has of the others.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const FILE = join(ROOT, "docs/performance.md");
const {
  SIZES = "",
  LIMIT_AT = "",
  INFORMERS = "",
  BENCHES = "",
  MINUTES = "",
  REST_SECONDS = "",
} = process.env;

interface Bench {
  name: string;
  title: string;
  args: string[];
  /** It prints Markdown. */
  isMarkdown?: true;
}

const scaleArgs = [...(SIZES ? ["--sizes", SIZES] : []), ...(INFORMERS ? ["--informers", INFORMERS] : [])];
const ALL: readonly Bench[] = [
  { name: "scale", title: "Many pods, next to client-go's informers", args: scaleArgs, isMarkdown: true },
  {
    name: "limit",
    title: "150,000 pods within the chart's memory limit",
    args: LIMIT_AT ? [LIMIT_AT] : [],
    isMarkdown: true,
  },
  { name: "growth", title: "Memory and start by number of pods and nodes", args: [], isMarkdown: true },
  { name: "heap", title: "Where the memory is", args: [], isMarkdown: true },
  { name: "install", title: "From a MultusInstall to its objects", args: [], isMarkdown: true },
  {
    name: "rest",
    title: "Requests at rest",
    args: REST_SECONDS ? [REST_SECONDS] : [],
    isMarkdown: true,
  },
  { name: "failover", title: "Another replica leads", args: [], isMarkdown: true },
  {
    name: "soak",
    title: "Memory over time, with restarts of the API server",
    args: MINUTES ? ["--minutes", MINUTES] : [],
    isMarkdown: true,
  },
  { name: "admission", title: "The admission webhook", args: [] },
  { name: "check", title: "The checker of NADs", args: [] },
  { name: "validate", title: "`multus-operator validate`", args: [] },
];
const chosen = ALL.filter(({ name }) => BENCHES === "" || BENCHES.split(/[ ,]+/).includes(name));

for (const bench of chosen) {
  process.stderr.write(`${bench.name}: node test/bench/${bench.name}.ts ${bench.args.join(" ")}\n`);
  const output = await run(bench);
  const text = bench.isMarkdown ? output.trim() : `\`\`\`text\n${output.trim()}\n\`\`\``;
  // Read only now: another run may have written its own sections meanwhile.
  const before = existsSync(FILE) ? readFileSync(FILE, "utf8") : "";
  const sections = new Map(ALL.map(({ name }) => [name, sectionOf(before, name)]));
  sections.set(bench.name, `${text}\n\n${footer(bench)}`);
  const all = ALL.map(({ name, title }) => section(title, name, sections.get(name)));
  writeFileSync(FILE, `${head(before)}\n${all.join("\n")}`);
}

execFileSync(join(ROOT, "node_modules/.bin/biome"), ["format", "--write", FILE], { stdio: "ignore" });

function section(title: string, name: string, text = "Not measured yet."): string {
  return `<!-- ${name} -->\n## ${title}\n\n${text}\n<!-- end of ${name} -->\n`;
}

function sectionOf(text: string, name: string): string | undefined {
  const found = new RegExp(`<!-- ${name} -->\\n## .*\\n\\n([\\s\\S]*?)\\n<!-- end of ${name} -->`).exec(text);
  return found?.[1];
}

/** What people wrote above the first section stays. */
function head(text: string): string {
  const end = text.indexOf("<!-- ");
  return end < 0 ? "# Performance\n" : text.slice(0, end).trimEnd().concat("\n");
}

function footer({ name, args }: Bench): string {
  const command = ["node", `test/bench/${name}.ts`, ...args].join(" ");
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const machine = `${availableParallelism()} cores of ${cpus()[0]?.model ?? "an unknown CPU"}, ${memory}`;
  return `Measured by \`${command}\` on ${machine}, Linux ${release()}, Node ${process.version}, commit ${revision()}.`;
}

function revision(): string {
  return execFileSync("git", ["describe", "--always", "--abbrev=12", "--exclude=*"], {
    cwd: ROOT,
    encoding: "utf8",
  }).trim();
}

/** The standard output of a benchmark; its progress is shown. */
function run({ name, args }: Bench): Promise<string> {
  const child = spawn(process.execPath, [join(ROOT, `test/bench/${name}.ts`), ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) =>
      code === 0 ? resolve(output) : reject(new Error(`${name} failed (exit ${code})`)),
    );
  });
}
