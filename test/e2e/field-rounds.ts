import { X509Certificate } from "node:crypto";
import { expect } from "vitest";
import type { MultusInstallSpecInput } from "../../src/crds/multus-install/spec.ts";
import { binary } from "../cluster/binaries.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { execute } from "../cluster/execute.ts";
import type { Kubectl } from "../cluster/kubectl.ts";
import type { ClusterNode } from "../cluster/node.ts";

/** What a look at the node has to look with. */
interface Access {
  node: ClusterNode;
  kubectl: Kubectl;
  file(path: string): Promise<string>;
  json(path: string): Promise<Record<string, unknown>>;
  /** Starts a pod, waits until it runs, deletes it; its network-status. */
  runPod(name: string, namespace: string, networks?: string): Promise<{ name: string }[]>;
}

/** Throws where the node is not (yet) as it should be. */
export type Check = (access: Access) => Promise<void>;

/** One rollout, and for each field that it sets what is seen of it. */
export interface FieldRound {
  title: string;
  spec: MultusInstallSpecInput;
  before?: Check;
  /** By field. */
  checks: Record<string, Check>;
  /** False where the install does not get ready, by the nature of the field. */
  healthy?: false;
}

const CONF = "/etc/cni/net.d/00-multus.conf";
const KUBECONFIG = "/etc/cni/net.d/multus.d/multus.kubeconfig";
const LOG = "/opt/cni/log";

const holds =
  (path: string, expected: object): Check =>
  async ({ json }) =>
    expect(await json(path)).toMatchObject(expected);
const contains =
  (path: string, expected: string | RegExp): Check =>
  async ({ file }) =>
    expect(await file(path)).toMatch(expected);
const hasMode =
  (path: string, mode: string): Check =>
  async ({ node }) =>
    expect((await node.exec("stat", "-c", "%a", path)).trim()).toBe(mode);
const lists =
  (directory: string, names: string[]): Check =>
  async ({ node }) =>
    expect(await node.listDirectory(directory)).toEqual(expect.arrayContaining(names));
const lacks =
  (directory: string, name: string): Check =>
  async ({ node }) =>
    expect(await node.listDirectory(directory)).not.toContain(name);
/** The very bytes of a program are on the node. */
const isProgram =
  (path: string, program: string): Check =>
  async ({ node }) => {
    const sum = async (text: Promise<string>) => (await text).split(" ")[0];
    expect(await sum(node.exec("sha256sum", path))).toBe(
      await sum(execute("sha256sum", [await binary(program)])),
    );
  };

/** A NAD that attaches nothing that could fail: a second leg at the primary bridge. */
const network = (name: string, namespace: string) => ({
  apiVersion: "k8s.cni.cncf.io/v1",
  kind: "NetworkAttachmentDefinition",
  metadata: { name, namespace },
  spec: {
    config: JSON.stringify({
      cniVersion: "0.3.1",
      type: "bridge",
      bridge: "cni1",
      ipam: { type: "host-local", ranges: [[{ subnet: "10.77.0.0/24" }]] },
    }),
  },
});

async function makeNetworks({ kubectl }: Access): Promise<void> {
  for (const namespace of ["team-a", "team-b", "quiet"])
    await kubectl.runWithInput(
      JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }),
      "apply",
      "-f",
      "-",
    );
  await kubectl.run(
    "wait",
    "--for=condition=Established",
    "crd/network-attachment-definitions.k8s.cni.cncf.io",
  );
  const networks = [
    network("shared", "team-a"),
    network("closed", "team-b"),
    network("extra", "kube-system"),
  ];
  await kubectl.runWithInput(
    JSON.stringify({ apiVersion: "v1", kind: "List", items: networks }),
    "apply",
    "-f",
    "-",
  );
  for (const namespace of ["team-a", "team-b", "quiet"])
    await waitUntil(`the service account of ${namespace}`, async () => {
      await kubectl.run("get", "serviceaccount", "default", "-n", namespace);
      return true;
    });
}

