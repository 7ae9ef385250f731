import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { cacheDirectory } from "../../cluster/cache.ts";

/** What kubectl makes of a file; see reader/main.go. */
export interface Answer {
  documents: unknown[];
  /** Empty if it reads all. */
  error: string;
}

const run = promisify(execFile);

/** Builds the reader (Go caches what does not change). Its path. */
export async function buildReader(): Promise<string> {
  const path = cacheDirectory("bin", "yaml-reader");
  mkdirSync(dirname(path), { recursive: true });
  await run("go", ["build", "-p", "1", "-trimpath", "-buildvcs=false", "-o", path, "."], {
    cwd: join(import.meta.dirname, "reader"),
    env: { ...process.env, CGO_ENABLED: "0" },
  });
  return path;
}

/** Asks kubectl's code about each file. */
export async function ask(reader: string, files: readonly Uint8Array[]): Promise<Answer[]> {
  const running = run(reader, [], { maxBuffer: 1 << 30 });
  running.child.stdin?.end(
    files.map((file) => `${JSON.stringify(Buffer.from(file).toString("base64"))}\n`).join(""),
  );
  const { stdout } = await running;
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}
