import { describe, expect, it } from "vitest";
import type { KubeObject } from "../crds/kube-object.ts";
import { parsedInstall } from "../crds/multus-install/parsed-install.ts";
import type { MultusInstallSpecInput } from "../crds/multus-install/spec.ts";
import { WHEREABOUTS_RELEASES } from "../crds/multus-install/whereabouts.ts";
import { RenderError } from "./errors.ts";
import { renderInstall } from "./render.ts";
import { whereaboutsObjects } from "./whereabouts.ts";

const ENABLED = { enabled: true } as const;
const rendered = (spec: MultusInstallSpecInput) => renderInstall(parsedInstall(spec));

interface Pod {
  containers: [
    { image: string; env: { name: string; value?: string }[]; volumeMounts: { mountPath: string }[] },
  ];
  volumes: { name: string; hostPath?: { path: string } }[];
  [field: string]: unknown;
}

function podOf(spec: MultusInstallSpecInput): Pod {
  const found = whereaboutsObjects(parsedInstall(spec)).find(({ kind }) => kind === "DaemonSet");
  if (!found) throw new Error("no DaemonSet");
  return (found as KubeObject & { spec: { template: { spec: Pod } } }).spec.template.spec;
}

describe("without spec.whereabouts, or with enabled: false", () => {
  it.each<[MultusInstallSpecInput]>([[{}], [{ whereabouts: {} }], [{ whereabouts: { enabled: false } }]])(
    "%o renders what an install without whereabouts has",
    (spec) => {
      expect(rendered(spec).objects).toEqual(rendered({}).objects);
    },
  );
});

it("renders upstream's names, in an order in which each object finds what it needs", () => {
  const names = whereaboutsObjects(parsedInstall({ whereabouts: ENABLED })).map(
    ({ kind, metadata }) => `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ""}${metadata.name}`,
  );
  expect(names).toEqual([
    "CustomResourceDefinition ippools.whereabouts.cni.cncf.io",
    "CustomResourceDefinition overlappingrangeipreservations.whereabouts.cni.cncf.io",
    "CustomResourceDefinition nodeslicepools.whereabouts.cni.cncf.io",
    "ServiceAccount kube-system/whereabouts",
    "ClusterRole whereabouts-cni",
    "ClusterRoleBinding whereabouts",
    "Role kube-system/whereabouts-cni",
    "RoleBinding kube-system/whereabouts",
    "ConfigMap kube-system/whereabouts-config",
    "DaemonSet kube-system/whereabouts",
  ]);
});

describe("the pod of whereabouts", () => {
  it.each(WHEREABOUTS_RELEASES)("runs the image of %s, or of the spec", (version) => {
    const image = (more: object) =>
      podOf({ whereabouts: { ...ENABLED, version, ...more } }).containers[0].image;
    expect(image({})).toBe(`ghcr.io/k8snetworkplumbingwg/whereabouts:${version}`);
    const mirror = { registry: "192.168.1.222:80", repository: "mirror/whereabouts" };
    expect(image({ image: { ...mirror, tag: "x" } })).toBe("192.168.1.222:80/mirror/whereabouts:x");
    const digest = `sha256:${"a".repeat(64)}`;
    expect(image({ image: { ...mirror, digest } })).toBe(`192.168.1.222:80/mirror/whereabouts@${digest}`);
  });

  it("mounts the distribution's directories at the paths that it writes into its configuration", () => {
    const pod = podOf({ distribution: "K3s", whereabouts: ENABLED });
    const conf = "/var/lib/rancher/k3s/agent/etc/cni/net.d";
    const bin = "/var/lib/rancher/k3s/data/cni";
    expect(pod.volumes.map(({ hostPath }) => hostPath?.path)).toEqual([bin, conf, undefined]);
    const [{ env, volumeMounts }] = pod.containers;
    expect(env.slice(2)).toEqual([
      { name: "CNI_CONF_DIR", value: `/host${conf}` },
      { name: "CNI_BIN_DIR", value: `/host${bin}` },
    ]);
    // The last but one is where the control loop reads it, in any distribution.
    expect(volumeMounts.map(({ mountPath }) => mountPath)).toEqual([
      `/host${bin}`,
      `/host${conf}`,
      "/host/etc/cni/net.d",
      "/cron-schedule",
    ]);
  });

  it("runs on the nodes of Multus, with its own pull secrets", () => {
    const workload = {
      nodeSelector: { zone: "a" },
      tolerations: [{ key: "x", operator: "Exists" as const }],
    };
    const image = { pullSecrets: ["harbor"] };
    const pod = podOf({
      workload,
      whereabouts: { ...ENABLED, image },
      nodes: { startupTaint: "a.example/b" },
    });
    expect(pod).toMatchObject({
      nodeSelector: { zone: "a" },
      tolerations: [...workload.tolerations, { key: "a.example/b", operator: "Exists" }],
      priorityClassName: "system-node-critical",
      imagePullSecrets: [{ name: "harbor" }],
    });
  });
});

describe("what a spec of whereabouts is warned of", () => {
  const warnings = (spec: MultusInstallSpecInput) =>
    rendered({ version: "v4.3.1", ...spec }).warnings.map(({ path, message }) => `${path}: ${message}`);

  it("is nothing by default", () => {
    expect(warnings({ whereabouts: ENABLED })).toEqual([]);
    expect(warnings({ whereabouts: { version: "v0.9.2" } })).toEqual([]);
  });

  it.each(["v0.9.0", "v0.9.1", "v0.9.2"] as const)("is the defect of %s", (version) => {
    expect(warnings({ whereabouts: { ...ENABLED, version } })).toEqual([
      `spec.whereabouts.version: ${version} has a known defect: it does not renew the token in its kubeconfig on the nodes: pods get no address once it has expired, which is after a year with the API server's defaults. Fix: v0.9.3`,
    ]);
  });

  it("is a directory in which the plugin does not look", () => {
    expect(warnings({ distribution: "OpenShift", whereabouts: ENABLED })).toEqual([]);
    expect(warnings({ distribution: "MicroK8s", whereabouts: ENABLED })[0]).toContain(
      '"configuration_path": "/var/snap/microk8s/current/args/cni-network/whereabouts.d/whereabouts.conf"',
    );
  });

  it("is a tag that moves", () => {
    expect(warnings({ whereabouts: { ...ENABLED, image: { tag: "latest" } } })[0]).toContain("latest moves");
  });
});

it.each([
  ["0 4 * * 5-1", /the range 5-1 ends before it begins/],
  ["0 20-4 * * *", /the range 20-4 ends before it begins/],
  ["0 4 30 2 *", /none of its months has such a day \(it is 0 4 30 2 \*\)/],
  ["0 4 31 4,6,9-11/2 *", /none of its months has such a day/],
  ["0 4 30/5 2 */1", /none of its months has such a day/],
])("rejects the schedule %s, with which its control loop would end", (reconcilerSchedule, message) => {
  const render = () => rendered({ whereabouts: { ...ENABLED, reconcilerSchedule } });
  expect(render).toThrow(RenderError);
  expect(render).toThrow(message);
});

// Each of them is one that gocron takes: with a restricted day of the week, either day is enough.
it.each([
  "0 4 29 2 *",
  "0 4 31 */2 *",
  "0 4 30 2 1",
  "0 4 30 2 */2",
  "0 4 1,31 2 *",
  "0 4 * 2 *",
  "0 4 31 2/5 *",
])("takes the schedule %s", (reconcilerSchedule) => {
  expect(() => rendered({ whereabouts: { ...ENABLED, reconcilerSchedule } })).not.toThrow();
});
