import { readFileSync } from "node:fs";
import { dump, loadAll } from "js-yaml";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type NodeTask, taskPod } from "../../src/controllers/nodes/task-pod.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { Kubectl } from "../cluster/kubectl.ts";

/** What pods the operator's account may create, asked of a real API server with the policy of install.yaml. */

interface Pod {
  spec: {
    containers: { image: string; securityContext: object }[];
    volumes: object[];
    [field: string]: unknown;
  };
}

let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let image: string;
const OPERATOR = "system:serviceaccount:multus-operator:multus-operator";
const WANTED = /^(ValidatingAdmissionPolicy|ValidatingAdmissionPolicyBinding|Role|RoleBinding)$/;

beforeAll(async () => {
  plane = await borrowControlPlane();
  kubectl = new Kubectl(plane.kubeconfig);
  const file = new URL("../../manifests/install.yaml", import.meta.url);
  const manifests = loadAll(readFileSync(file, "utf8")) as {
    kind: string;
    spec: { template: { spec: { containers: { image: string }[] } } };
  }[];
  image = manifests.find(({ kind }) => kind === "Deployment")?.spec.template.spec.containers[0]?.image ?? "";
  await kubectl.run("create", "namespace", "multus-operator");
  const policy = manifests.filter(({ kind }) => WANTED.test(kind)).map((manifest) => dump(manifest));
  await kubectl.runWithInput(policy.join("---\n"), "apply", "-f", "-");
  await kubectl.run("create", "serviceaccount", "multus", "-n", "kube-system");
  await waitUntil("the policy to count", async () =>
    (await answer((pod) => ({ ...pod, spec: { ...pod.spec, hostPID: true } }))).includes("denied"),
  );
});

afterAll(async () => {
  await plane?.stop();
});

const CLEAN: NodeTask = {
  ...{ kind: "clean", node: "node-1", confDir: "/etc/cni/net.d", binDir: "/opt/cni/bin" },
  since: "2026-11-24T12:00:00Z",
};
const INSPECT: NodeTask = {
  ...{ kind: "inspect", node: "node-1", confDir: "/etc/cni/net.d" },
  binDirs: ["/opt/cni/bin"],
};
const PLUGINS: NodeTask = {
  ...{ kind: "plugins", node: "node-1", binDir: "/opt/cni/bin", plugins: ["macvlan", "host-local"] },
  image: { reference: "registry.example/cni-plugins@sha256:0", pullPolicy: "Always", pullSecrets: [] },
};
const owner = { name: "multus", uid: "8a6e0b0c", namespace: "kube-system", pullSecrets: [] };

/** What the API server says to the pod of a task, changed by `change`; empty where it takes it. */
async function answer(change: (pod: Pod) => object, task: NodeTask = CLEAN, as = OPERATOR): Promise<string> {
  const pod = taskPod(task, owner, { reference: image, pullPolicy: "IfNotPresent", pullSecrets: [] });
  try {
    const changed = JSON.stringify(change(pod as unknown as Pod));
    await kubectl.runWithInput(changed, "create", "-f", "-", "--dry-run=server", `--as=${as}`);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

const unchanged = (pod: Pod) => pod;

it("lets the operator create the pods of its tasks", async () => {
  expect(await answer(unchanged)).toBe("");
  for (const [confDir, binDir] of [
    ["/var/lib/rancher/k3s/agent/etc/cni/net.d", "/var/lib/rancher/k3s/data/cni"],
    ["/var/snap/microk8s/current/args/cni-network", "/var/snap/microk8s/current/opt/cni/bin"],
    ["/etc/kubernetes/cni/net.d", "/var/lib/cni/bin"],
  ] as const)
    expect(await answer(unchanged, { kind: "inspect", node: "node-1", confDir, binDirs: [binDir] })).toBe("");
  const previous = { confDir: "/etc/cni/multus/v3", binDir: "/usr/lib/cni" };
  expect(await answer(unchanged, { ...CLEAN, runs: "v4-thin", previous } as NodeTask)).toBe("");
  for (const elsewhere of [{ confDir: "/etc" }, { binDir: "/usr/bin" }])
    expect(await answer(unchanged, { ...CLEAN, runs: "v4-thin", previous: elsewhere } as NodeTask)).toContain(
      "mounts CNI's directories of the host, and nothing else",
    );
});

const withContainer = (more: object) => (pod: Pod) => ({
  ...pod,
  spec: { ...pod.spec, containers: pod.spec.containers.map((container) => ({ ...container, ...more })) },
});
const withSpec = (more: object) => (pod: Pod) => ({ ...pod, spec: { ...pod.spec, ...more } });
const withVolume = (volume: object) => (pod: Pod) =>
  withSpec({ volumes: [...pod.spec.volumes, volume] })(pod);

it.each([
  ["another image", withContainer({ image: "docker.io/library/evil:1" })],
  ["a privileged container", withContainer({ securityContext: { privileged: true } })],
  ["a container without a security context", withContainer({ securityContext: undefined })],
  [
    "a capability",
    withContainer({
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] },
      },
    }),
  ],
  [
    "a privileged init container",
    withSpec({ initContainers: [{ name: "x", image: "evil", securityContext: { privileged: true } }] }),
  ],
  ["the host's processes", withSpec({ hostPID: true })],
  ["credentials", withSpec({ automountServiceAccountToken: true })],
  ["the host's root", withVolume({ name: "root", hostPath: { path: "/" } })],
  ["a directory beside those of CNI", withVolume({ name: "x", hostPath: { path: "/etc/cni/net.d-not" } })],
  ["a secret", withVolume({ name: "x", secret: { secretName: "x" } })],
])("rejects %s", async (_, change) => expect(await answer(change)).toContain("denied request"));

