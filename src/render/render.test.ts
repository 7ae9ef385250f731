import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { multusInstallSpecs } from "../../test/integration/multus-install-specs.ts";
import type { KubeObject } from "../crds/kube-object.ts";
import {
  MULTUS_INSTALL_API_VERSION,
  type MultusInstall,
  parseMultusInstall,
} from "../crds/multus-install/multus-install.ts";
import { parsedInstall } from "../crds/multus-install/parsed-install.ts";
import type { MultusInstallSpecInput } from "../crds/multus-install/spec.ts";
import { RenderError } from "./errors.ts";
import { renderInstall } from "./render.ts";

const manifest = (spec: unknown) => ({
  apiVersion: MULTUS_INSTALL_API_VERSION,
  kind: "MultusInstall",
  metadata: { name: "multus" },
  spec,
});

const render = (spec: MultusInstallSpecInput) => renderInstall(parsedInstall(spec));

interface Container {
  name: string;
  image: string;
  command: string[];
  args?: string[];
  env?: { name: string; value?: string }[];
  resources: { requests?: object; limits?: object };
  volumeMounts: { name: string; mountPath: string }[];
}
interface Pod {
  containers: [Container];
  initContainers?: [Container];
  volumes: { name: string; hostPath?: { path: string }; configMap?: { items: object[] } }[];
  nodeSelector?: Record<string, string>;
  imagePullSecrets?: { name: string }[];
}
interface DaemonSet extends KubeObject {
  spec: { template: { metadata: { annotations?: Record<string, string> }; spec: Pod } };
}

const ofKind = (spec: MultusInstallSpecInput, kind: string) =>
  render(spec).objects.filter((object) => object.kind === kind);
const daemonSets = (spec: MultusInstallSpecInput) => ofKind(spec, "DaemonSet") as DaemonSet[];

function daemonSet(spec: MultusInstallSpecInput): DaemonSet {
  const [first] = daemonSets(spec);
  if (!first) throw new Error("no DaemonSet");
  return first;
}

const pod = (spec: MultusInstallSpecInput) => daemonSet(spec).spec.template.spec;
const main = (spec: MultusInstallSpecInput) => pod(spec).containers[0];

/** The JSON in the only key of the install's ConfigMap. */
function configOf(spec: MultusInstallSpecInput): Record<string, unknown> {
  const [configMap] = ofKind(spec, "ConfigMap") as unknown as { data: Record<string, string> }[];
  return JSON.parse(Object.values(configMap?.data ?? {})[0] ?? "null");
}

function rejectedFields(spec: MultusInstallSpecInput): string[] {
  try {
    render(spec);
  } catch (error) {
    if (error instanceof RenderError) return error.problems.map(({ path }) => path);
    throw error;
  }
  return [];
}

const warnedOf = (spec: MultusInstallSpecInput) => render(spec).warnings.map(({ code }) => code);

const conflist = (plugins: unknown, more: object = { name: "net" }): MultusInstallSpecInput => ({
  version: "v3.4.2",
  primaryNetwork: { source: "Inline", config: JSON.stringify({ ...more, plugins }) },
});

describe("any install", () => {
  /** Parsed installs only; the rest of the specs are the schema's business. */
  const installs = multusInstallSpecs()
    .map((spec) => parseMultusInstall(manifest(spec)))
    .filter((parsed) => parsed.ok)
    .map((parsed) => (parsed as { value: MultusInstall }).value);

  const attempt = (value: MultusInstall): KubeObject[] | undefined => {
    try {
      return renderInstall(value).objects;
    } catch (error) {
      if (error instanceof RenderError && error.problems.length > 0) return undefined;
      throw error;
    }
  };
  const property = (holds: (objects: KubeObject[], value: MultusInstall) => void) =>
    fc.assert(
      fc.property(installs, (value) => {
        const objects = attempt(value);
        if (objects) holds(objects, value);
      }),
      { numRuns: 300 },
    );

  it("renders to the same bytes each time, or is rejected with a RenderError", () => {
    property((objects, value) => {
      const again = JSON.stringify(renderInstall(structuredClone(value)).objects);
      expect(again).toBe(JSON.stringify(objects));
    });
  });

  it("labels every object as its own", () => {
    property((objects) => {
      for (const { metadata } of objects)
        expect(metadata.labels).toMatchObject({
          "app.kubernetes.io/managed-by": "multus-operator",
          "multus-operator.dev/install": "multus",
        });
    });
  });

  it("renders the documented kinds only, each in the workload's namespace or in none", () => {
    property((objects, { spec }) => {
      for (const { kind, metadata } of objects) {
        expect([
          "CustomResourceDefinition",
          "ServiceAccount",
          "ClusterRole",
          "ClusterRoleBinding",
          "Role",
          "RoleBinding",
          "ConfigMap",
          "DaemonSet",
        ]).toContain(kind);
        const namespaced = !["CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding"].includes(kind);
        expect(metadata.namespace).toBe(namespaced ? spec.namespace : undefined);
      }
    });
  });

  it("holds no undefined field: a dry run would drop it and differ", () => {
    property((objects) => {
      expect(objects).toStrictEqual(JSON.parse(JSON.stringify(objects)));
    });
  });

  it("mounts only volumes that the pod has, each once", () => {
    property((objects) => {
      for (const object of objects.filter(({ kind }) => kind === "DaemonSet")) {
        const { containers, initContainers = [], volumes } = (object as DaemonSet).spec.template.spec;
        const names = volumes.map(({ name }) => name);
        expect(new Set(names).size).toBe(names.length);
        for (const { volumeMounts } of [...containers, ...initContainers]) {
          for (const { name } of volumeMounts) expect(names).toContain(name);
          const paths = volumeMounts.map(({ mountPath }) => mountPath);
          expect(new Set(paths).size).toBe(paths.length);
        }
      }
    });
  });
});

