import { expect, it } from "vitest";
import { parsedInstall } from "../crds/multus-install/parsed-install.ts";
import type { MultusInstallSpecInput } from "../crds/multus-install/spec.ts";
import { renderInstall } from "./render.ts";
import { deletesItsConfiguration, GUARD_FILE, rolloutGuard } from "./rollout-guard.ts";

interface WithTemplate {
  spec: { template: { spec: GuardPod } };
}

function template(spec: MultusInstallSpecInput): unknown {
  const [found] = renderInstall(parsedInstall(spec)).objects.filter(({ kind }) => kind === "DaemonSet");
  return (found as unknown as WithTemplate).spec.template;
}

interface GuardPod {
  containers: [{ image: string; command: string[]; args: string[] }];
  volumes: { name: string; hostPath?: { path: string } }[];
  tolerations?: unknown;
  imagePullSecrets?: unknown;
}

function guard(spec: MultusInstallSpecInput): { file: { type: string }; pod: GuardPod } {
  const [configMap, daemonSet] = rolloutGuard(parsedInstall(), template(spec)) as unknown as [
    { data: Record<string, string> },
    WithTemplate,
  ];
  return { file: JSON.parse(configMap.data[GUARD_FILE] ?? "null"), pod: daemonSet.spec.template.spec };
}

it("comes after every name of Multus' own file and before any other, as sorted by the runtime", () => {
  const files = ["00-multus.conf", "00-multus.conflist", GUARD_FILE, "00-multus.d.conf", "01-first.conf"];
  expect(files.toSorted()).toEqual(files);
});

it("knows which Multus deletes its configuration when it ends", () => {
  expect(deletesItsConfiguration(template({}))).toBe(true);
  expect(deletesItsConfiguration(template({ mode: "Thick" }))).toBe(true);
  expect(deletesItsConfiguration(template({ entrypoint: { refreshKubeconfig: false } }))).toBe(false);
  expect(deletesItsConfiguration(template({ version: "v3.4.2" }))).toBe(false);
  expect(deletesItsConfiguration(undefined)).toBe(false);
});

it("does not take v3's script for one that deletes its configuration: with the flag it only watches", () => {
  const adopted = template({ version: "v3.4.2" }) as { spec: GuardPod };
  adopted.spec.containers[0].args.push("--cleanup-config-on-exit=true");
  expect(deletesItsConfiguration(adopted)).toBe(false);
});

it("tolerates only what the next Multus tolerates too", () => {
  const [next] = renderInstall(parsedInstall({ workload: { tolerations: [{ key: "a" }] } })).objects.filter(
    ({ kind }) => kind === "DaemonSet",
  );
  if (!next) throw new Error("no DaemonSet");
  const running = template({ workload: { tolerations: [{ operator: "Exists" }] } });
  const [, daemonSet] = rolloutGuard(parsedInstall(), running, [next]) as unknown as [object, WithTemplate];
  expect(daemonSet.spec.template.spec.tolerations).toEqual([expect.objectContaining({ key: "a" })]);
});

it("runs the image that the nodes have, wherever the Multus that it stands in for runs", () => {
  const spec: MultusInstallSpecInput = {
    image: { registry: "r.example:5000", pullSecrets: ["harbor"] },
    distribution: "K3s",
    workload: { nodeSelector: { pool: "a" }, tolerations: [{ operator: "Exists" }] },
  };
  const { pod } = guard(spec);
  expect(pod.containers[0].image).toBe("r.example:5000/k8snetworkplumbingwg/multus-cni:v4.3.1");
  expect(pod).toMatchObject({
    nodeSelector: { pool: "a" },
    tolerations: [{ operator: "Exists" }],
    imagePullSecrets: [{ name: "harbor" }],
  });
  expect(pod.volumes.find(({ name }) => name === "cni")?.hostPath?.path).toBe(
    "/var/lib/rancher/k3s/agent/etc/cni/net.d",
  );
});

it("is a configuration that no plugin takes: neither ADD nor DEL of a pod succeeds with it", () => {
  const rejected = { cniVersion: "0.3.1", name: "multus-rollout-guard", type: "multus" };
  expect(guard({}).file).toEqual(rejected);
  expect(guard({ mode: "Thick" }).file).toEqual(rejected);
});

it("starts the entrypoint of a self-built image as that image has it", () => {
  const layout = { command: ["/opt/multus/entrypoint"], binaryFile: "/opt/multus/multus" };
  const [container] = guard({ image: { layout } }).pod.containers;
  expect(container.command).toEqual(["/opt/multus/entrypoint"]);
  expect(container.args).toContain("--multus-bin-file=/opt/multus/multus");
  expect(guard({ mode: "Thick" }).pod.containers[0].command).toEqual([
    "/usr/src/multus-cni/bin/thin_entrypoint",
  ]);
});

it("stands in for a Multus whose manifest calls the volume otherwise: without it the rollout would not go on", () => {
  const found = template({ mode: "Thick", distribution: "K3s" }) as { spec: GuardPod };
  for (const volume of found.spec.volumes) if (volume.name === "cni") volume.name = "cni-conf-dir";
  const [, daemonSet] = rolloutGuard(parsedInstall({ distribution: "K3s" }), found) as unknown as [
    unknown,
    WithTemplate,
  ];
  expect(daemonSet.spec.template.spec.volumes.find(({ name }) => name === "cni")?.hostPath?.path).toBe(
    "/var/lib/rancher/k3s/agent/etc/cni/net.d",
  );
});