/** Answers an ADD, and fails every DEL while /opt/cni/log/stubborn is there. */
const STUBBORN = `#!/bin/bash
cat > /dev/null
case "$CNI_COMMAND" in
  ADD) echo '{"cniVersion":"0.3.1","interfaces":[],"ips":[]}' ;;
  DEL) echo x >> ${LOG}/dels; if [ -e ${LOG}/stubborn ]; then echo '{"code":11,"msg":"try again"}'; exit 1; fi ;;
esac
`;

/** Multus rejects the network for a pod of another namespace, as the pod's event says. */
async function isRejected({ kubectl, node }: Access, name: string, namespace: string, networks: string) {
  const manifest = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, annotations: { "k8s.v1.cni.cncf.io/networks": networks } },
    spec: {
      nodeName: node.name,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "main", image: "registry.k8s.io/pause:test" }],
    },
  };
  await kubectl.runWithInput(JSON.stringify(manifest), "apply", "-f", "-");
  const events = await kubectl.run(
    "get",
    "events",
    "-n",
    namespace,
    "--field-selector",
    `involvedObject.name=${name}`,
    "-o",
    "jsonpath={.items[*].message}",
  );
  expect(events).toMatch(/namespace isolation enabled/);
  await kubectl.run("delete", "pod", name, "-n", namespace, "--wait=false");
}