describe("the thin plugin of v4", () => {
  it("renews its token unless told not to", () => {
    expect(main({}).args).toContain("--cleanup-config-on-exit=true");
    const off = { entrypoint: { refreshKubeconfig: false } };
    expect(main(off).args?.join()).not.toContain("cleanup-config-on-exit");
    expect(warnedOf(off)).toContain("TOKEN_NOT_RENEWED");
  });

  it("warns where a deletion would leave nodes on which pods fail", () => {
    const leave = { uninstall: { nodes: "Leave" } } as const;
    expect(warnedOf(leave)).not.toContain("LEAVES_NODES_BROKEN");
    expect(warnedOf({ ...leave, mode: "Thick" })).not.toContain("LEAVES_NODES_BROKEN");
    expect(warnedOf({ ...leave, version: "v3.4.2" })).toContain("LEAVES_NODES_BROKEN");
    expect(warnedOf({ ...leave, entrypoint: { refreshKubeconfig: false } })).toContain("LEAVES_NODES_BROKEN");
    expect(warnedOf({ version: "v3.4.2" })).not.toContain("LEAVES_NODES_BROKEN");
  });

  it("reads NADs and pods one by one; the daemon watches them", () => {
    const verbs = (spec: MultusInstallSpecInput) =>
      (
        ofKind(spec, "ClusterRole") as unknown as { rules: { resources: string[]; verbs: string[] }[] }[]
      )[0]?.rules.map(({ resources, verbs }) => `${resources.join()}: ${verbs.join()}`);
    const before = [
      "network-attachment-definitions: get",
      "pods: get",
      "pods/status: update",
      "events: create,patch",
    ];
    expect(verbs({ version: "v4.3.0" })).toEqual(before);
    expect(verbs({ version: "v4.3.1" })).toEqual(
      before.toSpliced(3, 0, "resourceclaims,resourceclaims/status,resourceslices: get,list"),
    );
    expect(verbs({ mode: "Thick" })).toContain("pods: get,list,watch");
  });

  it("has no limits and a request on each container, and takes the user's instead", () => {
    const { containers, initContainers } = pod({});
    for (const { resources } of [...containers, ...(initContainers ?? [])])
      expect(resources).toEqual({ requests: { cpu: expect.any(String), memory: expect.any(String) } });
    const resources = { limits: { memory: "200Mi" } };
    expect(main({ workload: { resources } }).resources).toEqual(resources);
  });

  it("warns of a CNI version that the primary network may not have, and of a release that is none", () => {
    expect(warnedOf({ cni: { version: "1.0.0" } })).toEqual(["MUST_BE_THE_PRIMARY_NETWORKS"]);
    expect(warnedOf({ version: "v4.3" })).toEqual(["UNKNOWN_RELEASE"]);
    expect(warnedOf({ version: "v3.8" })).toEqual([]);
    for (const version of ["v3.7.9", "v3.8.1", "v3.8.0"])
      expect(warnedOf({ version })).toEqual(["UNKNOWN_RELEASE"]);
    expect(warnedOf({ version: "v3.7.9", image: { tag: "v3.7.9" } })).toEqual([]);
    expect(warnedOf({ image: { tag: "snapshot" } })).toEqual(["MOVING_TAG"]);
  });

  it("renders a release that it does not know as the newest that it knows, with a warning", () => {
    for (const version of ["v4.3.2", "v4.4.0", "v4.10.0"]) {
      expect(warnedOf({ version })).toEqual(["NEWER_RELEASE"]);
      const known = JSON.stringify(render({ version: "v4.3.1" }).objects);
      expect(JSON.stringify(render({ version }).objects)).toBe(known.replaceAll("v4.3.1", version));
    }
    expect(warnedOf({ version: "v4.3.1" })).toEqual([]);
  });

  it("has 30 s to end from v4.3.1 on, in both modes", () => {
    const seconds = (spec: MultusInstallSpecInput) =>
      (pod(spec) as unknown as { terminationGracePeriodSeconds: number }).terminationGracePeriodSeconds;
    for (const mode of ["Thin", "Thick"] as const)
      expect([seconds({ mode, version: "v4.3.0" }), seconds({ mode, version: "v4.3.1" })]).toEqual([10, 30]);
  });
});

