import { readFileSync } from "node:fs";
import { loadAll } from "js-yaml";
import { describe, expect, it } from "vitest";
import { importInstall } from "./import.ts";

/** Manifests as users have them: test/cases/import-*.yaml. */
function imported(name: string) {
  const text = readFileSync(new URL(`../../test/cases/import-${name}.yaml`, import.meta.url), "utf8");
  const { install, findings } = importInstall(loadAll(text));
  return {
    spec: install.spec,
    findings: findings.map(({ kind, path, message }) => `${kind} ${path}: ${message}`),
  };
}

describe("import, of manifests as users have them", () => {
  it("reads the line of a shell script that starts Multus, and reports the rest as lost", () => {
    const { spec, findings } = imported("entrypoint-in-a-shell-script");
    expect(spec.image).not.toHaveProperty("layout.command");
    expect(findings).toContainEqual(
      expect.stringMatching(
        /^lost args: the container runs a shell script: only the line that starts "\/entrypoint.sh"/,
      ),
    );
    // The script makes the file from a template.
    expect(findings).toContainEqual(expect.stringMatching(/^broken args --multus-conf-file: /));
  });

  it("reads a ConfigMap that is mounted through subPath", () => {
    const { spec, findings } = imported("configmap-through-subpath");
    expect(spec.primaryNetwork).toMatchObject({
      source: "Inline",
      config: expect.stringContaining("flannel"),
    });
    expect(findings.filter((line) => line.startsWith("broken"))).toEqual([]);
  });

  it("takes the release from the beginning of a vendor's tag", () => {
    const { spec, findings } = imported("version-of-a-vendor-tag");
    expect(spec).toMatchObject({ version: "v4.0.2", mode: "Thick" });
    expect(findings.filter((line) => line.startsWith("note image"))).toEqual([]);
  });

  it("reports what becomes of clusterNetwork", () => {
    const { findings } = imported("cluster-network-by-name");
    expect(findings).toContainEqual(
      expect.stringMatching(
        /^lost data.cni-conf.json.clusterNetwork: names the primary network "10-kuberouter"/,
      ),
    );
    expect(findings.join("\n")).not.toContain("names no network");
  });

  it("reports that the thin plugin's log lies in a directory that is not allowed, once", () => {
    const { spec, findings } = imported("log-file-of-the-thin-plugin");
    expect(spec.logging).toEqual({ level: "error" });
    expect(findings.filter((line) => line.includes("aws-routed-eni"))).toEqual([
      expect.stringMatching(
        /^lost the log file: "\/var\/log\/aws-routed-eni\/multus.log" is written on the host/,
      ),
    ]);
  });

  it("reports the narrowing to one architecture as lost", () => {
    expect(imported("v3-on-several-architectures").findings).toContainEqual(
      expect.stringMatching(/^lost nodeSelector: has no kubernetes.io\/arch/),
    );
  });

  it("reports an installer that is not where the operator calls it", () => {
    expect(imported("installer-at-another-path").findings).toContainEqual(
      expect.stringMatching(
        /^broken initContainers install-multus-binary command: the image has the installer at "\/install_multus"/,
      ),
    );
  });
});
