import { Command } from "commander";
import { customResourceDefinitions } from "../crds/definitions.ts";
import { toYaml } from "./yaml.ts";

export function crdsCommand(): Command {
  return new Command("crds").description("print the CustomResourceDefinitions as YAML").action(() => {
    process.stdout.write(toYaml(customResourceDefinitions()));
  });
}