describe("the thick daemon", () => {
  it("runs one image for the shim and the daemon", () => {
    const { containers, initContainers } = pod({ mode: "Thick", image: { registry: "r.example:5000" } });
    expect(containers[0].image).toBe("r.example:5000/k8snetworkplumbingwg/multus-cni:v4.3.1-thick");
    expect(initContainers?.[0].image).toBe(containers[0].image);
  });

  it("rolls when its configuration changes, and only then", () => {
    const checksum = (spec: MultusInstallSpecInput) =>
      daemonSet({ mode: "Thick", ...spec }).spec.template.metadata.annotations?.[
        "multus-operator.dev/config-checksum"
      ];
    expect(checksum({})).toMatch(/^[0-9a-f]{16}$/);
    expect(checksum({ daemon: { metricsPort: 9091 } })).not.toBe(checksum({}));
    expect(checksum({ paused: true })).toBe(checksum({}));
  });

  it("sees the directories of the distribution, the plugins' at the same path on both sides", () => {
    const spec = { mode: "Thick", distribution: "K3s" } as const;
    expect(configOf(spec)).toMatchObject({
      cniConfigDir: "/host/var/lib/rancher/k3s/agent/etc/cni/net.d",
      binDir: "/var/lib/rancher/k3s/data/cni",
    });
    expect(main(spec).volumeMounts).toContainEqual({
      name: "cnibin",
      mountPath: "/var/lib/rancher/k3s/data/cni",
    });
    const netns = ({ volumes }: Pod) => volumes.find(({ name }) => name === "host-run-netns")?.hostPath;
    expect(netns(pod({ mode: "Thick" }))).toEqual({ path: "/run/netns/" });
    expect(netns(pod({ mode: "Thick", distribution: "Talos" }))).toEqual({ path: "/var/run/netns/" });
  });

  it("gets an inline primary network whole, in place of the node's file", () => {
    const config = configOf({ mode: "Thick", primaryNetwork: { source: "Inline", preset: "Calico" } });
    expect(config).toMatchObject({
      clusterNetwork: "",
      multusConfigFile: "auto",
      delegates: [
        {
          cniVersion: "0.3.1",
          name: "k8s-pod-network",
          plugins: [
            { type: "calico", kubernetes: { kubeconfig: "/etc/cni/net.d/calico-kubeconfig" } },
            { type: "portmap" },
          ],
        },
      ],
    });
    const own = { name: "own", plugins: [{ type: "cilium-cni" }] };
    expect(
      configOf({ mode: "Thick", primaryNetwork: { source: "Inline", config: JSON.stringify(own) } })
        .delegates,
    ).toEqual([{ cniVersion: "0.3.1", ...own }]);
    expect(configOf({ mode: "Thick" })).not.toHaveProperty("clusterNetwork");
  });

  it("cannot wait for a file that it does not see", () => {
    const waiting = (readinessFile: string) =>
      rejectedFields({ mode: "Thick", primaryNetwork: { readinessFile } });
    expect(waiting("/run/calico/ready")).toEqual(["spec.primaryNetwork.readinessFile"]);
    expect(waiting("/etc/cni/net.d/10-calico.conflist")).toEqual([]);
  });
});

