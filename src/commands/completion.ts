import { Argument, Command } from "commander";
import { COMPLETE_OWN_ARGUMENT } from "./first-arguments.ts";

/** Each asks the program itself: a script knows nothing that a new version would change. */
const SCRIPTS = {
  bash: `_multus_operator() {
  local IFS=$'\\n'
  COMPREPLY=($(multus-operator ${COMPLETE_OWN_ARGUMENT} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | grep -v '^:'))
}
complete -o default -F _multus_operator multus-operator
`,
  zsh: `#compdef multus-operator
_multus_operator() {
  local -a found
  found=(\${(f)"$(multus-operator ${COMPLETE_OWN_ARGUMENT} "\${(@)words[2,CURRENT]}" 2>/dev/null | grep -v '^:')"})
  if (( \${#found} )); then compadd -- $found; else _files; fi
}
if [ "$funcstack[1]" = _multus_operator ]; then _multus_operator "$@"; else compdef _multus_operator multus-operator; fi
`,
  fish: `function __multus_operator_complete
  set -l words (commandline -opc) (commandline -ct)
  multus-operator ${COMPLETE_OWN_ARGUMENT} $words[2..-1] 2>/dev/null | string match -v ':*'
end
complete -c multus-operator -a '(__multus_operator_complete)'
`,
} as const;

/** `completion`: prints a script for a shell. */
export function completionCommand(): Command {
  return new Command("completion")
    .description("print a script that completes commands and flags in a shell")
    .addArgument(new Argument("<shell>").choices(Object.keys(SCRIPTS)))
    .addHelpText(
      "after",
      `
kubectl multus is completed by bin/kubectl_complete-multus on the PATH, with kubectl's own completion.

Examples:
  source <(multus-operator completion bash)
  multus-operator completion zsh > "\${fpath[1]}/_multus-operator"
  multus-operator completion fish > ~/.config/fish/completions/multus-operator.fish`,
    )
    .action((shell: keyof typeof SCRIPTS) => {
      process.stdout.write(SCRIPTS[shell]);
    });
}
