import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../crds/kube-object.ts";
import { parsedInstall } from "../../crds/multus-install/parsed-install.ts";
import type { MultusInstallSpecInput } from "../../crds/multus-install/spec.ts";
import { renderInstall } from "../../render/render.ts";
import { importInstall } from "../import.ts";

interface Container {
  command: string[];
  args?: string[];
  volumeMounts: { name: string; mountPath: string }[];
}

interface Manifest {
  config: Record<string, unknown>;
  container: Container;
}

/** What the import says of a thick Multus of v4 after an edit of its configuration or its container. */
function imported(edit: (manifest: Manifest) => void, spec: MultusInstallSpecInput = {}) {
  const objects = structuredClone(
    renderInstall(parsedInstall({ mode: "Thick", ...spec })).objects,
  ) as KubeObject[];
  const configMap = objects.find(({ kind }) => kind === "ConfigMap") as unknown as {
    data: Record<string, string>;
  };
  const daemonSet = objects.find(({ kind }) => kind === "DaemonSet") as unknown as {
    spec: { template: { spec: { containers: [Container] } } };
  };
  const config = JSON.parse(configMap.data["daemon-config.json"] ?? "") as Record<string, unknown>;
  edit({ config, container: daemonSet.spec.template.spec.containers[0] });
  configMap.data["daemon-config.json"] = JSON.stringify(config);
  const { install, findings } = importInstall(objects);
  return {
    spec: install.spec,
    findings: findings.map(({ kind, same, path, message }) => ({
      same,
      text: `${kind} ${path}: ${message}`,
    })),
  };
}

const texts = ({ findings }: ReturnType<typeof imported>) => findings.map(({ text }) => text);

describe("import, of the thick daemon", () => {
  it.each([undefined, ""])(
    "takes logLevel %j for what the daemon does then: it logs panics only",
    (level) => {
      const { spec } = imported(({ config }) => {
        config.logLevel = level;
      });
      expect(spec.logging).toEqual({ level: "panic" });
    },
  );

  it.each([
    ["/host/etc/cni/net.d/multus.d/certs", []],
    ["/host/etc/cni/net.d/multus.d/certs/", []],
    [
      "/var/lib/multus/certs",
      [
        expect.stringMatching(
          /^lost .*perNodeCertificate\.certDir: .*always .*it is "\/var\/lib\/multus\/certs"/,
        ),
      ],
    ],
    [
      undefined,
      [expect.stringMatching(/^broken .*perNodeCertificate\.certDir: is missing: the daemon exits/)],
    ],
  ])("reports where the daemon's certificate goes, if that changes: %j", (certDir, expected) => {
    const found = imported(
      ({ config }) => {
        Object.assign(config.perNodeCertificate as object, { certDir });
      },
      { daemon: { perNodeCertificate: { enabled: true } } },
    );
    expect(texts(found)).toEqual(expected);
  });

  it("reports that the daemon exits without a cniVersion", () => {
    const found = imported(({ config }) => {
      delete config.cniVersion;
    });
    expect(texts(found)).toEqual([
      expect.stringMatching(/^broken .*cniVersion: is missing: the daemon exits/),
    ]);
  });

  it("reports a daemon that runs plugins in its own container", () => {
    const without = imported(({ config }) => {
      delete config.chrootDir;
    });
    expect(texts(without)).toEqual([
      expect.stringMatching(/^note .*chrootDir: becomes \/hostroot.*with no chrootDir the daemon/),
    ]);
    expect(without.findings[0]?.same).toBe(false);
    const elsewhere = imported(({ config, container }) => {
      config.chrootDir = "/node";
      for (const mount of container.volumeMounts) if (mount.name === "hostroot") mount.mountPath = "/node";
    });
    expect(texts(elsewhere)).toEqual([]);
  });

  it.each([undefined, "/run/multus/"])("reports a socket %j that the shim does not reach", (socketDir) => {
    const found = imported(({ config }) => {
      config.socketDir = socketDir;
    });
    expect(texts(found)).toEqual([expect.stringMatching(/^broken .*socketDir: .* is not a host directory/)]);
  });

  it("accepts the default socket if the host's /run is mounted at /run", () => {
    const found = imported(({ config, container }) => {
      delete config.socketDir;
      for (const mount of container.volumeMounts) if (mount.name === "host-run") mount.mountPath = "/run";
    });
    expect(texts(found).filter((text) => text.includes("socketDir"))).toEqual([]);
  });

  it("reports that without binDir the daemon does not search where the plugins are installed", () => {
    const found = imported(
      ({ config }) => {
        delete config.binDir;
      },
      { distribution: "K3s" },
    );
    expect(found.spec).toMatchObject({ distribution: "K3s", cni: { additionalBinDir: "/opt/cni/bin" } });
    expect(texts(found)).toEqual([
      expect.stringMatching(/^broken .*binDir: .*in "\/opt\/cni\/bin" only, not in "\/var\/lib\/rancher/),
    ]);
  });

  it("takes a clusterNetwork that is a file of the node for the primary network's file", () => {
    const of = (clusterNetwork: string) =>
      imported(({ config }) => {
        config.clusterNetwork = clusterNetwork;
      });
    const file = of("/host/etc/cni/net.d/10-calico.conflist");
    expect(file.spec.primaryNetwork).toEqual({ source: "File", file: "10-calico.conflist" });
    expect(file.spec).not.toHaveProperty("daemon");
    expect(texts(file)).toEqual([]);
    expect(texts(of("/etc/other/10-calico.conflist"))).toEqual([
      expect.stringMatching(/^lost spec\.daemon\.clusterNetwork/),
    ]);
    expect(of("calico").spec.daemon).toEqual({ clusterNetwork: "calico" });
  });

  it.each([
    [
      ["-cni-version=0.3.1", "-multus-log-level=verbose"],
      ["-cni-version", "-multus-log-level"],
    ],
    [["-config=/etc/cni/net.d/multus.d/daemon-config.json"], []],
    [["--config", "/etc/cni/net.d/multus.d/daemon-config.json", "-x"], ["-x"]],
  ])("reports the flags %j that the daemon of v4 does not have", (args, unknown) => {
    const found = imported(({ container }) => {
      container.args = args;
    });
    expect(texts(found).map((text) => text.split(":")[0])).toEqual(
      unknown.map((name) => `broken args ${name}`),
    );
  });
});