it("rejects the capability of pods that clean for pods that do not", async () => {
  const capabilities = { drop: ["ALL"], add: ["DAC_OVERRIDE"] };
  const withCapability = withContainer({
    securityContext: { allowPrivilegeEscalation: false, capabilities },
  });
  expect(await answer(withCapability)).toBe("");
  for (const task of [INSPECT, { kind: "release", node: "node-1" } as const])
    expect(await answer(withCapability, task)).toContain("no capability but DAC_OVERRIDE");
});

it("lets the operator create pods that install plugins", async () => {
  expect(await answer(unchanged, PLUGINS)).toBe("");
  expect(await answer(unchanged, { ...PLUGINS, binDir: "/var/lib/rancher/k3s/data/cni" })).toBe("");
});

const withCopy = (more: object) => (pod: Pod) => {
  const [copy = {}] = pod.spec.initContainers as object[];
  return withSpec({ initContainers: [{ ...copy, ...more }] })(pod);
};
const withArgs = (change: (args: string[]) => string[]) => (pod: Pod) => {
  const [container] = pod.spec.containers as unknown as { args: string[] }[];
  return withContainer({ args: change(container?.args ?? []) })(pod);
};
const mount = (more: object) => ({ volumeMounts: [{ name: "programs", mountPath: "/plugins", ...more }] });
const ONLY_COPIES = "only a pod that installs plugins has an init container";

it.each<[string, (pod: Pod) => object, string]>([
  [
    "a program that is none of the reference plugins",
    withArgs((args) => [...args.slice(0, -1), "macvlan,sh"]),
    "installs reference plugins",
  ],
  [
    "a path for a program",
    withArgs((args) => [...args.slice(0, -1), "../../../usr/bin/sh"]),
    "installs reference plugins",
  ],
  ["one more argument", withArgs((args) => [...args, "--source"]), "installs reference plugins"],
  [
    "another node",
    withArgs((args) => args.map((arg) => (arg === "node-1" ? "node-2" : arg))),
    "installs reference plugins",
  ],
  [
    "the name of another image",
    withArgs((args) => args.map((arg) => (arg.includes("@") ? "x" : arg))),
    "installs reference plugins",
  ],
  ["another command in the init container", withCopy({ command: ["sh", "-c", "true"] }), ONLY_COPIES],
  ["an init container without a command", withCopy({ command: undefined }), ONLY_COPIES],
  ["arguments of the init container", withCopy({ args: ["/x"] }), ONLY_COPIES],
  ["a copy that is root", withCopy({ securityContext: { runAsUser: 0, runAsNonRoot: true } }), ONLY_COPIES],
  [
    "a copy that sees the host",
    withCopy(mount({ name: "host-0", mountPath: "/host/opt/cni/bin" })),
    ONLY_COPIES,
  ],
  ["a copy that goes on", withCopy({ restartPolicy: "Always" }), ONLY_COPIES],
  [
    "a copy with an environment",
    withCopy({ env: [{ name: "LD_PRELOAD", value: "/x" }] }),
    "runs only the image's own program",
  ],
  ["no init container", withSpec({ initContainers: [] }), ONLY_COPIES],
  ["plugins elsewhere", withContainer(mount({ mountPath: "/usr/local/bin" })), "plugins at /plugins"],
  [
    "a directory of the host as the copy",
    (pod) =>
      withSpec({
        volumes: pod.spec.volumes.map((volume) =>
          "emptyDir" in volume ? { name: "programs", hostPath: { path: "/opt/cni/bin" } } : volume,
        ),
      })(pod),
    "and nothing else",
  ],
  [
    "a directory that is not CNI's",
    (pod) =>
      withSpec({
        volumes: pod.spec.volumes.map((volume) =>
          "hostPath" in volume ? { ...volume, hostPath: { path: "/usr/bin" } } : volume,
        ),
      })(pod),
    "and nothing else",
  ],
])("rejects a pod that installs plugins with %s", async (_, change, message) =>
  expect(await answer(change, PLUGINS)).toContain(message),
);

it.each([
  ["a copied program", (pod: Pod) => withVolume({ name: "programs", emptyDir: {} })(pod)],
  [
    "an init container",
    withSpec({
      initContainers: [{ name: "copy", image: "x", command: ["cp", "-R", "/opt/cni/bin/.", "/plugins"] }],
    }),
  ],
])("rejects a pod of another task with %s", async (_, change) => {
  for (const task of [INSPECT, CLEAN]) expect(await answer(change, task)).toContain("denied request");
});

it("says nothing to others", async () =>
  expect(await answer(withSpec({ hostPID: true }), CLEAN, "admin")).not.toContain(
    "ValidatingAdmissionPolicy",
  ));
