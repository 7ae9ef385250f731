import {
  chmodSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { binary, moduleDirectory } from "./binaries.ts";
import { fromDockerfile, fromScratch, type Image, type Recipe } from "./buildah.ts";
import { execute } from "./execute.ts";
import { FAMILIES } from "./families.ts";
import { type DebianPackage, requireDebianPackages } from "./host-packages.ts";
import { type Needs, together } from "./needs.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const UPSTREAM = "ghcr.io/k8snetworkplumbingwg/multus-cni";
const DAEMON = "/usr/src/multus-cni/bin/multus-daemon";
const HARBOR = "192.168.1.222:80/kube-ovn/multus-cni";

/** The references that the cluster's samples and tests use: those that a user's registry would have. */
export const IMAGES = {
  pause: "registry.k8s.io/pause:test",
  busybox: "docker.io/library/busybox:1.36",
  "multus-v4.3.0": `${UPSTREAM}:v4.3.0`,
  "multus-v4.3.0-thick": `${UPSTREAM}:v4.3.0-thick`,
  /** Only with `prebuiltMultus`. */
  "multus-v4.3.1": `${UPSTREAM}:v4.3.1`,
  "multus-v4.3.1-thick": `${UPSTREAM}:v4.3.1-thick`,
  "multus-v3.4.2": "docker.io/nfvpe/multus:v3.4.2",
  /** In the two layouts that the first users built for themselves. */
  "multus-v3.4.2-distribution": `${HARBOR}:v3.4.2-distribution`,
  "multus-v3.4.2-small": `${HARBOR}:v3.4.2-small`,
  /** PLUGINS_IMAGE as spec.plugins.image. */
  "cni-plugins": "registry.example/cni-plugins:v1.9.1",
  whereabouts: "ghcr.io/k8snetworkplumbingwg/whereabouts:v0.9.3",
  operator: "ghcr.io/multus-operator/multus-operator:test",
  "node-runtime-base": "localhost/node-base:test",
  "shell-base": "localhost/shell-base:test",
  registry: "localhost/registry:test",
} as const;
export const PLUGINS_IMAGE = { registry: "registry.example", repository: "cni-plugins" };
export type ImageName = keyof typeof IMAGES;

const MULTUS_V4 = [
  "multus",
  "multus-shim",
  "multus-daemon",
  "passthru",
  "install_multus",
  "thin_entrypoint",
  "kubeconfig_generator",
  "cert-approver",
];
const WHEREABOUTS = ["whereabouts", "ip-control-loop"];
const STATIC_TOOLS: readonly DebianPackage[] = ["busybox-static", "bash-static"];

/** What the build of an image needs. */
export function imageNeeds(name: ImageName): Needs {
  return together({ packages: ["buildah"], programs: [] }, ownNeeds(name));
}

function ownNeeds(name: ImageName): Needs {
  switch (name) {
    case "pause":
      return { packages: ["gcc", "libc6-dev"], programs: [] };
    case "busybox":
      return { packages: STATIC_TOOLS, programs: [] };
    case "cni-plugins":
      return { packages: STATIC_TOOLS, programs: ["macvlan"] };
    case "registry":
      return { packages: [], programs: ["registry"] };
    case "shell-base":
      return { packages: STATIC_TOOLS, programs: [] };
    case "node-runtime-base":
    case "operator":
      return { packages: [], programs: [] };
    case "multus-v4.3.0":
    case "multus-v4.3.0-thick":
      return { packages: [], programs: MULTUS_V4 };
    case "multus-v4.3.1":
    case "multus-v4.3.1-thick":
      return { packages: [], programs: [] };
    case "multus-v3.4.2":
    case "multus-v3.4.2-distribution":
    case "multus-v3.4.2-small":
      return { packages: STATIC_TOOLS, programs: ["multus-v3"] };
    case "whereabouts":
      return { packages: STATIC_TOOLS, programs: WHEREABOUTS };
  }
}

/**
 * MULTUS_V4_3_1_PROGRAMS: a directory with the programs of Multus v4.3.1, built outside of this project. The Go module
 * proxy does not serve that release, so the tests that need it are skipped without.
 */
export function prebuiltMultus(): string | undefined {
  return process.env.MULTUS_V4_3_1_PROGRAMS || undefined;
}

/** The image, built if the cache has none of the same content. Several processes may ask at once. */
export async function image(name: ImageName): Promise<Image> {
  if (name === "operator") return await operatorImage();
  if (name === "multus-v3.4.2-distribution") return await multusV3ByDockerfile(name, "distribution");
  if (name === "multus-v3.4.2-small") return await multusV3ByDockerfile(name, "small");
  if (name === "cni-plugins") {
    const bases = { BUILDER: await image("shell-base"), BASE: await image("busybox") };
    return await byDockerfile(name, {
      family: name,
      program: "macvlan",
      dockerfile: "images/cni-plugins/Dockerfile",
      bases,
    });
  }
  const scratch = mkdtempSync(join(tmpdir(), "multus-operator-image-"));
  try {
    return await fromScratch(name, await recipe(name, scratch));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

type ByDockerfile = "operator" | "cni-plugins" | "multus-v3.4.2-distribution" | "multus-v3.4.2-small";

async function recipe(name: Exclude<ImageName, ByDockerfile>, scratch: string): Promise<Recipe> {
  const reference = IMAGES[name];
  switch (name) {
    case "pause":
      return { reference, files: { "/pause": await compilePause(scratch) }, entrypoint: ["/pause"] };
    case "busybox":
      return { reference, files: { "/bin": await busyboxTools(scratch) } };
    case "registry":
      return {
        reference,
        files: { "/bin/registry": await binary("registry") },
        entrypoint: ["/bin/registry"],
      };
    case "shell-base":
      return {
        reference,
        files: { "/bin": await busyboxTools(scratch, "/bin/bash"), ...distributionFiles(scratch) },
        // Where golang's images have Go and the modules; a build over this base has both from this machine.
        env: { PATH: "/usr/local/go/bin:/bin", HOME: "/root", GOPATH: "/go", GOPROXY: "off" },
      };
    case "node-runtime-base":
      return {
        reference,
        files: await nodeFiles(),
        env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
        user: "65532:65532",
      };
    case "multus-v4.3.0":
      return { reference, files: await multusV4(scratch, binary), entrypoint: ["/thin_entrypoint"] };
    case "multus-v4.3.0-thick":
      return { reference, files: await multusV4(scratch, binary), entrypoint: [DAEMON] };
    case "multus-v4.3.1":
      return { reference, files: await multusV4(scratch, prebuilt), entrypoint: ["/thin_entrypoint"] };
    case "multus-v4.3.1-thick":
      return { reference, files: await multusV4(scratch, prebuilt), entrypoint: [DAEMON] };
    case "whereabouts":
      return { reference, files: await whereabouts(scratch), entrypoint: ["/install-cni.sh"] };
    case "multus-v3.4.2": {
      const source = moduleDirectory("multus-v3", "gopkg.in/intel/multus-cni.v3");
      return {
        reference,
        files: {
          "/bin": await busyboxTools(scratch, "/bin/bash"),
          "/usr/src/multus-cni/bin/multus": await binary("multus-v3"),
          "/usr/src/multus-cni/images": join(source, "images"),
          "/entrypoint.sh": join(source, "images/entrypoint.sh"),
        },
        entrypoint: ["/entrypoint.sh"],
        workingDirectory: "/usr/src/multus-cni",
      };
    }
  }
}

/** As upstream's images/Dockerfile lays it out: no shell, everything in /usr/src/multus-cni/bin and the entrypoints at /. */
async function multusV4(
  scratch: string,
  program: (name: string) => string | Promise<string>,
): Promise<Record<string, string>> {
  const files = distributionFiles(scratch);
  for (const name of MULTUS_V4) files[`/usr/src/multus-cni/bin/${name}`] = await program(name);
  for (const name of ["install_multus", "thin_entrypoint", "kubeconfig_generator", "cert-approver"])
    files[`/${name}`] = await program(name);
  return files;
}

/** As upstream's Dockerfile lays it out: a shell with its tools, and the programs and scripts at /. */
async function whereabouts(scratch: string): Promise<Record<string, string>> {
  const files: Record<string, string> = { "/bin": await busyboxTools(scratch) };
  for (const name of WHEREABOUTS) files[`/${name}`] = await binary(name);
  const source = moduleDirectory("whereabouts", "github.com/k8snetworkplumbingwg/whereabouts");
  for (const name of ["install-cni.sh", "lib.sh", "token-watcher.sh"]) {
    const script = join(scratch, name);
    copyFileSync(join(source, "script", name), script);
    chmodSync(script, 0o755); // the module cache has no executable files
    files[`/${name}`] = script;
  }
  return files;
}

function prebuilt(name: string): string {
  const directory = prebuiltMultus();
  if (directory === undefined) throw new Error("MULTUS_V4_3_1_PROGRAMS names no directory");
  return join(directory, name);
}

/** What the daemon takes for granted, as every distribution has it. */
function distributionFiles(scratch: string): Record<string, string> {
  // It asks for its user's name, and crashes on a nil pointer where there is no /etc/passwd.
  const passwd = join(scratch, "passwd");
  writeFileSync(passwd, "root:x:0:0:root:/root:/sbin/nologin\n");
  // Runtimes name pods' network namespaces by /var/run/netns, and it looks there.
  const variable = join(scratch, "var");
  mkdirSync(variable);
  symlinkSync("/run", join(variable, "run"));
  return { "/etc/passwd": passwd, "/var": variable };
}

/** The program that a sandbox's first process is: it waits, and reaps children. */
async function compilePause(scratch: string): Promise<string> {
  const source = join(scratch, "pause.c");
  writeFileSync(
    source,
    `#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static void end(int signal) { (void)signal; _exit(0); }
static void reap(int signal) { (void)signal; while (waitpid(-1, 0, WNOHANG) > 0) {} }
int main(void) {
  signal(SIGINT, end);
  signal(SIGTERM, end);
  signal(SIGCHLD, reap);
  for (;;) pause();
}
`,
  );
  await requireDebianPackages(["gcc", "libc6-dev"]);
  await execute("cc", ["-static", "-Os", "-s", "-o", join(scratch, "pause"), source]);
  return join(scratch, "pause");
}

async function busyboxTools(scratch: string, ...more: string[]): Promise<string> {
  await requireDebianPackages(STATIC_TOOLS);
  const directory = join(scratch, "bin");
  mkdirSync(directory);
  copyFileSync("/bin/busybox", join(directory, "busybox"));
  for (const applet of (await execute("/bin/busybox", ["--list"])).split("\n").filter(Boolean))
    if (applet !== "busybox") symlinkSync("busybox", join(directory, applet));
  if (more.length > 0) {
    rmSync(join(directory, "bash"), { force: true });
    copyFileSync("/bin/bash-static", join(directory, "bash"));
  }
  return directory;
}

/** The operator's image from the project's own Dockerfile, over a base that holds Node and the libraries it needs. */
async function operatorImage(): Promise<Image> {
  const program = join(REPOSITORY, "dist/multus-operator.mjs");
  if (!existsSync(program)) throw new Error(`${program} is missing: run \`make build\` first`);
  const parts = join(REPOSITORY, "dist/parts");
  const inputs = [
    program,
    ...globSync("*.mjs", { cwd: parts })
      .toSorted()
      .map((part) => join(parts, part)),
  ];
  return await fromDockerfile("operator", {
    reference: IMAGES.operator,
    dockerfile: join(REPOSITORY, "Dockerfile"),
    context: REPOSITORY,
    inputs,
    bases: { BASE: await image("node-runtime-base") },
  });
}

/** Node and its shared libraries, as the official node image has them in other words: `node` on the PATH, user 65532. */
async function nodeFiles(): Promise<Record<string, string>> {
  const node = process.execPath;
  return { "/usr/local/bin/node": node, ...(await librariesOf(node)) };
}

/** The shared libraries that these programs or libraries load, each at its own path. */
export async function librariesOf(...files: string[]): Promise<Record<string, string>> {
  const libraries = (await execute("ldd", files)).match(/(?<=\s)\/\S+\.so\S*(?= \()/g) ?? [];
  return Object.fromEntries(libraries.map((library) => [library, library]));
}

/** One of the two layouts that the first users built for themselves, from the Dockerfile that they would use. */
async function multusV3ByDockerfile(name: ImageName, target: string): Promise<Image> {
  const shell = await image("shell-base");
  const bases = { BUILDER: shell, DISTRIBUTION: shell, SMALL: shell };
  const family = "multus-v3";
  return await byDockerfile(name, {
    ...{ family, program: family, dockerfile: "images/multus/Dockerfile.v3", target, bases },
  });
}

/**
 * An image from a Dockerfile that users have too, with the Go modules of a family of programs. The build finds this machine's
 * Go and its module cache, for there is nothing to download from in a test.
 */
async function byDockerfile(
  name: ImageName,
  {
    family,
    program,
    dockerfile,
    ...how
  }: { family: string; program: string; dockerfile: string; target?: string; bases: Record<string, Image> },
): Promise<Image> {
  await binary(program); // downloads the modules and the toolchain
  const context = join(import.meta.dirname, "tools", family);
  const env = { ...process.env, ...FAMILIES[family]?.env };
  const go = (await execute("go", ["env", "GOROOT", "GOMODCACHE", "GOCACHE"], { cwd: context, env })).split(
    "\n",
  );
  const [root = "", modules = "", cache = ""] = go;
  return await fromDockerfile(name, {
    reference: IMAGES[name],
    dockerfile: join(REPOSITORY, dockerfile),
    context,
    inputs: ["go.mod", "go.sum", "tools.go"].map((file) => join(context, file)),
    ...how,
    volumes: { "/usr/local/go": root, "/go/pkg/mod": modules, "/root/.cache/go-build": cache },
  });
}
