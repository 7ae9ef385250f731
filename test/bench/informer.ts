import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { cacheDirectory } from "../cluster/cache.ts";

/** What the program keeps of a pod; see informer/main.go. */
export const INFORMER_MODES = ["metadata", "stripped", "typed"] as const;
export type InformerMode = (typeof INFORMER_MODES)[number];

/** Builds the client-go informer program (Go caches what does not change). Returns its path. */
export async function buildInformer(): Promise<string> {
  const path = cacheDirectory("bin", "informer");
  mkdirSync(dirname(path), { recursive: true });
  const args = ["build", "-p", "1", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", path, "."];
  await promisify(execFile)("go", args, {
    cwd: join(import.meta.dirname, "informer"),
    env: { ...process.env, CGO_ENABLED: "0" },
  });
  return path;
}