const V3: FieldRound[] = [
  {
    title: "v3.4.2: what stands in its configuration and its kubeconfig, and its log",
    spec: {
      version: "v3.4.2",
      primaryNetwork: { readinessFile: "/etc/cni/net.d/10-bridge.conflist" },
      cni: { additionalBinDir: "/opt/cni/bin/none" },
      isolation: { enabled: true },
      logging: { level: "debug", hostDir: LOG, file: `${LOG}/v3.log` },
      entrypoint: { skipTLSVerify: true, kubeconfigMode: "640" },
    },
    checks: {
      "primaryNetwork.source Auto": holds(CONF, {
        name: "multus-cni-network",
        delegates: [{ name: "bridge-net" }],
      }),
      "primaryNetwork.readinessFile": holds(CONF, {
        readinessindicatorfile: "/etc/cni/net.d/10-bridge.conflist",
      }),
      "cni.version": holds(CONF, { cniVersion: "0.3.1" }),
      "cni.additionalBinDir": holds(CONF, { binDir: "/opt/cni/bin/none" }),
      "isolation.enabled": holds(CONF, { namespaceIsolation: true }),
      "logging.level": holds(CONF, { logLevel: "debug" }),
      "logging.file": holds(CONF, { logFile: `${LOG}/v3.log` }),
      "the configuration's mode": hasMode(CONF, "600"),
      "entrypoint.kubeconfigMode": hasMode(KUBECONFIG, "640"),
      "entrypoint.skipTLSVerify": contains(KUBECONFIG, "insecure-skip-tls-verify: true"),
      "the binary": isProgram("/opt/cni/bin/multus", "multus-v3"),
      "logging.hostDir": async (access) => {
        await access.runPod("v3-log", "default");
        await contains(`${LOG}/v3.log`, /v3-log/)(access);
      },
    },
  },
  {
    title: "v3.4.2: directories of the host, and the primary network's file renamed",
    spec: {
      version: "v3.4.2",
      cni: { version: "0.4.0", confDir: "/etc/cni/multus/v3", binDir: "/opt/cni/bin/v3" },
      entrypoint: { renameConfFile: true },
    },
    checks: {
      "cni.confDir": holds("/etc/cni/multus/v3/00-multus.conf", {
        kubeconfig: "/etc/cni/multus/v3/multus.d/multus.kubeconfig",
        delegates: [{ name: "own-net" }],
      }),
      "cni.version": holds("/etc/cni/multus/v3/00-multus.conf", { cniVersion: "0.4.0" }),
      "the kubeconfig": lists("/etc/cni/multus/v3/multus.d", ["multus.kubeconfig"]),
      "cni.binDir": isProgram("/opt/cni/bin/v3/multus", "multus-v3"),
      "entrypoint.renameConfFile": lists("/etc/cni/multus/v3", ["10-own.conflist.old"]),
    },
  },
  {
    title: "v3.4.2: a configuration of one's own, and no binary",
    spec: {
      version: "v3.4.2",
      primaryNetwork: {
        source: "Inline",
        config:
          '{"name":"inline-net","plugins":[{"type":"ptp","ipam":{"type":"host-local","subnet":"10.78.0.0/24"}}]}',
      },
      cni: { confDir: "/etc/cni/multus/net.d", binDir: "/opt/cni/bin/none" },
      entrypoint: { skipBinaryCopy: true },
    },
    checks: {
      "primaryNetwork.config": holds("/etc/cni/multus/net.d/00-multus.conf", {
        delegates: [{ name: "inline-net", plugins: [{ type: "ptp" }] }],
      }),
      "entrypoint.skipBinaryCopy": lacks("/opt/cni/bin/none", "multus"),
    },
  },
  {
    title: "v3.4.2: another file of the image as the binary, and CRI-O, which is not there, restarted",
    spec: {
      version: "v3.4.2",
      image: {
        layout: {
          command: ["bash", "/usr/src/multus-cni/images/entrypoint.sh"],
          binaryFile: "/usr/src/multus-cni/images/multus-daemonset.yml",
        },
      },
      cni: { confDir: "/etc/cni/multus/v3", binDir: "/opt/cni/bin/layout" },
      entrypoint: { restartCRIO: true },
    },
    before: async ({ node }) => {
      await node.exec("cp", "/etc/cni/multus/v3/10-own.conflist.old", "/etc/cni/multus/v3/10-own.conflist");
    },
    // The image has no systemctl: the entrypoint ends when it calls it.
    healthy: false,
    checks: {
      "image.layout.binaryFile": contains("/opt/cni/bin/layout/multus", "kind: DaemonSet"),
      "entrypoint.restartCRIO and image.layout.command": async ({ kubectl }) => {
        const pods = await kubectl.run("logs", "-n", "kube-system", "-l", "name=multus", "--tail=-1");
        expect(pods).toMatch(/Restarting crio[\s\S]*systemctl/);
      },
    },
  },
  {
    title: "v3.4.2: the primary network's name, for which the entrypoint needs Python 2",
    spec: {
      version: "v3.4.2",
      cni: { confDir: "/etc/cni/multus/v3", binDir: "/opt/cni/bin/v3" },
      entrypoint: { overrideNetworkName: true },
    },
    // No distribution that is kept up has Python 2: the entrypoint ends, and the status says so.
    healthy: false,
    checks: {
      "entrypoint.overrideNetworkName": async ({ kubectl }) => {
        const { status } = await kubectl.get<{
          status: { nodes: { unhealthy: { message: string }[] }; warnings?: unknown };
        }>("multusinstall", "multus");
        expect(status.nodes.unhealthy[0]?.message).toMatch(/requires Python 2/);
        expect(JSON.stringify(status.warnings)).toMatch(/python/i);
      },
    },
  },
];

