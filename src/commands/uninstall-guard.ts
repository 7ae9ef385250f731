import { Command } from "commander";
import { MULTUS_INSTALL } from "../crds/multus-install/multus-install.ts";
import { KubeClient } from "../kube/client.ts";
import { connect } from "../kube/connection.ts";
import { isNotFound } from "../kube/errors.ts";
import type { ApiObject } from "../kube/resource.ts";

/** What the chart runs before it is uninstalled: without the operator nobody would clean the nodes. */
export function uninstallGuardCommand(): Command {
  return new Command("uninstall-guard")
    .description("fail while there is a MultusInstall: only the running operator can take it away")
    .option("--kubeconfig <file>", "kubeconfig; default: the pod's service account, or KUBECONFIG")
    .addHelpText("after", "\nExit code 0: the operator may go; 1: a MultusInstall needs it.")
    .action(async ({ kubeconfig }: { kubeconfig?: string }) => {
      const connection = connect(kubeconfig ? { kubeconfig } : {});
      const names = await installs(new KubeClient(connection));
      await connection.close();
      if (names.length === 0) return;
      process.stderr.write(
        `MultusInstall ${names.join(", ")} is still there, and only the running operator can clean its nodes. ` +
          `First: kubectl delete multusinstall ${names.join(" ")}\n`,
      );
      process.exitCode = 1;
    });
}

async function installs(client: KubeClient): Promise<string[]> {
  try {
    const { items } = await client.list<ApiObject>(MULTUS_INSTALL);
    return items.map(({ metadata }) => metadata.name);
  } catch (error) {
    if (isNotFound(error)) return []; // the CRD is gone, and every object with it
    throw error;
  }
}
