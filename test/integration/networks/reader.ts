import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { cacheDirectory } from "../../cluster/cache.ts";

/** What Multus' own code makes of an annotation; see reader/main.go. */
export interface Answer {
  /** Empty where it is content. */
  error: string;
  networks?: RealNetwork[];
  status?: RealStatus[];
}

export interface RealNetwork {
  name: string;
  namespace: string;
  interface: string;
  ips: string[] | null;
  mac: string;
  guid: string;
  deviceId: string;
  portMappings: { hostPort: number; containerPort: number; protocol?: string; hostIP?: string }[] | null;
  bandwidth: object | null;
  cniArgs: string[] | null;
  gateways: string[] | null;
  hasGateways: boolean;
}

export interface RealStatus {
  name: string;
  interface?: string;
  ips?: string[];
  mac?: string;
  mtu?: number;
  default?: boolean;
  dns?: object;
  "device-info"?: Record<string, unknown>;
  gateway?: string[];
}

const run = promisify(execFile);

/** Builds the reader (Go caches what does not change). Its path. */
export async function buildReader(): Promise<string> {
  const path = cacheDirectory("bin", "annotation-reader");
  mkdirSync(dirname(path), { recursive: true });
  await run("go", ["build", "-p", "1", "-trimpath", "-buildvcs=false", "-o", path, "."], {
    cwd: join(import.meta.dirname, "reader"),
    env: { ...process.env, CGO_ENABLED: "0" },
  });
  return path;
}

/** Asks Multus' code about each annotation. */
export async function ask(
  reader: string,
  kind: "request" | "status",
  annotations: readonly string[],
): Promise<Answer[]> {
  return await questions(
    reader,
    annotations.map((annotation) => ({ annotation, status: kind === "status" })),
  );
}

/** Asks Multus' code whether a pod of namespace "apps" may use a NAD of another, isolation being on. */
export async function askIsolation(
  reader: string,
  cases: readonly { namespace: string; globalNamespaces: string }[],
): Promise<boolean[]> {
  const answers = await questions(
    reader,
    cases.map(({ namespace, globalNamespaces }) => ({
      annotation: JSON.stringify([{ name: "net", namespace }]),
      isolation: globalNamespaces,
    })),
  );
  return answers.map(({ error }) => !error.includes("namespace isolation enabled"));
}

async function questions(reader: string, asked: readonly object[]): Promise<Answer[]> {
  const running = run(reader, [], { maxBuffer: 1 << 28 });
  const lines = asked.map((question) => `${JSON.stringify(question)}\n`);
  running.child.stdin?.end(lines.join(""));
  const { stdout } = await running;
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
}
