import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { loadAll } from "js-yaml";
import { describe, expect, it } from "vitest";
import { multusInstallSpecs } from "../../test/integration/multus-install-specs.ts";
import { MULTUS_INSTALL_API_VERSION, parseMultusInstall } from "../crds/multus-install/multus-install.ts";
import { DEFAULT_RELEASE } from "../crds/multus-install/spec.ts";
import { RenderError } from "../render/errors.ts";
import { renderInstall } from "../render/render.ts";
import { parseDocuments } from "../validate/documents.ts";
import { ImportError } from "./errors.ts";
import { importInstall } from "./import.ts";

const FIRST_USERS = loadAll(
  readFileSync(
    new URL("../../manifests/samples/hand-made/multus-daemonset-pre-calico.yml", import.meta.url),
    "utf8",
  ),
);

const install = (spec: unknown) => ({
  apiVersion: MULTUS_INSTALL_API_VERSION,
  kind: "MultusInstall",
  metadata: { name: "multus" },
  spec,
});

/** What the operator applies for a spec, or undefined where it rejects it. */
function rendered(spec: unknown): object[] | undefined {
  const parsed = parseMultusInstall(install(spec));
  if (!parsed.ok) return undefined;
  try {
    return renderInstall(parsed.value).objects;
  } catch (error) {
    if (error instanceof RenderError) return undefined;
    throw error;
  }
}

interface DaemonSetLike {
  kind: string;
  spec: {
    template: {
      spec: { containers: [{ args: string[]; image: string }]; [field: string]: unknown };
    };
  };
}

/** A manifest of v4 thin, after a change by hand to its DaemonSet. */
function edited(spec: object, edit: (daemonSet: DaemonSetLike) => void): unknown[] {
  const objects = structuredClone(rendered(spec) ?? []) as DaemonSetLike[];
  for (const object of objects) if (object.kind === "DaemonSet") edit(object);
  return objects;
}

const findings = (documents: unknown[]) =>
  importInstall(documents).findings.map(({ kind, path, message }) => `${kind} ${path}: ${message}`);

