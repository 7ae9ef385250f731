import { describe, expect, it } from "vitest";
import type { KubeObject } from "../crds/kube-object.ts";
import { parsedInstall } from "../crds/multus-install/parsed-install.ts";
import type { MultusInstallSpecInput } from "../crds/multus-install/spec.ts";
import { renderInstall } from "../render/render.ts";
import { formatFinding } from "./finding.ts";
import { podDifferences } from "./running-pods.ts";

/** The DaemonSet and the ConfigMaps that an install renders, after an edit of their JSON. */
function found(spec: MultusInstallSpecInput, edit: (json: string) => string = (json) => json) {
  const objects = JSON.parse(
    edit(JSON.stringify(renderInstall(parsedInstall(spec)).objects)),
  ) as KubeObject[];
  const daemonSet = objects.find(({ kind }) => kind === "DaemonSet");
  if (!daemonSet) throw new Error("no DaemonSet");
  return { daemonSet, configMaps: objects.filter(({ kind }) => kind === "ConfigMap") };
}

const differences = (wanted: MultusInstallSpecInput, { daemonSet, configMaps }: ReturnType<typeof found>) =>
  podDifferences(parsedInstall(wanted), daemonSet, configMaps);

describe("podDifferences", () => {
  it("is none where the pods run Multus as wanted, in whatever words", () => {
    const words = (json: string) =>
      json
        .replace('"--cni-bin-dir=/host/opt/cni/bin",', "")
        .replaceAll('"name":"cnibin"', '"name":"plugins"')
        .replace('"terminationGracePeriodSeconds":30', '"terminationGracePeriodSeconds":10');
    expect(differences({}, found({}, words))).toEqual([]);
    expect(differences({ mode: "Thick" }, found({ mode: "Thick" }))).toEqual([]);
  });

  it("is none where only what is not the pods' differs", () => {
    const wanted = { workload: { updateStrategy: { maxUnavailable: 3 } }, uninstall: {} } as const;
    expect(differences(wanted, found({}))).toEqual([]);
  });

  it("names the field, with what is found and what is wanted", () => {
    expect(differences({ logging: { level: "debug" } }, found({}))).toEqual([
      'spec.logging.level: found not set, expected "debug"',
    ]);
    const thick = differences({ mode: "Thick" }, found({ mode: "Thick", daemon: { metricsPort: 9091 } }));
    expect(thick).toEqual(["spec.daemon.metricsPort: found 9091, expected not set"]);
  });

  it("names what no field of an install could carry", () => {
    const probed = (json: string) =>
      json.replace('"name":"kube-multus",', '"name":"kube-multus","livenessProbe":{},');
    expect(differences({}, found({}, probed)).join("\n")).toMatch(/^kube-multus livenessProbe: no field/);
  });
});

it("formatFinding keeps to one line, whatever a file's names hold", () => {
  const line = formatFinding({ kind: "lost", object: "a\nb", path: "\u001b[31m", message: "m", same: false });
  expect(line).toBe("lost: a?b: ?[31m: m");
});