const THIN: FieldRound[] = [
  {
    title: "v4 thin: what stands in its configuration and its kubeconfig",
    before: makeNetworks,
    spec: {
      version: "v4.3.0",
      primaryNetwork: {
        source: "File",
        file: "20-second.conflist",
        readinessFile: "/etc/cni/net.d/10-bridge.conflist",
      },
      cni: { additionalBinDir: "/opt/cni/bin/none" },
      isolation: { enabled: true, globalNamespaces: ["team-a"] },
      logging: { level: "debug", hostDir: LOG, file: `${LOG}/thin.log`, toStderr: false },
      entrypoint: { overrideNetworkName: true, skipTLSVerify: true },
    },
    checks: {
      "primaryNetwork.file": holds(CONF, { delegates: [{ name: "second-net" }] }),
      "primaryNetwork.readinessFile": holds(CONF, {
        readinessindicatorfile: "/etc/cni/net.d/10-bridge.conflist",
      }),
      "cni.version (the primary network's)": holds(CONF, { cniVersion: "0.3.1" }),
      "cni.additionalBinDir": holds(CONF, { binDir: "/opt/cni/bin/none" }),
      "logging.level and file": holds(CONF, { logLevel: "debug", logFile: `${LOG}/thin.log` }),
      "logging.toStderr": async ({ json }) => expect((await json(CONF)).logToStderr ?? false).toBe(false),
      "entrypoint.overrideNetworkName": holds(CONF, { name: "second-net" }),
      "entrypoint.skipTLSVerify": contains(KUBECONFIG, "insecure-skip-tls-verify: true"),
      "the kubeconfig's mode": hasMode(KUBECONFIG, "600"),
      "the binary": isProgram("/opt/cni/bin/multus", "multus"),
      "isolation.globalNamespaces": async ({ runPod }) => {
        const status = await runPod("global", "default", "team-a/shared");
        expect(status.map(({ name }) => name)).toContain("team-a/shared");
      },
      "isolation.enabled": async (access) => await isRejected(access, "isolated", "default", "team-b/closed"),
      "logging.hostDir": contains(`${LOG}/thin.log`, /isolated/),
    },
  },
  {
    title:
      "v4 thin: directories of the host, the primary network's file renamed, the configuration left behind",
    spec: {
      version: "v4.3.0",
      cni: { confDir: "/etc/cni/multus/thin", binDir: "/opt/cni/bin/thin" },
      entrypoint: { renameConfFile: true, refreshKubeconfig: false },
    },
    checks: {
      "cni.confDir": holds("/etc/cni/multus/thin/00-multus.conf", {
        kubeconfig: "/etc/cni/multus/thin/multus.d/multus.kubeconfig",
        delegates: [{ name: "own-net" }],
      }),
      "cni.binDir": isProgram("/opt/cni/bin/thin/multus", "multus"),
      "entrypoint.renameConfFile": lists("/etc/cni/multus/thin", ["10-own.conflist.old"]),
      "entrypoint.refreshKubeconfig true, as it was before": lacks("/etc/cni/net.d", "00-multus.conf"),
    },
  },
  {
    title: "v4 thin: a preset as its configuration, and no binary",
    spec: {
      version: "v4.3.0",
      primaryNetwork: { source: "Inline", preset: "Calico" },
      cni: { version: "0.4.0", confDir: "/etc/cni/multus/net.d", binDir: "/opt/cni/bin/none" },
      entrypoint: { skipBinaryCopy: true },
    },
    checks: {
      "primaryNetwork.preset": holds("/etc/cni/multus/net.d/00-multus.conf", {
        delegates: [
          {
            name: "k8s-pod-network",
            plugins: [
              {
                type: "calico",
                datastore_type: "kubernetes",
                kubernetes: { kubeconfig: "/etc/cni/multus/net.d/calico-kubeconfig" },
              },
              { type: "portmap" },
            ],
          },
        ],
      }),
      "cni.version": holds("/etc/cni/multus/net.d/00-multus.conf", { cniVersion: "0.4.0" }),
      "entrypoint.skipBinaryCopy": lacks("/opt/cni/bin/none", "multus"),
      "entrypoint.refreshKubeconfig false, as it was before": lists("/etc/cni/multus/thin", [
        "00-multus.conf",
      ]),
    },
  },
];

