/** With this first argument, which bin/kubectl-multus passes, the program is the kubectl plugin. */
export const PLUGIN_ARGUMENT = "kubectl-multus";
/** With this first argument, which bin/kubectl_complete-multus passes, the program completes the words after `kubectl multus`. */
export const COMPLETE_ARGUMENT = "kubectl_complete-multus";
/** With this first argument the program prints the candidates for the words after it. */
export const COMPLETE_OWN_ARGUMENT = "__complete";
