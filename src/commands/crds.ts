import { Command } from "commander";
import { customResourceDefinitions } from "../crds/definitions.ts";
import { toYaml } from "./yaml.ts";

/** `crds`: the definitions that this program was built with; Helm installs them, and never upgrades them. */
export function crdsCommand(): Command {
  return new Command("crds")
    .description("print the CustomResourceDefinitions as YAML")
    .addHelpText(
      "after",
      `
Example, before an upgrade of the chart (Helm does not upgrade CRDs):
  multus-operator crds | kubectl apply --server-side --force-conflicts -f -`,
    )
    .action(() => {
      process.stdout.write(toYaml(customResourceDefinitions()));
    });
}
