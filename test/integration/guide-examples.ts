import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binary } from "../cluster/binaries.ts";
import { CommandError, execute } from "../cluster/execute.ts";
import type { Kubectl } from "../cluster/kubectl.ts";

/** What a page shows of `kubectl apply -f FILE`, and what kubectl prints for the YAML that the page shows before it. */
export async function appliedExample(
  { kubeconfig }: Kubectl,
  page: string,
  file: string,
): Promise<{ shown: string; printed: string }> {
  const text = await readFile(page, "utf8");
  const [before = "", after = ""] = text.split(`\n\`\`\`\n$ kubectl apply -f ${file}\n`);
  const yaml = before.slice(before.lastIndexOf("\n```yaml\n") + "\n```yaml\n".length).split("\n```")[0] ?? "";
  const directory = await mkdtemp(join(tmpdir(), "guide-"));
  try {
    await writeFile(join(directory, file), `${yaml}\n`);
    const command = [await binary("kubectl"), "--kubeconfig", kubeconfig, "apply", "-f", file];
    const printed = await execute("sh", ["-c", '"$@" 2>&1', "sh", ...command], { cwd: directory }).catch(
      (error: unknown) => {
        if (error instanceof CommandError) return error.stdout;
        throw error;
      },
    );
    return { shown: `${after.split("\n```")[0]}\n`, printed };
  } finally {
    await rm(directory, { recursive: true });
  }
}
