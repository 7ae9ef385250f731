import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { loadAll } from "js-yaml";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { runCommand } from "./run.ts";

afterEach(() => vi.unstubAllEnvs());

const kubeconfig = {
  clusters: [{ name: "c", cluster: { server: "http://127.0.0.1:1", "insecure-skip-tls-verify": true } }],
  users: [{ name: "u", user: {} }],
  contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
  "current-context": "c",
};

it.each([
  ["uncaughtException", 'throw new Error("broken")'],
  ["unhandledRejection", 'void Promise.reject(new Error("broken"))'],
])(
  "ends with a fatal log line after an %s",
  async (origin, fault) => {
    const directory = mkdtempSync(join(tmpdir(), "multus-operator-run-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, "kubeconfig");
    writeFileSync(file, JSON.stringify(kubeconfig));
    const preload = `process.stdin.once("data", () => { ${fault} });`;
    const child = spawn(process.execPath, [
      ...["--import", `data:text/javascript,${encodeURIComponent(preload)}`],
      ...["dist/multus-operator.mjs", "run", "--kubeconfig", file],
      ...["--health-port", "0", "--no-leader-election"],
    ]);
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
      // It runs once it logs: whatever the machine's load, the fault comes after the start.
      if (output.includes("\n")) child.stdin.end("now");
    });
    const [code] = await once(child, "close");
    const lines = output.split("\n").filter((line) => line.startsWith("{"));
    const fatal = lines.map((line) => JSON.parse(line)).find(({ level }) => level === "fatal");
    expect(code).toBe(1);
    expect(fatal).toMatchObject({ level: "fatal", origin, err: { message: "broken" } });
  },
  60_000,
);

it("publishes its certificate under the pod's name, which is not the hostname of a pod in the node's network", () => {
  const replica = () => {
    const command = runCommand().action(() => {});
    return command.parse([], { from: "user" }).opts<{ replica: string }>().replica;
  };
  vi.stubEnv("POD_NAME", undefined);
  expect(replica()).toBe(hostname());
  vi.stubEnv("POD_NAME", "multus-operator-7d9c-x2x");
  expect(replica()).toBe("multus-operator-7d9c-x2x");

  type Container = { env: { name: string; valueFrom?: object }[] };
  type Manifest = { kind: string; spec: { template: { spec: { containers: Container[] } } } } | null;
  const manifests = loadAll(readFileSync("manifests/install.yaml", "utf8")) as Manifest[];
  const deployment = manifests.find((manifest) => manifest?.kind === "Deployment");
  expect(deployment?.spec.template.spec.containers[0]?.env).toContainEqual({
    name: "POD_NAME",
    valueFrom: { fieldRef: { fieldPath: "metadata.name" } },
  });
});
