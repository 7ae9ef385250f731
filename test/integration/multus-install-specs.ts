import fc from "fast-check";
import { DISTRIBUTIONS } from "../../src/crds/multus-install/distribution.ts";

/** A field that is there `share` times for every two that it is not. */
const maybe = <T>(value: fc.Arbitrary<T>, share = 2): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: share, arbitrary: value }, { weight: 2, arbitrary: fc.constant(undefined) });
/** One of the right values, or now and then of the wrong ones. */
type Mostly = <T>(right: readonly T[], wrong: readonly T[]) => fc.Arbitrary<T>;

const CONFLIST = JSON.stringify({ name: "net", plugins: [{ type: "bridge" }] });
const HOSTILE_CONFLIST = JSON.stringify({ name: "net", plugins: [{ type: "multus" }] });

const rightOnly: Mostly = (right) => fc.constantFrom(...right);
const mostlyRight: Mostly = (right, wrong) =>
  fc.oneof(
    { weight: 19, arbitrary: fc.constantFrom(...right) },
    { weight: 1, arbitrary: fc.constantFrom(...wrong) },
  );

const record = (fields: Record<string, fc.Arbitrary<unknown>>) => fc.record(fields).map(withoutUndefined);
const withoutUndefined = (value: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));

/**
 * Specs of MultusInstall, as a user might write them. Most have right values only, so that what can be wrong
 * is how fields go together.
 */
export function multusInstallSpecs(): fc.Arbitrary<Record<string, unknown>> {
  return fc.oneof({ weight: 3, arbitrary: specs(rightOnly) }, { weight: 1, arbitrary: specs(mostlyRight) });
}

