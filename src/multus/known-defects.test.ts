import { describe, expect, it } from "vitest";
import { parsedInstall } from "../crds/multus-install/parsed-install.ts";
import { compareReleases } from "../crds/multus-install/release.ts";
import {
  DEFAULT_RELEASE,
  type MultusInstallSpec,
  type MultusInstallSpecInput,
} from "../crds/multus-install/spec.ts";
import { defectsOf, fixOf, hasDefect, KNOWN_DEFECTS, knownDefect, rangeOf } from "./known-defects.ts";
import { NEWEST_RELEASE } from "./releases.ts";

const specOf = (spec: MultusInstallSpecInput): MultusInstallSpec => parsedInstall(spec).spec;

const idsOf = (spec: MultusInstallSpecInput) => defectsOf(specOf(spec)).map(({ id }) => id);
const CALICO = { source: "Inline", preset: "Calico" } as const;

describe("compareReleases", () => {
  it("orders by number, not by letter, and takes v3.4 for v3.4.0", () => {
    const releases = ["v4.10.0", "v3.4.2", "v4.3.1", "v3.10", "v4.2.10", "v4.2.9", "v3.4"];
    expect(releases.toSorted(compareReleases)).toEqual([
      "v3.4",
      "v3.4.2",
      "v3.10",
      "v4.2.9",
      "v4.2.10",
      "v4.3.1",
      "v4.10.0",
    ]);
    expect(compareReleases("v3.4", "v3.4.0")).toBe(0);
  });
});

describe("the table of known defects", () => {
  it("has ranges that end before the fix, issues, and ids that name one defect each", () => {
    for (const defect of KNOWN_DEFECTS) {
      const { first, last, fixedIn, issues } = defect;
      expect(issues.length, defect.id).toBeGreaterThan(0);
      expect(last === undefined, defect.id).toBe(fixedIn === undefined);
      expect(compareReleases(first, NEWEST_RELEASE), defect.id).toBeLessThanOrEqual(0);
      if (last === undefined || fixedIn === undefined) continue;
      expect(compareReleases(first, last), defect.id).toBeLessThanOrEqual(0);
      expect(compareReleases(last, fixedIn), defect.id).toBeLessThan(0);
      expect([hasDefect(first, defect), hasDefect(last, defect), hasDefect(fixedIn, defect)]).toEqual([
        true,
        true,
        false,
      ]);
    }
    const ids = KNOWN_DEFECTS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("has no defect that the default release would expose an install to, in either mode", () => {
    for (const mode of ["Thin", "Thick"] as const) expect(idsOf({ mode })).toEqual([]);
    expect(specOf({}).version).toBe(DEFAULT_RELEASE);
    expect(compareReleases(DEFAULT_RELEASE, NEWEST_RELEASE)).toBeLessThanOrEqual(0);
  });
});

describe("the defects that an install is exposed to", () => {
  it.each<[version: string, leaks: boolean]>([
    ["v4.1.4", false],
    ["v4.2.0", false],
    ["v4.2.1", true],
    ["v4.2.4", true],
    ["v4.3.0", true],
    ["v4.3.1", false],
  ])(
    "%s in mode Thick leaks addresses: %s; in mode Thin, or with the network inline, it does not",
    (version, leaks) => {
      const id = "primary-del-stripped";
      expect(idsOf({ version, mode: "Thick" }).includes(id)).toBe(leaks);
      expect(
        idsOf({
          version,
          mode: "Thick",
          primaryNetwork: { source: "File", file: "10-calico.conflist" },
        }).includes(id),
      ).toBe(leaks);
      expect(idsOf({ version })).not.toContain(id);
      expect(idsOf({ version, mode: "Thick", primaryNetwork: CALICO })).not.toContain(id);
      expect(idsOf({ version, mode: "Thick", daemon: { clusterNetwork: "primary" } })).not.toContain(id);
    },
  );

  it("depend on what the spec sets", () => {
    const thick = { mode: "Thick", version: "v4.2.0" } as const;
    expect(idsOf(thick)).toEqual([]);
    expect(idsOf({ ...thick, cni: { version: "1.1.0" } })).toEqual(["status-command-fails"]);
    expect(idsOf({ ...thick, workload: { resources: { limits: { memory: "1Gi" } } } })).toEqual([
      "memory-without-bound",
    ]);
    expect(idsOf({ ...thick, daemon: { perNodeCertificate: { enabled: true } } })).toEqual([
      "certificate-rotation-race",
    ]);
    expect(idsOf({ version: "v4.0.2" })).toEqual(["delegates-to-itself"]);
    expect(idsOf({ version: "v4.0.2", primaryNetwork: CALICO })).toEqual(["inline-without-kubeconfig"]);
    expect(idsOf({ version: "v3.7.1" })).toEqual(["delete-hangs-with-cri-o"]);
    expect(idsOf({ version: "v3.9.3" })).toEqual([]);
  });

  // images/entrypoint.sh of v3.6 writes no "capabilities", that of v3.7 those of the primary network (multus-cni #545).
  it.each<[version: string, isLost: boolean]>([
    ["v3.4", true],
    ["v3.4.2", true],
    ["v3.6", true],
    ["v3.7", false],
  ])("%s loses the hostPorts of pods with the primary network's file: %s", (version, isLost) => {
    expect(idsOf({ version }).includes("host-ports-dropped")).toBe(isLost);
    expect(idsOf({ version, primaryNetwork: CALICO })).not.toContain("host-ports-dropped");
  });

  // "--cni-bin-dir)" stands twice in images/entrypoint.sh of v3.9 to v3.9.3, where v3.8 has "--multus-bin-file)".
  it.each<[version: string, isIgnored: boolean]>([
    ["v3.8", false],
    ["v3.9", true],
    ["v3.9.3", true],
    ["v4.0.0", false],
  ])("%s ignores image.layout.binaryFile: %s", (version, isIgnored) => {
    const image = { layout: { binaryFile: "/opt/multus" } };
    expect(idsOf({ version, image }).includes("binary-file-ignored")).toBe(isIgnored);
    expect(idsOf({ version })).not.toContain("binary-file-ignored");
  });

  it("are written with their range and their fix", () => {
    const leak = knownDefect("primary-del-stripped");
    expect(rangeOf(leak)).toBe("v4.2.1 to v4.3.0");
    expect(fixOf(leak)).toMatch(/^use v4\.3\.1 or later; or set primaryNetwork\.source: Inline /);
    expect(rangeOf(knownDefect("panic-at-deleted-pod"))).toBe("v4.2.4 and later");
    expect(fixOf(knownDefect("panic-at-deleted-pod"))).toBe("no release fixes it yet");
  });
});