describe("import", () => {
  const daemonSet = (container: object) => ({
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "ds", namespace: "kube-system" },
    spec: { template: { spec: { containers: [{ name: "c", ...container }] } } },
  });

  it.each([
    { image: "ghcr.io/org/multus-dynamic-networks-controller:v1", command: ["/dynamic-networks-controller"] },
    { image: "localhost:5000/multus-networkpolicy-nftables:e2e", command: ["/multi-networkpolicy-nftables"] },
    { image: "org/multus-networkpolicy:v1" },
    { image: "org/multus-admission-controller:v4.16" },
    { image: "org/installer:v1", command: ["/bin/sh", "-c", "cp /multus-ipam /host/opt/cni/bin"] },
    { image: "org/multus-tools:v1", command: ["/reconcile"] },
    { image: "org/multus-dhcp:v1.9.1" },
  ])("takes no companion for Multus: %j", (container) => {
    expect(() => importInstall([daemonSet(container)])).toThrow(
      expect.objectContaining({ code: "NO_MULTUS" }),
    );
  });

  it.each([
    { image: "registry.local/rancher/hardened-multus-cni:v4.2.3-build1" },
    { image: "org/multus:v4.0.2-thick", command: ["/usr/src/multus-cni/bin/multus-daemon"] },
    {
      image: "org/multus:v3.9.3",
      command: ["/bin/bash", "-ec", "set -x\nexec /entrypoint.sh --multus-conf-file=auto"],
    },
    {
      image: "org/multus:v4.0.2-thick",
      command: ["/bin/bash", "-ec", "--"],
      args: ["exec /usr/src/multus-cni/bin/multus-daemon"],
    },
    { image: "org/cni:v4.1.0", command: ["/opt/multus"] },
    { name: "kube-multus", image: "org/x:v4.1.0", command: ["/start"] },
  ])("recognizes Multus in %j", (container) => {
    expect(importInstall([daemonSet(container)]).install.kind).toBe("MultusInstall");
  });

  it("finds the script after the shell's --, and the program in it", () => {
    const { install, findings } = importInstall([
      daemonSet({
        image: "org/multus@sha256:0000000000000000000000000000000000000000000000000000000000000000",
        command: ["/bin/bash", "-ec", "--"],
        args: [
          'MULTUS_DAEMON_OPT="" /entrypoint/cnibincopy.sh; exec /usr/src/multus-cni/bin/multus-daemon $MULTUS_DAEMON_OPT\n',
        ],
      }),
    ]);
    expect(install.spec).toMatchObject({ mode: "Thick", version: expect.stringMatching(/^v4/) });
    expect(findings.map(({ path, message }) => `${path}: ${message}`)).toContainEqual(
      expect.stringMatching(/^args: .*multus-daemon" is imported, and its 1 other line is not$/),
    );
  });

  it.each([
    ["4.2.2-debian-12-r2", "v4.2.2"],
    ["4.2.2", "v4.2.2"],
    // OpenShift's own releases.
    ["4.20", "v4.3.0"],
    ["4.9.1", "v4.3.0"],
    ["4.20.1", "v4.3.0"],
  ])("takes the tag %s for the release %s", (tag, version) => {
    const { install } = importInstall([
      daemonSet({ image: `org/multus:${tag}`, command: ["/thin_entrypoint"] }),
    ]);
    expect(install.spec.version).toBe(version);
  });

  it.each([
    ["--readiness-indicator-file=/run/x", "v3.4.2"],
    ["--global-namespaces=a", "v3.9.3"],
  ])("assumes of a v3 that names no release the one whose script has %s: %s", (flag, version) => {
    const { install } = importInstall([
      daemonSet({ image: "org/multus:e2e", command: ["/entrypoint.sh"], args: [flag] }),
    ]);
    expect(install.spec.version).toBe(version);
  });

  // As upstream's multus-daemonset-crio.yml has it in every release of v4.
  it("reports that upstream's own tag of v3 has become v4", () => {
    const of = (tag: string) =>
      importInstall([
        daemonSet({ image: `ghcr.io/k8snetworkplumbingwg/multus-cni:${tag}`, command: ["/entrypoint.sh"] }),
      ]);
    const broken = (tag: string) =>
      of(tag).findings.filter(({ kind, path }) => kind === "broken" && path === "image");
    expect(of("stable").install.spec.version).toBe("v3.9.3");
    expect(broken("stable").map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^the tag "stable" has been an image of v4 .*no \/entrypoint\.sh.*such as v3\.9\.3/,
      ),
    ]);
    expect(broken("stable-amd64")).toEqual([]);
    expect(broken("v3.8")).toEqual([]);
  });

  // As upstream's multus-daemonset-crio.yml and Kubespray have it for CRI-O.
  it.each([
    [
      "--restart-crio=false",
      [expect.stringMatching(/^note volumeMounts "run": is not imported: .*restart CRI-O/)],
    ],
    ["--restart-crio=true", []],
  ])(
    "reports of the host's /run and of added capabilities what is lost: nothing, with %s",
    (flag, expected) => {
      const manifest = edited({ version: "v3.9.3" }, ({ spec: { template } }) => {
        const [container] = template.spec.containers as unknown as [
          Record<"args" | "volumeMounts", unknown[]> & { securityContext: unknown },
        ];
        container.args.push(flag);
        container.securityContext = { privileged: true, capabilities: { add: ["SYS_ADMIN"] } };
        container.volumeMounts.push({ name: "run", mountPath: "/run", mountPropagation: "HostToContainer" });
        (template.spec.volumes as unknown[]).push({ name: "run", hostPath: { path: "/run" } });
      });
      expect(findings(manifest)).toEqual(expected);
    },
  );

  it("still reports a privileged container's further settings", () => {
    const manifest = edited({}, ({ spec: { template } }) => {
      Object.assign(template.spec.containers[0], {
        securityContext: { privileged: true, capabilities: { drop: ["ALL"] } },
      });
    });
    expect(findings(manifest)).toContainEqual(expect.stringMatching(/^lost kube-multus securityContext/));
  });

  it.each([
    [undefined, "not set"],
    [{}, "not set"],
    [{ privileged: false }, "false"],
  ])("reports that containers become privileged, with %j", (securityContext, was) => {
    const manifest = edited({}, ({ spec: { template } }) => {
      const { containers, initContainers } = template.spec as Record<string, object[]>;
      for (const container of [...(containers ?? []), ...(initContainers ?? [])])
        Object.assign(container, { securityContext });
    });
    const why = `becomes true: all of the operator's containers are privileged (it is ${was})`;
    expect(findings(manifest)).toEqual([
      `note kube-multus securityContext.privileged: ${why}`,
      `note install-multus-binary securityContext.privileged: ${why}`,
    ]);
  });

  it.each([
    [{ version: "v4.3.0" }, "kube-multus-ds"],
    [{ version: "v3.9.3", workload: { architectures: ["arm64"] } }, "kube-multus-ds-arm64"],
  ])("reports that the name of a DaemonSet changes: %j", (spec, own) => {
    const manifest = edited(spec, (daemonSet) =>
      Object.assign(daemonSet, { metadata: { name: "rke2-multus", namespace: "kube-system" } }),
    );
    expect(findings(manifest)).toEqual([`note metadata.name: becomes ${own} (it is "rke2-multus")`]);
    expect(findings(edited(spec, () => {}))).toEqual([]);
  });

  it("names an unsupported release of v3 as such", () => {
    const { findings } = importInstall([
      daemonSet({ image: "nfvpe/multus:v3.3", command: ["/entrypoint.sh"] }),
    ]);
    expect(findings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(
        /^the tag "v3.3" is not a release of v3 \(v3\.4 and later\): v3\.4\.2 is assumed/,
      ),
    );
  });

  it("leaves out a group whose only field is not valid", () => {
    const { install } = importInstall([
      daemonSet({
        image: "org/multus:v4.2.2",
        command: ["/thin_entrypoint"],
        args: ["--cni-version={{ CNI_VERSION }}"],
      }),
    ]);
    expect(install.spec).not.toHaveProperty("cni");
  });

  it("carries the first users' manifest over, and says what in it cannot work", () => {
    const imported = importInstall(FIRST_USERS);
    expect(imported.install.spec).toEqual({
      version: "v3.4.2",
      mode: "Thin",
      distribution: "Kubernetes",
      image: {
        registry: "192.168.1.222:80",
        repository: "kube-ovn/multus-cni",
        tag: "latest",
        pullPolicy: "Always",
      },
      logging: { hostDir: "/opt/cni/log" },
      workload: {
        architectures: ["amd64"],
        tolerations: [{ operator: "Exists", effect: "NoSchedule" }],
        priorityClassName: "",
        resources: { requests: { cpu: "100m", memory: "50Mi" }, limits: { cpu: "100m", memory: "50Mi" } },
      },
    });
    const told = imported.findings.map(({ kind, message }) => `${kind}: ${message}`);
    expect(told).toContainEqual(expect.stringMatching(/^broken: is a setting of flannel/));
    expect(told).toContainEqual(
      expect.stringMatching(/^broken: plugins\[0\]: a calico plugin without datastore_type/),
    );
    expect(told).toContainEqual(
      expect.stringMatching(/^note: extensions\/v1beta1|apiextensions.*no longer served/),
    );
    expect(told.filter((line) => line.startsWith("lost"))).toEqual([]);
  });

  it("makes an inline delegate of the ConfigMap where the pods use it", () => {
    const text = JSON.stringify(FIRST_USERS).replace(
      "--multus-conf-file=auto",
      "--multus-conf-file=/tmp/multus-conf/70-multus.conf",
    );
    const { install, findings } = importInstall(JSON.parse(text) as unknown[]);
    const network = install.spec.primaryNetwork as { source: string; config: string };
    expect(network.source).toBe("Inline");
    expect(JSON.parse(network.config)).toMatchObject({ name: "default-cni-network" });
    expect(findings.filter(({ same }) => !same).map(({ path }) => path)).toContain("the file on the node");
  });

  it("gives back what the operator itself rendered, whatever the spec", () => {
    fc.assert(
      fc.property(multusInstallSpecs(), (spec) => {
        const before = rendered(spec);
        const { version = DEFAULT_RELEASE, image } = spec as {
          version?: string;
          image?: { layout?: unknown; tag?: string };
        };
        // A v4 that is started by v3's script is taken for v3.
        fc.pre(!version.startsWith("v4") || !JSON.stringify(image?.layout ?? {}).includes("/entrypoint.sh"));
        // A tag that names a release is believed, whatever the version was.
        fc.pre(!image?.tag?.startsWith("v") || image.tag.startsWith(version));
        fc.pre(before !== undefined);
        const imported = importInstall(before ?? []);
        expect(imported.findings.filter(({ same }) => !same)).toEqual([]);
        expect(rendered(imported.install.spec)).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["--restart-crio=true", /^broken args --restart-crio: v4 rejects/],
    ["--no-such-flag", /^broken args --no-such-flag: thin_entrypoint does not know it and exits/],
    ["--force-cni-version=true", /^lost args --force-cni-version: no field sets it: it is a hidden flag/],
    ["--multus-kubeconfig-file-host=/etc/x", /^broken args --multus-kubeconfig-file-host: .*"\/etc\/x"/],
    ["--multus-log-level=chatty", /^lost spec\.logging\.level: must be one of/],
    ["--multus-log-file=/var/log/x", /^lost the log file: "\/var\/log\/x" is written on the host/],
    ["--cni-bin-dir=/nowhere", /^broken args --cni-bin-dir: .*nothing is mounted there/],
    [
      "--multus-conf-file=/opt/x.conf",
      /^lost args --multus-conf-file: "\/opt\/x\.conf" comes from the image/,
    ],
    ["--skip-config-watch", /^broken args: the kubeconfig's token is not renewed/],
  ])("says of the flag %s what becomes of it", (flag, expected) => {
    const documents = edited({}, (daemonSet) => {
      const { args } = daemonSet.spec.template.spec.containers[0];
      const name = flag.split("=")[0] ?? "";
      daemonSet.spec.template.spec.containers[0].args = [
        ...args.filter((a) => !a.startsWith(`${name}=`)),
        flag,
      ];
    });
    expect(findings(documents)).toContainEqual(expect.stringMatching(expected));
  });

  it.each([
    ["hostIPC", true, /^lost spec\.template\.spec\.hostIPC/],
    ["serviceAccountName", "other", /^note serviceAccountName: becomes multus/],
    ["affinity", { podAntiAffinity: {} }, /^lost affinity\.podAntiAffinity/],
    ["dnsPolicy", "Default", /^lost spec\.template\.spec\.dnsPolicy/],
  ])("says of the pod's field %s what becomes of it", (field, value, expected) => {
    const documents = edited({}, (daemonSet) => {
      daemonSet.spec.template.spec[field] = value;
    });
    expect(findings(documents)).toContainEqual(expect.stringMatching(expected));
  });

  it.each([
    ["multusConfigFile", "/etc/x", /^broken .*multusConfigFile: .*restarts indefinitely/],
    ["socketDir", "/", /^lost .*socketDir: .*removes the whole directory/],
    ["enablePprof", true, /^lost .*enablePprof: no field sets it/],
    ["metricsPort", "9091", /^lost spec\.daemon\.metricsPort: must be/],
    ["noSuchKey", 1, /^note .*noSuchKey: the daemon does not know it/],
  ])("says of the daemon's key %s what becomes of it", (key, value, expected) => {
    const documents = (rendered({ mode: "Thick" }) ?? []).map((object) => {
      const { data } = object as { data?: Record<string, string> };
      if (!data) return object;
      const config = { ...(JSON.parse(data["daemon-config.json"] ?? "") as object), [key]: value };
      return { ...object, data: { "daemon-config.json": JSON.stringify(config) } };
    });
    expect(findings(documents)).toContainEqual(expect.stringMatching(expected));
  });

  it("takes a List of live objects", () => {
    const list = { apiVersion: "v1", kind: "List", items: rendered({ mode: "Thick" }) };
    expect(importInstall([list]).install.spec).toMatchObject({ mode: "Thick" });
  });

  it("never gives an install that the operator would reject", () => {
    const base =
      rendered({ mode: "Thick", logging: { hostDir: "/opt/cni/log", file: "/opt/cni/log/x" } }) ?? [];
    fc.assert(
      fc.property(
        fc.constantFrom("thin", "thick"),
        fc.array(fc.tuple(fc.nat(), fc.anything({ maxDepth: 1 })), { minLength: 1, maxLength: 3 }),
        (mode, changes) => {
          let documents: unknown = mode === "thin" ? FIRST_USERS : base;
          for (const [at, value] of changes) documents = changed(documents, at, value);
          try {
            expect(rendered(importInstall(documents as unknown[]).install.spec)).toBeDefined();
          } catch (error) {
            if (!(error instanceof ImportError)) throw error;
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("rejects a file without Multus", () => {
    expect(() => importInstall([{ kind: "Pod", metadata: { name: "x" } }])).toThrow(
      expect.objectContaining({ code: "NO_MULTUS" }),
    );
    expect(() => importInstall([null, 1])).toThrow(expect.objectContaining({ code: "MALFORMED" }));
  });
});

/** A copy with one of its leaves, the n-th, exchanged. */
function changed(value: unknown, n: number, by: unknown): unknown {
  const leaves: (string | number)[][] = [];
  const walk = (inner: unknown, path: (string | number)[]) => {
    if (typeof inner !== "object" || inner === null) leaves.push(path);
    else for (const [key, child] of Object.entries(inner)) walk(child, [...path, key]);
  };
  walk(value, []);
  const copy = structuredClone(value) as Record<string, unknown>;
  const path = leaves[n % leaves.length] ?? [];
  const parent = path.slice(0, -1).reduce<Record<string, unknown>>((inner, key) => inner[key] as never, copy);
  parent[path.at(-1) ?? ""] = by;
  return copy;
}

describe("cases after files of users", () => {
  const imported = (name: string) => {
    const file = resolve(import.meta.dirname, "../../test/cases", `${name}.yaml`);
    return importInstall(parseDocuments(readFileSync(file, "utf8")).map(({ value }) => value));
  };

  it("takes annotations: null for none", () => {
    const { install, findings } = imported("import-annotations-null");
    expect(install.spec).toMatchObject({ version: "v3.8", mode: "Thin" });
    expect(install.spec.workload).not.toHaveProperty("annotations");
    expect(findings.filter(({ kind }) => kind !== "note")).toEqual([]);
  });

  it("leaves a checksum out that nothing renews", () => {
    const { install, findings } = imported("import-checksum-annotation");
    expect(install.spec.workload).not.toHaveProperty("annotations");
    expect(findings).toContainEqual(
      expect.objectContaining({ kind: "note", path: "spec.template.metadata.annotations checksum/config" }),
    );
  });

  it("reads keys in another case, as Go does", () => {
    const { install, findings } = imported("import-keys-in-other-case");
    expect(install.spec.logging).toEqual({ level: "debug" });
    expect(findings.filter(({ kind }) => kind === "lost")).toEqual([]);
  });

  it("takes the flags that v3.7 and v3.7.2 already have", () => {
    const text = readFileSync(
      resolve(import.meta.dirname, "../../test/cases/import-keys-in-other-case.yaml"),
      "utf8",
    );
    const [daemonSet] = parseDocuments(text).map(({ value }) => value) as [DaemonSet];
    const [container] = daemonSet.spec.template.spec.containers;
    const of = (tag: string, ...args: string[]) => {
      Object.assign(container, { image: `registry.example/multus-cni:${tag}`, command: ["/entrypoint.sh"] });
      container.args = ["--multus-conf-file=auto", ...args];
      const { install, findings } = importInstall([daemonSet]);
      return {
        spec: install.spec,
        lost: findings.filter(({ kind }) => kind === "lost").map(({ path }) => path),
      };
    };
    const file = "--multus-master-cni-file-name=10-aws.conflist";
    expect(of("v3.7.2-eksbuild.1", file).spec).toMatchObject({
      version: "v3.7.2",
      primaryNetwork: { source: "File", file: "10-aws.conflist" },
    });
    expect(of("v3.7.1", file).lost).toContain("spec.primaryNetwork.source");
    const isolation = of("v3.7", "--namespace-isolation=true", "--global-namespaces=default,shared").spec
      .isolation;
    expect(isolation).toMatchObject({ enabled: true, globalNamespaces: ["default", "shared"] });
  });
});

interface DaemonSet {
  spec: { template: { spec: { containers: [{ args: string[] }] } } };
}