function specs(mostly: Mostly): fc.Arbitrary<Record<string, unknown>> {
  const namespaces = maybe(fc.array(mostly(["default", "team-a"], ["Team", "a,b", ""]), { maxLength: 3 }), 4);
  const file = mostly(["10-calico.conflist", "05-x.conf"], ["../x", "", "/etc/passwd", "00-multus.conf"]);
  const confDir = mostly(
    ["/etc/cni/net.d", "/etc/cni/multus/net.d", "/var/lib/rancher/k3s/agent/etc/cni/net.d"],
    ["/etc/shadow", "/etc/cni/net.d/..", "/etc/cni/net.d/", "/var/lib/rancher/rke2/agent/etc/cni/net.d"],
  );
  const binDir = mostly(
    ["/opt/cni/bin", "/home/kubernetes/bin", "/usr/libexec/cni/multus"],
    ["/usr/bin", "opt/cni/bin"],
  );
  const wrong = ["-1", "1e3", "lots", "1.2345", "0", "1m", "999999999999999Ti"];
  const cpu = mostly(["10m", "100m", "0.5", "1"], wrong);
  const memory = mostly(["8Mi", "8388608", "50Mi", "0.05Gi", "1Gi"], wrong);
  const amounts = maybe(record({ cpu: maybe(cpu), memory: maybe(memory) }));
  const labels = maybe(
    fc.dictionary(
      mostly(
        ["team", "example.com/role", "a"],
        ["app", "name", "k8s-app", "multus-operator.dev/x", "app.kubernetes.io/name"],
      ),
      mostly(["x", "", "a-b"], ["-", "two words"]),
      { maxKeys: 2 },
    ),
    4,
  );
  const toleration = record({
    key: maybe(mostly(["dedicated", "example.com/taint"], ["no key"])),
    operator: maybe(mostly(["Exists", "Equal"], ["In"]), 4),
    value: maybe(mostly(["x", ""], ["-"]), 1),
    effect: maybe(mostly(["NoSchedule", "NoExecute"], ["Never"])),
    tolerationSeconds: maybe(mostly([0, 30], [-1, 1.5]), 1),
  });
  const requirement = record({
    key: mostly(["kubernetes.io/arch", "zone"], ["no key"]),
    operator: mostly(["In", "NotIn", "Exists", "Gt"], ["Equals"]),
    values: maybe(fc.array(mostly(["a", "1"], ["-"]), { maxLength: 2 })),
  });

  const image = record({
    registry: maybe(mostly(["192.168.1.222:80", "quay.io"], ["http://x", "x:y"])),
    repository: maybe(mostly(["kube-ovn/multus-cni"], ["Kube-OVN/x", "/x"])),
    tag: maybe(mostly(["v4.3.0", "latest"], [".x", ""])),
    digest: maybe(mostly([`sha256:${"a".repeat(64)}`], ["sha256:a"]), 1),
    pullPolicy: maybe(mostly(["Always", "Never"], ["Sometimes"])),
    pullSecrets: maybe(fc.array(mostly(["harbor", "b"], ["Harbor"]), { maxLength: 2 })),
    layout: maybe(
      record({
        command: maybe(
          fc
            .tuple(
              fc.array(mostly(["bash", "/bin/sh"], ["a b", "", "/bin/cat"]), { maxLength: 1 }),
              mostly(["/entrypoint.sh", "/usr/src/multus-cni/images/entrypoint.sh"], ["bash", "-c", ""]),
            )
            .map(([shell, script]) => [...shell, script]),
        ),
        binaryFile: maybe(mostly(["/usr/src/multus-cni/bin/multus"], ["multus", "/a/../b"])),
        mountPrefix: maybe(mostly(["/host", ""], ["/"])),
      }),
      1,
    ),
  });

  const primaryNetwork = fc
    .oneof(
      { weight: 4, arbitrary: fc.constant<Record<string, fc.Arbitrary<unknown>>>({}) },
      { weight: 2, arbitrary: fc.constant({ source: fc.constant("File"), file }) },
      {
        weight: 1,
        arbitrary: fc.constant({ source: fc.constant("Inline"), preset: mostly(["Calico"], ["calico"]) }),
      },
      {
        weight: 1,
        arbitrary: fc.constant({
          source: fc.constant("Inline"),
          config: mostly([CONFLIST], ["{}x", "[]", HOSTILE_CONFLIST]),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.constant({
          source: maybe(fc.constantFrom("Auto", "File", "Inline")),
          file: maybe(file),
          preset: maybe(fc.constantFrom("Flannel", "Bridge")),
          config: maybe(fc.constant(CONFLIST)),
        }),
      },
    )
    .chain((fields) =>
      record({ ...fields, readinessFile: maybe(mostly(["/etc/cni/net.d/x"], ["x", "/../x"]), 1) }),
    );

  const logging = record({
    level: maybe(mostly(["debug", "panic"], ["info"])),
    file: maybe(mostly(["/opt/cni/log/multus.log"], ["/opt/cni/logs/x", "/var/log/multus/x", "x"])),
    hostDir: maybe(mostly(["/opt/cni/log"], ["/var/log/multus", "/", "/var/log"]), 4),
    toStderr: maybe(fc.boolean(), 1),
    rotation: maybe(record({ maxAge: maybe(mostly([0, 5], [-1])), compress: maybe(fc.boolean()) }), 1),
  });

  const entrypoint = record({
    overrideNetworkName: maybe(fc.boolean(), 1),
    renameConfFile: maybe(fc.boolean(), 1),
    refreshKubeconfig: maybe(mostly<unknown>([true, false], [1])),
    kubeconfigMode: maybe(mostly(["600", "0640"], ["777", "600 "]), 1),
    restartCRIO: maybe(fc.boolean(), 1),
  });

  const daemon = record({
    metricsPort: maybe(mostly<unknown>([9091, 1024, 65535], [0, 1023, 10250, 65536, "9091"])),
    connectionLimit: maybe(mostly([1, 100], [0])),
    capabilities: maybe(
      fc.dictionary(
        mostly(["portMappings", "io.kubernetes.cri.pod-annotations"], ["", "x".repeat(64), "1"]),
        fc.boolean(),
        { maxKeys: 2 },
      ),
    ),
    clusterNetwork: maybe(
      mostly(["calico", "10-calico.conflist"], ["/etc", "a/b", "multus-cni-network", "00-multus.conf"]),
    ),
    defaultNetworks: maybe(fc.array(mostly(["macvlan-conf"], ["../x"]), { maxLength: 2 })),
    perNodeCertificate: maybe(
      record({
        enabled: maybe(fc.boolean()),
        bootstrapKubeconfig: maybe(
          mostly(
            ["/etc/kubernetes/kubelet.conf", "/var/lib/rancher/k3s/agent/kubelet.kubeconfig"],
            ["/etc/shadow", "/var/lib/kubelet", "/etc/kubernetes/../shadow", "/etc/kubernetes/admin.conf"],
          ),
        ),
        certDuration: maybe(mostly(["10m", "1h30m", "720h"], ["9m59s", "721h", "1d", ""])),
      }),
      1,
    ),
  });

  const workload = record({
    resources: maybe(record({ requests: amounts, limits: amounts })),
    nodeSelector: labels.map((found) => found),
    tolerations: maybe(fc.array(toleration, { maxLength: 2 }), 1),
    affinity: maybe(
      record({
        nodeAffinity: record({
          requiredDuringSchedulingIgnoredDuringExecution: record({
            nodeSelectorTerms: fc.array(
              record({ matchExpressions: fc.array(requirement, { maxLength: 1 }) }),
              {
                maxLength: 2,
              },
            ),
          }),
        }),
      }),
      1,
    ),
    priorityClassName: maybe(mostly(["", "system-node-critical"], ["A", "x y"]), 1),
    updateStrategy: maybe(
      record({
        type: maybe(mostly(["RollingUpdate", "OnDelete"], ["Recreate"])),
        maxUnavailable: maybe(mostly<unknown>([1, 10, "10%", "100%"], [0, -1, "0%", "101%", "ten", true])),
      }),
    ),
    labels,
    annotations: maybe(
      fc.dictionary(
        mostly(
          ["note"],
          ["multus-operator.dev/x", "kubernetes.io/config.mirror", "k8s.v1.cni.cncf.io/networks"],
        ),
        fc.string({ maxLength: 8 }),
        { maxKeys: 1 },
      ),
      1,
    ),
    architectures: maybe(fc.array(mostly(["amd64", "arm64"], ["x86"]), { maxLength: 2 }), 1),
  });

  return record({
    version: maybe(
      mostly(
        [
          "v3.4.2",
          "v3.6",
          "v3.7",
          "v3.7.1",
          "v3.7.2",
          "v3.7.10",
          "v3.8",
          "v3.9.3",
          "v4.0",
          "v4.1.0",
          "v4.2.4",
          "v4.3.0",
        ],
        ["4.3.0", "v3.3", "v5.0", ""],
      ),
      4,
    ),
    mode: maybe(mostly(["Thin", "Thick"], ["thin", ""])),
    image: maybe(image, 4),
    namespace: maybe(mostly(["kube-system", "multus"], ["Kube", ""]), 1),
    distribution: maybe(mostly<string>(DISTRIBUTIONS, ["k3s"])),
    primaryNetwork: maybe(primaryNetwork),
    cni: maybe(
      record({
        version: maybe(mostly(["0.3.1", "1.0.0"], ["0.2.0", 1])),
        confDir: maybe(confDir),
        binDir: maybe(binDir),
        additionalBinDir: maybe(binDir, 1),
      }),
      1,
    ),
    isolation: maybe(
      record({ enabled: maybe(fc.boolean()), globalNamespaces: namespaces, systemNamespaces: namespaces }),
      1,
    ),
    logging: maybe(logging, 1),
    entrypoint: maybe(entrypoint, 1),
    daemon: maybe(daemon, 1),
    workload: maybe(workload),
    whereabouts: maybe(
      record({
        enabled: maybe(fc.boolean(), 4),
        version: maybe(mostly(["v0.9.0", "v0.9.3"], ["v0.9.4", "latest"])),
        image: maybe(record({ registry: maybe(mostly(["192.168.1.222:80"], ["http://x"])) })),
        reconcilerSchedule: maybe(mostly(["30 4 * * *", "*/5 1-3 * * *"], ["@daily", "60 * * * *"])),
      }),
      1,
    ),
    plugins: maybe(
      record({
        install: maybe(mostly(["Missing", "Off"], ["Always"]), 4),
        image: maybe(
          record({
            registry: maybe(mostly(["registry.example"], ["http://x"]), 8),
            repository: maybe(mostly(["cni-plugins"], ["/x"]), 8),
          }),
          8,
        ),
        include: maybe(fc.array(mostly(["macvlan", "vlan"], ["sriov", "../x"]), { maxLength: 2 }), 1),
      }),
      1,
    ),
    dhcp: maybe(record({ daemon: mostly(["Off", "Off", "Off", "Auto"], ["On"]) }), 1),
    nodes: maybe(record({ inspection: mostly(["OnChange", "Off"], ["on"]) }), 1),
    uninstall: maybe(record({ networkDefinitions: mostly(["Keep", "Delete"], ["keep"]) }), 1),
    paused: maybe(mostly<unknown>([true, false], ["true"]), 1),
  });
}
