import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { loadAll } from "js-yaml";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the program as it is built, as a user's shell would. */
async function multusOperator(args: string[], input: string | AsyncIterable<string> = ""): Promise<Outcome> {
  const child = start(args);
  Readable.from(typeof input === "string" ? [input] : input).pipe(child.stdin);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exitCode(child)]);
  return { code, stdout, stderr };
}

function start(args: string[]): ChildProcessWithoutNullStreams {
  const child = spawn(
    join(root, "node_modules/.bin/node"),
    ["--disable-warning=DEP0040", join(root, "dist/multus-operator.mjs"), ...args],
    { cwd: root },
  );
  child.stdin.on("error", () => {}); // a command that does not read its input may end before it is written
  return child;
}

function exitCode(child: ChildProcess): Promise<number | null> {
  return new Promise((done) => child.once("exit", done));
}

function install(spec: string): string {
  return `apiVersion: multus-operator.dev/v1alpha1\nkind: MultusInstall\nmetadata: { name: multus }\nspec: ${spec}\n`;
}

const SAMPLES = [
  "multusinstall",
  "multusinstall-thick",
  "multusinstall-v3.4.2",
  "multusinstall-v3.4-calico",
  "multusinstall-v3.4-calico-small",
];

describe.concurrent("render", () => {
  it.each(SAMPLES)("renders the sample %s, to the same bytes each time", async (sample) => {
    const args = ["render", "-f", `manifests/samples/${sample}.yaml`];
    const [first, second] = await Promise.all([multusOperator(args), multusOperator(args)]);
    expect(first).toMatchObject({ code: 0 });
    expect(second.stdout).toBe(first.stdout);
    const kinds = loadAll(first.stdout).map((document) => (document as { kind: string }).kind);
    expect(kinds).toEqual(expect.arrayContaining(["ClusterRole", "ServiceAccount", "DaemonSet"]));
  });

  it("reads standard input, and gives a List as JSON", async () => {
    const sample = readFileSync(join(root, "manifests/samples/multusinstall.yaml"), "utf8");
    const [json, yaml] = await Promise.all([
      multusOperator(["render", "-f", "-", "-o", "json"], sample),
      multusOperator(["render", "-f", "manifests/samples/multusinstall.yaml"]),
    ]);
    expect(JSON.parse(json.stdout)).toEqual({ apiVersion: "v1", kind: "List", items: loadAll(yaml.stdout) });
  });

  it.each([
    ["{ mode: Thick, version: v3.4.2 }", "spec.mode: Thick requires version v4.0 or later"],
    ["{ verson: v4.3.0 }", "spec.verson: unknown field; did you mean version?"],
    ["{ cni: { confDir: /etc/shadow } }", "spec.cni.confDir: must be one of"],
    [
      "{ primaryNetwork: { source: Inline, config: nope } }",
      "spec.primaryNetwork.config: must be a JSON object",
    ],
  ])("rejects %s and names the field", async (spec, message) => {
    const { code, stdout, stderr } = await multusOperator(["render", "-f", "-"], install(spec));
    expect(stderr).toContain(`error: ${message}`);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  });

  it("renders with a warning on standard error where something is likely unintended", async () => {
    const spec = "{ image: { tag: snapshot-thick }, mode: Thick }";
    const { code, stdout, stderr } = await multusOperator(["render", "-f", "-"], install(spec));
    expect(code).toBe(0);
    expect(stderr).toMatch(/^warning: spec\.image\.tag: /);
    expect(stdout).not.toContain("warning:");
  });

  it("rejects two installs in one file", async () => {
    const two = `${install("{}")}---\n${install("{}")}`;
    const { code, stderr } = await multusOperator(["render", "-f", "-"], two);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "error: standard input: it must contain one MultusInstall, and contains 2\n",
    });
  });

  it.each([
    ["a file that is not there", ["-f", "does-not-exist.yaml"], "", "does-not-exist.yaml: ENOENT"],
    ["text that is not YAML", ["-f", "-"], "a: [", "standard input:1:4: not valid YAML"],
    [
      "another kind",
      ["-f", "-"],
      "kind: Pod",
      "error: standard input: it must contain one MultusInstall, and contains none",
    ],
    ["no file at all", [], "", "required option '-f, --filename <file>' not specified"],
  ])("exits 2 for %s", async (_, args, input, message) => {
    const { code, stdout, stderr } = await multusOperator(["render", ...args], input);
    expect(stderr).toContain(message);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});

