/**
 * Writes manifests/install.yaml, the chart as plain YAML for `kubectl apply`. With --check it writes nothing
 * and exits 1 when the file differs from what would be written.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { dump, loadAll } from "js-yaml";
import { binary } from "../test/cluster/binaries.ts";

interface Manifest {
  kind: string;
  metadata: { labels?: Record<string, string> };
}

const root = resolve(import.meta.dirname, "..");
const NAMESPACE = "multus-operator";
const FILE = "manifests/install.yaml";
/** A name that belongs to nobody (RFC 2606): nothing is pulled before it is replaced. */
const IMAGE = "registry.invalid/multus-operator";
const HEADER = `# Generated from charts/multus-operator by \`make generate\`. Do not edit.
#
# No image of the operator is published: put yours in place of ${IMAGE}.
#
#   sed 's#${IMAGE}:0.1.0#registry.example/multus-operator:0.1.0#' install.yaml | kubectl apply --server-side -f -
`;

/** As the chart expects it to be there: `helm install --create-namespace` makes it without these labels. */
const namespace = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    name: NAMESPACE,
    labels: {
      "app.kubernetes.io/name": NAMESPACE,
      "pod-security.kubernetes.io/enforce": "restricted",
    },
  },
};

async function install(): Promise<string> {
  const chart = join(root, "charts", NAMESPACE);
  const args = ["template", NAMESPACE, chart, "--namespace", NAMESPACE, "--include-crds", "--no-hooks"];
  args.push("--set", `image.repository=${IMAGE}`);
  const text = execFileSync(await binary("helm"), args, { encoding: "utf8" });
  const documents = (loadAll(text) as (Manifest | null)[]).filter((document) => document !== null);
  // Helm manages nothing here.
  for (const { metadata } of documents) delete metadata.labels?.["app.kubernetes.io/managed-by"];
  return (
    HEADER + [namespace, ...documents].map((d) => `---\n${dump(d, { lineWidth: -1, noRefs: true })}`).join("")
  );
}

const check = process.argv.includes("--check");
if (check && spawnSync("go", ["version"]).error) {
  process.stderr.write(
    `${FILE} is not checked: that takes Helm, which is built with Go, and there is no Go here\n`,
  );
  process.exit(0);
}
const text = await install();
if (!check) writeFileSync(join(root, FILE), text);
else if (readFileSync(join(root, FILE), "utf8") !== text) {
  process.stderr.write(`${FILE} is stale: run \`make generate\`\n`);
  process.exitCode = 1;
}
