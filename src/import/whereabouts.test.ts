import { expect, it } from "vitest";
import type { KubeObject } from "../crds/kube-object.ts";
import { parsedInstall } from "../crds/multus-install/parsed-install.ts";
import { renderInstall } from "../render/render.ts";
import { formatFinding } from "./finding.ts";
import { importInstall } from "./import.ts";

/** The manifest of an install, the DaemonSet of whereabouts changed. */
function manifest(spec: object, change: (daemonSet: KubeObject) => object = () => ({})): KubeObject[] {
  return renderInstall(parsedInstall(spec)).objects.map((object) =>
    object.kind === "DaemonSet" && object.metadata.name === "whereabouts"
      ? { ...object, ...change(object) }
      : object,
  );
}

const image = (name: string) => (daemonSet: KubeObject) =>
  JSON.parse(JSON.stringify(daemonSet).replace(/"image":"[^"]*"/, `"image":"${name}"`)) as object;
const imported = (documents: KubeObject[]) => {
  const { install, findings } = importInstall(documents);
  return { whereabouts: install.spec.whereabouts, told: findings.map(formatFinding) };
};

it("gives back what the operator renders", () => {
  const whereabouts = {
    enabled: true,
    version: "v0.9.2",
    image: {
      registry: "192.168.1.222:80",
      repository: "multus/whereabouts",
      pullPolicy: "Always",
      pullSecrets: ["harbor"],
    },
    reconcilerSchedule: "*/5 * * * *",
  };
  expect(imported(manifest({ whereabouts }))).toEqual({ whereabouts, told: [] });
  expect(imported(manifest({})).whereabouts).toBeUndefined();
});

it("assumes a release if the tag is none, and keeps the tag", () => {
  const { whereabouts, told } = imported(
    manifest({ whereabouts: { enabled: true } }, image("ghcr.io/k8snetworkplumbingwg/whereabouts:latest")),
  );
  expect(whereabouts).toEqual({ enabled: true, image: { tag: "latest" } });
  expect(told).toEqual([
    'note: DaemonSet kube-system/whereabouts: image: the tag "latest" is not a release that the operator knows: v0.9.3 is assumed; set the right release in spec.whereabouts.version',
  ]);
});

it("does not import one of another namespace", () => {
  const elsewhere = (object: KubeObject) => ({ metadata: { ...object.metadata, namespace: "whereabouts" } });
  const { whereabouts, told } = imported(manifest({ whereabouts: { enabled: true } }, elsewhere));
  expect(whereabouts).toBeUndefined();
  expect(told[0]).toContain("metadata.namespace: is another than that of Multus, kube-system");
});

it("reports limits and a placement that only the manifest has", () => {
  const change = (object: KubeObject) =>
    JSON.parse(
      JSON.stringify(object)
        .replace('"resources":{', '"resources":{"limits":{"memory":"200Mi"},')
        .replace('"hostNetwork":true', '"hostNetwork":true,"nodeSelector":{"zone":"a"}'),
    ) as object;
  const { told } = imported(manifest({ whereabouts: { enabled: true } }, change));
  expect(told).toEqual([
    "lost: DaemonSet kube-system/whereabouts: nodeSelector: whereabouts runs on the nodes of Multus, by spec.workload.nodeSelector",
    "note: DaemonSet kube-system/whereabouts: resources.limits: the operator sets no limits for whereabouts",
  ]);
});