describe.concurrent("validate", () => {
  const nad = (config: string, name = "net") =>
    `apiVersion: k8s.cni.cncf.io/v1\nkind: NetworkAttachmentDefinition\nmetadata: { name: ${name} }\nspec: { config: '${config}' }\n`;
  const good = nad('{"cniVersion":"0.3.1","type":"macvlan"}', "good");
  const bad = nad('{"cniVersion":"0.3.1","type":"macvlan","mode":"brige"}');

  it("exits 0 for the samples, found in a directory", async () => {
    const { code, stdout } = await multusOperator(["validate", "-f", "manifests/samples"]);
    expect(stdout).toMatch(/2 NetworkAttachmentDefinitions, 3 Pods.* checked: 0 errors/);
    expect(code).toBe(0);
  });

  it("exits 1 for an error, and prints one array as JSON", async () => {
    const args = ["validate", "-f", "manifests/samples/multusinstall.yaml", "-", "-o", "json"];
    const { code, stdout } = await multusOperator(args, `${good}---\n${bad}`);
    expect(JSON.parse(stdout)).toMatchObject([
      { file: "-", document: 1, name: "net", path: "mode", severity: "error", line: 9 },
    ]);
    expect(code).toBe(1);
  });

  it.each([
    ["a file that is not there", "does-not-exist.yaml", "does-not-exist.yaml: ENOENT"],
    ["text that is not YAML", "-", "standard input:1:4: not valid YAML"],
  ])("exits 2 for %s, and checks the others all the same", async (_, file, message) => {
    const directory = mkdtempSync(join(tmpdir(), "validate-"));
    try {
      writeFileSync(join(directory, "bad.yaml"), bad);
      writeFileSync(join(directory, "values.txt"), "a: [");
      const args = ["validate", "-f", file, "-f", directory, "-o", "json"];
      const { code, stdout, stderr } = await multusOperator(args, "a: [\n");
      expect(stderr).toContain(message);
      expect(JSON.parse(stdout)).toMatchObject([{ file: join(directory, "bad.yaml"), path: "mode" }]);
      expect(code).toBe(2);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe.concurrent("import", () => {
  const HAND_MADE = "manifests/samples/hand-made/multus-daemonset-pre-calico.yml";

  it("prints a MultusInstall that render takes, and the findings on standard error", async () => {
    const { code, stdout, stderr } = await multusOperator(["import", "-f", HAND_MADE]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^broken: ConfigMap kube-system\/multus-cni-config: .*a setting of flannel/m);
    expect(loadAll(stdout)).toMatchObject([{ kind: "MultusInstall", spec: { version: "v3.4.2" } }]);
    const rendered = await multusOperator(["render", "-f", "-"], stdout);
    expect(rendered.code).toBe(0);
    expect(rendered.stdout).toContain("192.168.1.222:80/kube-ovn/multus-cni:latest");
  });

  it("gives the findings as JSON", async () => {
    const { stdout } = await multusOperator(["import", "-f", HAND_MADE, "-o", "json"]);
    const { install, findings } = JSON.parse(stdout) as { install: object; findings: object[] };
    expect(install).toMatchObject({ kind: "MultusInstall" });
    expect(findings).toContainEqual(expect.objectContaining({ kind: "broken", same: true }));
  });

  it.each([
    ["--strict and a finding", ["-f", HAND_MADE, "--strict"], "", 1, "broken: "],
    [
      "a file without Multus",
      ["-f", "-"],
      "{ kind: Pod, metadata: { name: x } }",
      1,
      "error: standard input: no",
    ],
    ["text that is not YAML", ["-f", "-"], "a: [", 2, "standard input:1:4: not valid YAML"],
    [
      "a DaemonSet without containers",
      ["-f", "-"],
      "{ kind: DaemonSet, metadata: { name: x } }",
      2,
      "DaemonSet x: spec",
    ],
  ])("exits for %s", async (_, args, input, expected, message) => {
    const { code, stderr } = await multusOperator(["import", ...args], input);
    expect(stderr).toContain(message);
    expect(code).toBe(expected);
  });
});

describe.concurrent("input", () => {
  const sample = readFileSync(join(root, "manifests/samples/multusinstall.yaml"), "utf8");
  const slowly = async function* (input: string) {
    await setTimeout(1_500); // longer than any command needs to begin
    yield input.slice(0, 20);
    await setTimeout(300);
    yield input.slice(20);
  };

  it.each([
    ["validate", sample, "1 MultusInstall checked: 0 errors"],
    ["render", sample, "kind: DaemonSet"],
    [
      "import",
      readFileSync(join(root, "manifests/samples/hand-made/multus-daemonset-pre-calico.yml"), "utf8"),
      "kind: MultusInstall",
    ],
  ])("%s waits for whoever writes to its standard input", async (command, input, expected) => {
    const { code, stdout } = await multusOperator([command, "-f", "-"], slowly(input));
    expect(stdout).toContain(expected);
    expect(code).toBe(0);
  });

  it.each(["validate", "render", "import", "diff"])("%s bounds what aliases multiply", async (command) => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(",")}]`,
    );
    const input = ["kind: DaemonSet", "metadata: {name: x}", `l0: &l0 [${"x,".repeat(10)}]`, ...levels].join(
      "\n",
    );
    const { code, stderr } = await multusOperator([command, "-f", "-"], input);
    expect(stderr).toMatch(/not valid YAML: too many values come from aliases/);
    expect(code).toBe(2);
  });

  it("import rejects lists where texts belong, and repeats nothing of them", async () => {
    const input = `kind: DaemonSet
metadata: {name: multus}
spec: {template: {spec: {containers: [{name: kube-multus, args: [[[[a]]]]}]}}}`;
    const { code, stderr } = await multusOperator(["import", "-f", "-"], input);
    expect(stderr).toContain("DaemonSet multus: spec.template.spec.containers[0].args[0]: ");
    expect(code).toBe(2);
  });

  it.each(["validate", "render", "import", "diff"])(
    "%s answers a template with the command that renders it",
    async (command) => {
      const { code, stderr } = await multusOperator(
        [command, "-f", "-"],
        "{{- if .Values.on }}\nkind: MultusInstall\n{{- end }}\n",
      );
      expect(stderr).toContain(
        `standard input: a Helm template: render it first (helm template CHART | multus-operator ${command} -f -)`,
      );
      expect(code).toBe(2);
    },
  );

  it.each([
    ["validate", ["-o", "json"]],
    ["validate", []],
    ["render", []],
    ["import", []],
    ["diff", []],
  ])("%s %j prints no control character of its input", async (command, args) => {
    const input = `apiVersion: multus-operator.dev/v1alpha1
kind: MultusInstall
metadata: {name: multus, labels: {"\\e[31m\\x9b1m\\u202e": 1}}
spec: {"\\e[31m\\x9b1m\\u202e": 1, image: {tag: "\\e[31m\\x9b1m\\u202e"}}
`;
    const { stdout, stderr } = await multusOperator([command, "-f", "-", ...args], input);
    expect(stdout + stderr).not.toBe("");
    expect(stdout + stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  });

  it.each([
    ["render", sample],
    ["crds", ""],
  ])("%s ends quietly when nobody reads on", async (command, input) => {
    const child = start([command, ...(input ? ["-f", "-"] : [])]);
    child.stdout.destroy();
    child.stdin.end(input);
    const [stderr, code] = await Promise.all([text(child.stderr), exitCode(child)]);
    expect({ stderr, code }).toEqual({ stderr: "", code: 0 });
  });
});

describe.concurrent("the other commands", () => {
  it("crds prints what the generated files hold", async () => {
    const { code, stdout } = await multusOperator(["crds"]);
    const generated = ["multusinstalls", "networkattachmentreports"].map((plural) =>
      readFileSync(join(root, `manifests/crds/multus-operator.dev_${plural}.yaml`), "utf8"),
    );
    expect(code).toBe(0);
    expect(loadAll(stdout)).toEqual(generated.flatMap((text) => loadAll(text)));
  });

  it("version is package.json's", async () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    const { stdout } = await multusOperator(["version", "-o", "json"]);
    expect(JSON.parse(stdout)).toEqual({
      version,
      revision: expect.any(String) as string,
      node: process.version,
    });
  });

  it("--help shows every command and examples", async () => {
    const { code, stdout } = await multusOperator(["--help"]);
    expect(code).toBe(0);
    for (const command of ["run", "render", "validate", "diff", "import", "crds", "version", "Examples:"])
      expect(stdout).toContain(command);
  });

  it.each([["run"], ["uninstall-guard"]])(
    "%s names a kubeconfig that cannot be read, in one line",
    async (command) => {
      const { code, stderr } = await multusOperator([command, "--kubeconfig", "/no-such-file"]);
      expect(stderr).toMatch(/^error: the kubeconfig \/no-such-file cannot be read: ENOENT.*\n$/);
      expect(code).toBe(2);
    },
  );

  it("run rejects a port that is none", async () => {
    const { code, stderr } = await multusOperator(["run", "--health-port", "70000"]);
    expect(stderr).toContain("it must be a port, 0 to 65535");
    expect(code).toBe(2);
  });
});
