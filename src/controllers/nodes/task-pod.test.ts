import { execFileSync, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { decodeMessage } from "../../node/message.ts";
import { type NodeTask, taskPod } from "./task-pod.ts";

const root = resolve(import.meta.dirname, "../../..");
const OWNER = { name: "multus", uid: "8a6e0b0c", namespace: "kube-system", pullSecrets: [] };
const PLACES = { node: "node-1", confDir: "/etc/cni/net.d" };
const CLEAN: NodeTask = {
  ...{ kind: "clean", binDir: "/opt/cni/bin", since: "2026-01-01T00:00:00Z" },
  ...PLACES,
};
const INSPECT: NodeTask = { kind: "inspect", binDirs: ["/opt/cni/bin"], ...PLACES };
const PLUGINS: NodeTask = {
  ...{ kind: "plugins", node: "node-1", binDir: "/opt/cni/bin", plugins: ["macvlan", "static"] },
  image: { reference: "example/plugins:1", pullPolicy: "Always", pullSecrets: ["theirs"] },
};
const RELEASE: NodeTask = { kind: "release", node: "node-1" };
let host: string;

beforeAll(() => {
  host = mkdtempSync(join(tmpdir(), "task-pod-"));
});
afterAll(() => rmSync(host, { recursive: true }));

interface Container {
  args: string[];
  securityContext: { capabilities: { drop: string[]; add?: string[] } };
}

function containerOf(task: NodeTask): Container {
  const pod = taskPod(task, OWNER, { reference: "operator", pullPolicy: "Always", pullSecrets: [] });
  const [container] = (pod.spec as { containers: Container[] }).containers;
  if (!container) throw new Error("no container");
  return container;
}

it("gives only the pods that clean, and those that install plugins, a capability", () => {
  const tasks = [INSPECT, CLEAN, RELEASE, PLUGINS];
  const added = tasks.map((task) => containerOf(task).securityContext.capabilities);
  const writes = { drop: ["ALL"], add: ["DAC_OVERRIDE"] };
  expect(added).toEqual([{ drop: ["ALL"] }, writes, { drop: ["ALL"] }, writes]);
});

it("shows a foreign image nothing of the host, and mounts one directory where plugins are installed", () => {
  const pod = taskPod(PLUGINS, OWNER, { reference: "operator", pullPolicy: "Always", pullSecrets: ["own"] });
  expect(pod.spec).toMatchObject({
    imagePullSecrets: [{ name: "own" }, { name: "theirs" }],
    initContainers: [
      {
        image: "example/plugins:1",
        securityContext: { runAsNonRoot: true, capabilities: { drop: ["ALL"] } },
        volumeMounts: [{ name: "programs", mountPath: "/plugins" }],
      },
    ],
    containers: [
      {
        image: "operator",
        volumeMounts: [
          { name: "host-0", mountPath: "/host/opt/cni/bin" },
          { name: "programs", mountPath: "/plugins", readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: "host-0", hostPath: { path: "/opt/cni/bin" } },
      { name: "programs", emptyDir: { sizeLimit: "512Mi" } },
    ],
  });
  expect(containerOf(PLUGINS).args).toEqual([
    ...["node", "plugins", "--node", "node-1", "--host", "/host", "--bin-dir", "/opt/cni/bin"],
    ...["--image", "example/plugins:1", "--plugins", "macvlan,static"],
  ]);
});

/** To drop capabilities as a runtime does. */
const isAble = process.getuid?.() === 0 && existsSync("/usr/bin/setpriv");

/**
 * Root without DAC_OVERRIDE is an other to them: kubespray gives both directories to the user kube, and the archive of the CNI
 * plugins gave /opt/cni/bin to the uid that it was packed with (containernetworking/plugins #1053).
 */
it.skipIf(!isAble)("cleans directories that root does not own (needs root and setpriv)", () => {
  const files = { "etc/cni/net.d": "00-multus.conf", "opt/cni/bin": "multus" };
  for (const [directory, name] of Object.entries(files)) {
    mkdirSync(join(host, directory), { recursive: true, mode: 0o755 });
    writeFileSync(join(host, directory, name), '{"type":"multus"}', { mode: 0o755 });
    chownSync(join(host, directory), 1001, 127);
  }
  const { args, securityContext } = containerOf(CLEAN);
  const bounding = [
    "-all",
    ...(securityContext.capabilities.add ?? []).map((name) => `+${name.toLowerCase()}`),
  ];
  const message = join(host, "message");
  const program = [join(root, "node_modules/.bin/node"), join(root, "dist/multus-operator.mjs")];
  const own = args.map((arg) => (arg === "/host" ? host : arg));
  const { status } = spawnSync("/usr/bin/setpriv", [
    ...[`--bounding-set=${bounding.join(",")}`, "--inh-caps=-all", ...program, ...own],
    ...["--message", message],
  ]);
  const report = decodeMessage(execFileSync("cat", [message], { encoding: "utf8" }));
  expect(report).toMatchObject({ problems: [] });
  expect(status).toBe(0);
  expect(Object.keys(files).flatMap((directory) => readdirSync(join(host, directory)))).toEqual([]);
});

it("cleans what whereabouts wrote only if the install had it", () => {
  expect(containerOf(CLEAN).args).not.toContain("--whereabouts");
  expect(containerOf({ ...CLEAN, whereabouts: true }).args).toContain("--whereabouts");
});
