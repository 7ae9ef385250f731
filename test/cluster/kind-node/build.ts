/**
 * `make kind-node-image`: a node image for `CLUSTER=kind make e2e` where kindest/node cannot be pulled, from Debian's packages
 * and the test cluster's programs. Needs root on Debian, Go, and a Docker engine. Prints the image's name for KIND_IMAGE.
 */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { binaries, binary } from "../binaries.ts";
import { fromScratch, type Image } from "../buildah.ts";
import { runCommand } from "../command.ts";
import { debianRoot } from "../debian-root.ts";
import { dockerProblem } from "../docker.ts";
import { execute } from "../execute.ts";
import { DEFAULT_KUBERNETES, KUBERNETES_RELEASES } from "../families.ts";
import { requireDebianPackages } from "../host-packages.ts";
import { IMAGES, image, librariesOf } from "../images.ts";
import { CNI_PLUGINS } from "../primary-network.ts";
import { createStateDirectory, removeStateDirectory } from "../state-directory.ts";
import { ENABLED_UNITS, ENTRYPOINT, MASKED_UNITS, type NodeImages, nodeFiles } from "./node-files.ts";

const RELEASE = KUBERNETES_RELEASES[DEFAULT_KUBERNETES];
export const NODE_IMAGE = `localhost/multus-operator-kind-node:${RELEASE}`;

const PACKAGES = [
  ...["bash", "ca-certificates", "conntrack", "ethtool", "hostname", "iproute2", "iptables", "kmod", "mount"],
  ...["procps", "runc", "socat", "systemd", "systemd-sysv", "util-linux"],
];
const SERVERS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "etcd"];

async function build(): Promise<void> {
  const say = (text: string) => process.stderr.write(`kind-node-image: ${text}\n`);
  await requireDebianPackages(["debootstrap", "iptables"]);
  const archive = await debianRoot(PACKAGES, say);
  const directory = createStateDirectory("kind-node");
  try {
    const root = join(directory, "root");
    mkdirSync(root);
    await execute("tar", ["--extract", "--numeric-owner", "--file", archive, "-C", root]);
    await copyPrograms(root);
    const images = await copyImages(root);
    for (const [path, { content, executable }] of Object.entries(nodeFiles(RELEASE, images)))
      write(join(root, path), content, executable ? 0o755 : 0o644);
    linkUnits(join(root, "etc/systemd/system"));
    say("importing the image");
    const tar = join(directory, "node.tar");
    await execute("tar", ["--create", "--numeric-owner", "--file", tar, "-C", root, "."]);
    const changes = [
      `ENTRYPOINT ["${ENTRYPOINT}"]`,
      "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ];
    await execute("docker", [
      "import",
      ...changes.flatMap((change) => ["--change", change]),
      tar,
      NODE_IMAGE,
    ]);
  } finally {
    removeStateDirectory(directory);
  }
}

async function copyPrograms(root: string): Promise<void> {
  const places: Record<string, readonly string[]> = {
    "usr/bin": ["kubelet", "kubectl", "kubeadm"],
    "usr/local/bin": ["containerd", "containerd-shim-runc-v2", "ctr"],
    "opt/cni/bin": CNI_PLUGINS,
  };
  for (const [place, names] of Object.entries(places)) {
    mkdirSync(join(root, place), { recursive: true });
    for (const path of await binaries(names)) copyFileSync(path, join(root, place, basename(path)));
  }
}

/** The images that kubeadm names for this release, made here, and the two that every test cluster has. */
async function copyImages(root: string): Promise<NodeImages> {
  const kubeadm = await binary("kubeadm");
  const listed = await execute(kubeadm, ["config", "images", "list", "--kubernetes-version", RELEASE]);
  const names = listed.trim().split("\n");
  const [pause, coredns] = ["/pause:", "/coredns:"].map((part) =>
    names.filter((name) => name.includes(part)),
  );
  const servers = names.filter((name) => SERVERS.some((server) => name.includes(`/${server}:`)));
  const made: [Image, readonly string[]][] = [
    [await image("pause"), [IMAGES.pause, ...(pause ?? [])]],
    [await image("busybox"), [IMAGES.busybox]],
    [await serversImage(), [SERVERS_REFERENCE, ...servers]],
    [await corednsImage(coredns?.[0] ?? ""), coredns ?? []],
  ];
  const images: NodeImages = {};
  mkdirSync(join(root, "kind/images"), { recursive: true });
  for (const [{ archive }, references] of made) {
    const inside = join("/kind/images", basename(archive));
    copyFileSync(archive, join(root, inside));
    images[inside] = references;
  }
  return images;
}

const SERVERS_REFERENCE = "localhost/kubernetes-servers:test";

/** One image for all servers: kubeadm starts each by its program's name. kube-proxy calls iptables with its extensions. */
async function serversImage(): Promise<Image> {
  const iptables = "/usr/sbin/xtables-nft-multi";
  const libraries = await librariesOf(iptables);
  const xtables = Object.keys(libraries).find((path) => path.includes("/libxtables."));
  const extensions = join("/usr", dirname(xtables ?? "").replace(/^\/usr/, ""), "xtables");
  const programs = await binaries(SERVERS);
  const links = ["iptables", "ip6tables"].flatMap((name) => [name, `${name}-save`, `${name}-restore`]);
  return await fromScratch("kubernetes-servers", {
    reference: SERVERS_REFERENCE,
    files: {
      ...Object.fromEntries(programs.map((path) => [`/usr/local/bin/${basename(path)}`, path])),
      ...Object.fromEntries(links.map((name) => [`/usr/sbin/${name}`, iptables])),
      ...(await librariesOf(iptables, ...readdirSync(extensions).map((name) => join(extensions, name)))),
      [extensions]: extensions,
    },
    env: { PATH: "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
  });
}

async function corednsImage(reference: string): Promise<Image> {
  const files = { "/coredns": await binary("coredns") };
  return await fromScratch("coredns", { reference, files, entrypoint: ["/coredns"] });
}

function linkUnits(directory: string): void {
  const wanted = join(directory, "multi-user.target.wants");
  mkdirSync(wanted, { recursive: true });
  for (const unit of ENABLED_UNITS) symlinkSync(`../${unit}`, join(wanted, unit));
  for (const unit of MASKED_UNITS) link("/dev/null", join(directory, unit));
  link("/lib/systemd/system/multi-user.target", join(directory, "default.target"));
}

/** Debian may have a link of that name. */
function link(target: string, path: string): void {
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

function write(path: string, content: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

if (import.meta.main)
  await runCommand(async () => {
    const problem = dockerProblem();
    if (problem !== undefined) throw new Error(`a Docker engine is needed: ${problem}`);
    await build();
    process.stdout.write(`${NODE_IMAGE}\n`);
  });