describe("the thick daemon with a certificate of its own", () => {
  const spec: MultusInstallSpecInput = {
    mode: "Thick",
    daemon: { perNodeCertificate: { enabled: true, certDuration: "1h" } },
  };
  const volume = (of: MultusInstallSpecInput) =>
    pod(of).volumes.find(({ name }) => name === "host-kubelet-kubeconfig");

  it("is told where the kubelet's kubeconfig is, and sees the files beside it, read-only", () => {
    expect(configOf(spec).perNodeCertificate).toEqual({
      enabled: true,
      bootstrapKubeconfig: "/etc/kubernetes/kubelet.conf",
      certDir: "/host/etc/cni/net.d/multus.d/certs",
      certDuration: "1h",
    });
    expect(volume(spec)).toMatchObject({ hostPath: { path: "/etc/kubernetes", type: "Directory" } });
    const mount = main(spec).volumeMounts.find(({ name }) => name === "host-kubelet-kubeconfig");
    expect(mount).toMatchObject({ mountPath: "/etc/kubernetes", readOnly: true });
    const k3s: MultusInstallSpecInput = { ...spec, distribution: "K3s" };
    expect(volume(k3s)).toMatchObject({ hostPath: { path: "/var/lib/rancher/k3s/agent" } });
    // /var/lib/kubelet is mounted anyway.
    expect(volume({ ...spec, distribution: "OpenShift" })).toBeUndefined();
  });

  it("has its rights by the certificate's group, and its service account has neither rights nor a token", () => {
    const [binding] = ofKind(spec, "ClusterRoleBinding");
    expect(binding?.subjects).toEqual([
      { kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: "system:multus" },
    ]);
    expect(pod(spec)).toMatchObject({ automountServiceAccountToken: false });
    expect(JSON.stringify(ofKind(spec, "ClusterRole"))).toContain("certificatesigningrequests");
  });

  it("has none of it where the field is off", () => {
    const off: MultusInstallSpecInput = {
      mode: "Thick",
      daemon: { perNodeCertificate: { enabled: false, bootstrapKubeconfig: "/var/lib/kubelet/kubeconfig" } },
    };
    expect(render(off).objects).toEqual(render({ mode: "Thick", daemon: {} }).objects);
  });
});

