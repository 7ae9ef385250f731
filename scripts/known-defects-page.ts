import { DEFAULT_RELEASE } from "../src/crds/multus-install/spec.ts";
import { fixOf, issuesOf, KNOWN_DEFECTS, type KnownDefect, rangeOf } from "../src/multus/known-defects.ts";
import { NEWEST_RELEASE } from "../src/multus/releases.ts";

/** docs/reference/known-defects.md: the table of known-defects-table.ts, in two parts. */
export function knownDefectsPage(): string {
  const decided = KNOWN_DEFECTS.filter(({ exposes }) => exposes !== undefined);
  const depending = KNOWN_DEFECTS.filter(({ exposes }) => exposes === undefined);
  return `# Known defects of Multus releases

Defects of Multus itself, from v3.4 to ${NEWEST_RELEASE}, found in its source code and in the issues of
[multus-cni](https://github.com/k8snetworkplumbingwg/multus-cni/issues). \`spec.version\` defaults to ${DEFAULT_RELEASE},
the newest release without a defect of the first table in either mode
([ADR 14](../adr/0014-a-default-release-without-known-defects.md)). A release that is later than ${NEWEST_RELEASE} is
rendered like ${NEWEST_RELEASE}, with the warning \`NEWER_RELEASE\`.

## Defects that the MultusInstall exposes nodes to

If the spec exposes the nodes to one of these, the condition \`Warning\` is True with the reason \`KnownDefect\`, and
\`render\` and \`validate\` warn with \`KNOWN_DEFECT\`. The operator installs the release nevertheless.

${table(decided)}

## Defects that depend on a network, a pod or the node

Whether these occur does not depend on the MultusInstall alone. NetworkAttachmentDefinitions (NADs) are checked for those that
a NAD causes (\`KNOWN_DEFECT\`), and \`kubectl multus explain\` recognizes their messages in the events of failing pods.

${table(depending)}
`;
}

function table(defects: readonly KnownDefect[]): string {
  const rows = defects.map(
    (defect) =>
      `| ${rangeOf(defect)} | ${defect.modes.join(", ")} | ${cell(sentence(defect.condition))} | ${cell(sentence(defect.consequence))} | ${cell(sentence(fixOf(defect)))} | ${issues(defect)} |`,
  );
  return `| Releases | Mode | When | What happens | Fix | Issues |
|---|---|---|---|---|---|
${rows.join("\n")}`;
}

const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const cell = (text: string) => text.replaceAll("|", "\\|");
const issues = (defect: KnownDefect) => issuesOf(defect).replace("multus-cni ", "");