const THICK: FieldRound[] = [
  {
    title: "v4 thick: the daemon's keys",
    before: async (access) => {
      await makeNetworks(access);
      await access.node.writeFile("/opt/cni/bin/none/stubborn", STUBBORN);
      await access.node.exec("chmod", "755", "/opt/cni/bin/none/stubborn");
      const stubborn = network("stubborn", "default");
      stubborn.spec.config = JSON.stringify({ cniVersion: "0.3.1", type: "stubborn" });
      await access.kubectl.runWithInput(JSON.stringify(stubborn), "apply", "-f", "-");
    },
    spec: {
      version: "v4.3.0",
      mode: "Thick",
      primaryNetwork: {
        source: "File",
        file: "20-second.conflist",
        readinessFile: "/etc/cni/net.d/10-bridge.conflist",
      },
      cni: { additionalBinDir: "/opt/cni/bin/none" },
      isolation: { enabled: true, globalNamespaces: ["team-a", "kube-system"], systemNamespaces: ["quiet"] },
      logging: {
        level: "debug",
        hostDir: LOG,
        file: `${LOG}/thick.log`,
        toStderr: false,
        rotation: { maxAge: 1, maxSize: 2, maxBackups: 3, compress: false },
      },
      daemon: {
        metricsPort: 9099,
        connectionLimit: 7,
        capabilities: { portMappings: true, mac: true },
        retryDeleteOnError: true,
        auxiliaryCNIChainName: "aux-chain",
        defaultNetworks: ["extra"],
        overrideNetworkName: true,
      },
    },
    checks: {
      "primaryNetwork.file": holds(CONF, { clusterNetwork: "/host/etc/cni/net.d/20-second.conflist" }),
      "daemon.overrideNetworkName": holds(CONF, { name: "second-net" }),
      "cni.version": holds(CONF, { cniVersion: "0.3.1" }),
      "cni.additionalBinDir": holds(CONF, { binDir: "/opt/cni/bin/none" }),
      "isolation in the configuration": holds(CONF, {
        namespaceIsolation: true,
        globalNamespaces: "team-a,kube-system",
      }),
      "daemon.auxiliaryCNIChainName": holds(CONF, { auxiliaryCNIChainName: "aux-chain" }),
      "daemon.capabilities": holds(CONF, { capabilities: { portMappings: true } }),
      "logging.rotation": holds(CONF, {
        logOptions: { maxAge: 1, maxSize: 2, maxBackups: 3, compress: false },
      }),
      "primaryNetwork.readinessFile": contains(`${LOG}/thick.log`, "Readiness Indicator file check done"),
      "logging.level, file and hostDir": contains(`${LOG}/thick.log`, "multus-daemon started"),
      "logging.toStderr": async ({ kubectl }) => {
        const shown = await kubectl.run(
          "logs",
          "-n",
          "kube-system",
          "-l",
          "name=multus",
          "--tail=-1",
          "-c",
          "kube-multus",
        );
        expect(shown).not.toContain("API readiness check done");
      },
      "daemon.connectionLimit": contains(`${LOG}/thick.log`, "connection limit: 7"),
      "daemon.metricsPort": async ({ node }) => {
        const script =
          "exec 3<>/dev/tcp/127.0.0.1/9099; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";
        expect(await node.exec("bash", "-c", script)).toContain("multus_server_request_total");
      },
      "the shim": isProgram("/opt/cni/bin/multus-shim", "multus-shim"),
      "daemon.defaultNetworks": async ({ runPod }) => {
        const status = await runPod("with-extra", "default");
        expect(status.map(({ name }) => name)).toContain("kube-system/extra");
      },
      "isolation.systemNamespaces": async ({ runPod }) => {
        const status = await runPod("without-extra", "quiet");
        expect(status.map(({ name }) => name)).not.toContain("kube-system/extra");
      },
      "isolation.enabled": async (access) =>
        await isRejected(access, "isolated-2", "default", "team-b/closed"),
      "daemon.auxiliaryCNIChainName in the log": contains(
        `${LOG}/thick.log`,
        "Using AuxiliaryCNIChainName: aux-chain",
      ),
      "daemon.retryDeleteOnError": async ({ node, runPod }) => {
        await node.writeFile(`${LOG}/stubborn`, "");
        await node.writeFile(`${LOG}/dels`, "");
        await runPod("stubborn", "default", "stubborn");
        const dels = async () => (await node.readFile(`${LOG}/dels`)).length / 2;
        // When the kubelet asks again is up to its own back-off.
        const again = async () => (await dels()) >= 3;
        await waitUntil("the DEL to be tried again", again).finally(async () => {
          await node.exec("rm", "-f", `${LOG}/stubborn`);
        });
      },
    },
  },
  {
    title: "v4 thick: another cluster network",
    before: async ({ kubectl }) => {
      const primary = network("primary", "kube-system");
      await kubectl.runWithInput(JSON.stringify(primary), "apply", "-f", "-");
    },
    spec: { version: "v4.3.0", mode: "Thick", daemon: { clusterNetwork: "primary" } },
    checks: {
      "daemon.clusterNetwork": async ({ runPod }) => {
        const [first] = await runPod("other-primary", "default");
        expect(first?.name).toBe("kube-system/primary");
      },
    },
  },
  {
    title: "v4 thick: directories of the host",
    spec: {
      version: "v4.3.0",
      mode: "Thick",
      cni: { confDir: "/etc/cni/multus/thick", binDir: "/opt/cni/bin/thick" },
    },
    checks: {
      "cni.confDir": holds("/etc/cni/multus/thick/00-multus.conf", {
        clusterNetwork: "/host/etc/cni/multus/thick/10-own.conflist",
      }),
      "cni.binDir": isProgram("/opt/cni/bin/thick/multus-shim", "multus-shim"),
      "the daemon deletes its configuration when it ends": lacks("/etc/cni/net.d", "00-multus.conf"),
    },
  },
  {
    title: "v4 thick: a certificate of each daemon's own",
    before: makeNetworks,
    // The file is where kubeadm has it: the test put it there.
    spec: { version: "v4.3.0", mode: "Thick", daemon: { perNodeCertificate: { enabled: true } } },
    checks: {
      "daemon.perNodeCertificate.enabled": async (access) => {
        const [newest] = await certificatesOf(access);
        expect(newest?.subject.split("\n")).toEqual([
          "O=system:multus",
          `CN=system:multus:${access.node.name}`,
        ]);
      },
      "no token in its pod, and no right of the account": async ({ kubectl }) => {
        const pods = ["pods", "-n", "kube-system", "-l", "name=multus"];
        expect(
          await kubectl.run("get", ...pods, "-o", "jsonpath={.items[*].spec.volumes[*].projected}"),
        ).toBe("");
        const may = ["auth", "can-i", "get", "pods", "--as=system:serviceaccount:kube-system:multus"];
        await expect(kubectl.run(...may)).rejects.toThrow();
      },
      "an attachment with it": async ({ runPod }) => {
        const status = await runPod("certified", "default", "team-a/shared");
        expect(status.map(({ name }) => name)).toContain("team-a/shared");
      },
    },
  },
  {
    title: "v4 thick: the service account again",
    spec: { version: "v4.3.0", mode: "Thick" },
    checks: {
      "its rights, and none of the certificates' group": async ({ kubectl }) => {
        const subjects = "jsonpath={.subjects[*].kind}";
        expect(await kubectl.run("get", "clusterrolebinding", "multus", "-o", subjects)).toBe(
          "ServiceAccount",
        );
      },
      "an attachment with it": async ({ runPod }) => {
        const status = await runPod("uncertified", "default", "team-a/shared");
        expect(status.map(({ name }) => name)).toContain("team-a/shared");
      },
    },
  },
];

const CERTIFICATES = "/etc/cni/net.d/multus.d/certs";

/** The daemon's certificates on the node, the newest first. The link to it holds the container's path. */
async function certificatesOf({ node, file }: Access): Promise<X509Certificate[]> {
  const names = (await node.listDirectory(CERTIFICATES)).filter((name) => /\d\.pem$/.test(name));
  const texts = await Promise.all(names.toReversed().map((name) => file(`${CERTIFICATES}/${name}`)));
  return texts.map((text) => new X509Certificate(text));
}

export const FIELD_ROUNDS: readonly FieldRound[] = [...V3, ...THIN, ...THICK];