describe("v3.4", () => {
  const calico = { version: "v3.4.2", primaryNetwork: { source: "Inline", preset: "Calico" } } as const;

  it("has one DaemonSet an architecture, each on its own nodes", () => {
    const sets = daemonSets({ version: "v3.4.2", workload: { architectures: ["amd64", "arm64"] } });
    expect(sets.map(({ metadata }) => metadata.name)).toEqual([
      "kube-multus-ds-amd64",
      "kube-multus-ds-arm64",
    ]);
    expect(warnedOf({ version: "v3.4.2", workload: { architectures: ["arm64"] } })).toEqual([
      "KNOWN_DEFECT",
      "ONE_ARCHITECTURE",
    ]);
    expect(sets.map((set) => set.spec.template.spec.nodeSelector)).toEqual([
      { "kubernetes.io/arch": "amd64" },
      { "kubernetes.io/arch": "arm64" },
    ]);
  });

  it("mounts the inline configuration under a name that sorts before the primary network's", () => {
    const { containers, volumes } = pod(calico);
    expect(containers[0].args).toContain("--multus-conf-file=/tmp/multus-conf/00-multus.conf");
    expect(volumes.find(({ configMap }) => configMap)?.configMap?.items).toEqual([
      { key: "cni-conf.json", path: "00-multus.conf" },
    ]);
  });

  it("gives Calico a datastore and the kubeconfig of its directory, and portmap", () => {
    const delegate = (spec: MultusInstallSpecInput) =>
      (configOf(spec).delegates as { plugins: Record<string, unknown>[] }[])[0]?.plugins;
    expect(delegate(calico)).toMatchObject([
      {
        type: "calico",
        datastore_type: "kubernetes",
        kubernetes: { kubeconfig: "/etc/cni/net.d/calico-kubeconfig" },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ]);
    expect(delegate({ ...calico, distribution: "OpenShift" })?.[0]?.kubernetes).toEqual({
      kubeconfig: "/etc/kubernetes/cni/net.d/calico-kubeconfig",
    });
  });

  it("takes over a user's own delegate, and warns of a calico without a datastore", () => {
    const first = { type: "calico", name: "calico.1", delegate: { isDefaultGateway: true } };
    const spec = conflist([first], { name: "default-cni-network", cniVersion: "0.3.1" });
    expect(configOf(spec).delegates).toEqual([
      { cniVersion: "0.3.1", name: "default-cni-network", plugins: [first] },
    ]);
    expect(warnedOf(spec)).toContain("INCOMPLETE_CALICO");
  });

  it("mounts the log directory at the host's own path", () => {
    const spec = { ...calico, logging: { hostDir: "/opt/cni/log", file: "/opt/cni/log/multus.log" } };
    expect(main(spec).volumeMounts).toContainEqual({ name: "log", mountPath: "/opt/cni/log" });
    expect(configOf(spec).logFile).toBe("/opt/cni/log/multus.log");
  });

  it("reaches the node's systemd if it restarts CRI-O, and only then", () => {
    const restarts = { version: "v3.4.2", entrypoint: { restartCRIO: true } } as const;
    expect(main(restarts).volumeMounts).toContainEqual({
      name: "run",
      mountPath: "/run",
      mountPropagation: "HostToContainer",
    });
    expect(pod(restarts).volumes).toContainEqual({ name: "run", hostPath: { path: "/run" } });
    expect(JSON.stringify(pod({ version: "v3.4.2" }))).not.toContain('"/run"');
  });

  it("runs a self-built image of another layout", () => {
    const container = main({
      version: "v3.4.2",
      image: {
        registry: "192.168.1.222:80",
        repository: "kube-ovn/multus-cni",
        tag: "latest",
        layout: {
          command: ["bash", "/go/src/github.com/intel/multus-cni/images/entrypoint.sh"],
          binaryFile: "/go/src/github.com/intel/multus-cni/bin/multus",
          mountPrefix: "",
        },
      },
    });
    expect(container.image).toBe("192.168.1.222:80/kube-ovn/multus-cni:latest");
    expect(container.command[0]).toBe("bash");
    expect(container.args).toEqual(
      expect.arrayContaining([
        "--multus-bin-file=/go/src/github.com/intel/multus-cni/bin/multus",
        "--cni-conf-dir=/etc/cni/net.d",
        "--cni-bin-dir=/opt/cni/bin",
      ]),
    );
    expect(container.volumeMounts).toContainEqual({ name: "cni", mountPath: "/etc/cni/net.d" });
  });
});

describe("an inline primary network on which Multus would crash or pods would fail", () => {
  it.each([
    ["no plugins", conflist([])],
    ["a plugin that is null", conflist([null])],
    ["no name, which libcni rejects", conflist([{ type: "flannel" }], {})],
    [
      "an address block that is none",
      conflist([{ type: "bridge", ipam: { type: "host-local", subnet: "10.0.0.0/99" } }]),
    ],
    ["no JSON", { version: "v3.4.2", primaryNetwork: { source: "Inline", config: '{"plugins": [}' } }],
  ] as [string, MultusInstallSpecInput][])("%s", (_, spec) => {
    expect(rejectedFields(spec)).toEqual(["spec.primaryNetwork.config"]);
  });

  it("kube-router, whose ranges differ from node to node", () => {
    expect(
      rejectedFields({ version: "v3.4.2", primaryNetwork: { source: "Inline", preset: "KubeRouter" } }),
    ).toEqual(["spec.primaryNetwork.preset"]);
  });
});

it("gives each release of v3 the flags that its entrypoint has", () => {
  const flagsOf = (spec: MultusInstallSpecInput) =>
    (main(spec).args ?? []).map((arg) => arg.slice(2).split("=")[0]);
  const file = { source: "File" as const, file: "10-aws.conflist" };
  expect(flagsOf({ version: "v3.7.2", primaryNetwork: file })).toContain("multus-master-cni-file-name");
  expect(rejectedFields({ version: "v3.7.10", primaryNetwork: file })).toEqual([]);
  const shared = { enabled: true, globalNamespaces: ["shared"] };
  expect(flagsOf({ version: "v3.7", isolation: shared, logging: { toStderr: false } })).toEqual(
    expect.arrayContaining(["global-namespaces", "multus-log-to-stderr"]),
  );
  for (const spec of [
    { version: "v3.7", primaryNetwork: file },
    { version: "v3.7.1", primaryNetwork: file },
  ])
    expect(parseMultusInstall(manifest(spec))).toMatchObject({ ok: false });
  expect(parseMultusInstall(manifest({ version: "v3.6", isolation: shared }))).toMatchObject({ ok: false });
  // v3.4 has the key in its configuration, and not the flag with which its script generates one.
  const ready = { readinessFile: "/run/calico/ready" };
  for (const version of ["v3.4", "v3.4.0"])
    expect(parseMultusInstall(manifest({ version, primaryNetwork: ready }))).toMatchObject({ ok: false });
  expect(flagsOf({ version: "v3.4.1", primaryNetwork: ready })).toContain("readiness-indicator-file");
  const inline = { source: "Inline" as const, preset: "Calico" as const, ...ready };
  expect(flagsOf({ version: "v3.4", primaryNetwork: inline })).not.toContain("readiness-indicator-file");
});
