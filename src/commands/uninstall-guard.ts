import { Command } from "commander";
import { MULTUS_INSTALL } from "../crds/multus-install/multus-install.ts";
import { KubeClient } from "../kube/client.ts";
import { connect } from "../kube/connection.ts";
import { ApiError, isNotFound, NetworkError } from "../kube/errors.ts";
import type { ApiObject } from "../kube/resource.ts";
import { printError } from "./input.ts";
import { describeFailure } from "./request-failure.ts";

interface GuardOptions {
  kubeconfig?: string;
  release: string;
  revision: string;
  namespace: string;
}

/** What the chart runs before it is uninstalled: without the operator, nodes are not cleaned. */
export function uninstallGuardCommand(): Command {
  return new Command("uninstall-guard")
    .description("fail while a MultusInstall exists: only the running operator can remove it")
    .option(
      "--kubeconfig <file>",
      "kubeconfig; default: KUBECONFIG, ~/.kube/config, or the pod's service account",
    )
    .option("--release <name>", "the Helm release, for the message", "multus-operator")
    .option("--revision <number>", "its revision, for the message", "REVISION")
    .option("--namespace <name>", "its namespace, for the message", "multus-operator")
    .addHelpText(
      "after",
      "\nExit code 0: the operator can be removed; 1: a MultusInstall needs it; 2: the MultusInstalls cannot be read.",
    )
    .action(async ({ kubeconfig, ...helm }: GuardOptions) => {
      const connection = connect(kubeconfig ? { kubeconfig } : {});
      try {
        const names = await installs(new KubeClient(connection));
        if (names.length === 0) return;
        printError(rejection(names, helm));
        process.exitCode = 1;
      } catch (error) {
        if (!(error instanceof NetworkError || error instanceof ApiError)) throw error;
        printError(`error: ${describeFailure(error)}`);
        process.exitCode = 2;
      } finally {
        await connection.close();
      }
    });
}

/**
 * What exists, how to go on, and how to keep the operator: Helm leaves the release in the state "uninstalling".
 *
 * @param helm the release and the revision of it that is installed: without a number, `helm rollback` takes the one before
 * it, which a first install does not have, and which undoes an upgrade
 */
export function rejection(
  installs: readonly string[],
  { release, revision, namespace }: Pick<GuardOptions, "release" | "revision" | "namespace">,
): string {
  const [verb, nodes] = installs.length === 1 ? ["exists", "its nodes"] : ["exist", "their nodes"];
  return `MultusInstall ${installs.join(", ")} ${verb}, and only the running operator can clean ${nodes}.
To remove both: kubectl delete multusinstall ${installs.join(" ")}; then run helm uninstall ${release} -n ${namespace} again.
To keep the operator: helm rollback ${release} ${revision} -n ${namespace}; until then helm upgrade fails with "has no deployed releases".`;
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
