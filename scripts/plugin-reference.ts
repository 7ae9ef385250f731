import type { Command } from "commander";
import { kubectlMultus } from "../src/commands/kubectl/program.ts";
import { CAUSES } from "../src/networks/explain/cause-codes.ts";
import { OUTCOMES } from "../src/networks/outcome/outcome.ts";

/** docs/reference/kubectl-multus.md: the help of each command as the program prints it, and the codes that scripts rely on. */
export function pluginReference(): string {
  const program = kubectlMultus();
  const commands = program.commands.filter((command) => command.name() !== "version");
  const sections = commands.map(
    (command) => `## kubectl multus ${command.name()}\n\n\`\`\`\n${helpOf(command)}\n\`\`\`\n`,
  );
  return `<!-- Generated from the program's own help by \`npm run generate\`. Do not edit. -->
# kubectl multus

\`\`\`
${helpOf(program)}
\`\`\`

To install the plugin, put \`bin/kubectl-multus\` on the PATH: kubectl finds plugins by their name. On the PATH too,
\`bin/kubectl_complete-multus\` completes commands, flags, nodes, pods and networks in the shell.

${sections.join("\n")}
## Outcomes of a pod's request

The outcome, in \`kubectl multus pods\` and \`explain -o json\`.

${table(OUTCOMES)}

## Codes of \`explain\`

${table(CAUSES)}
`;
}

function table(rows: Record<string, string>): string {
  const lines = Object.entries(rows).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return ["| Code | Meaning |", "|---|---|", ...lines].join("\n");
}

/** With the text after it, at one width and without colours, wherever it is generated. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trimEnd();
}
