import { CODES } from "../src/validate/codes/codes.ts";

/** The page docs/reference/findings.md. */
export function findingsPage(): string {
  const tables = Object.entries(CODES).map(
    ([title, codes]) => `## ${title}

| Code | Meaning | Fix |
|---|---|---|
${codes.map(({ code: name, meaning, fix }) => `| \`${name}\` | ${cell(meaning)} | ${cell(fix)} |`).join("\n")}
`,
  );
  return `# Findings

This page lists the findings of \`multus-operator validate\` (also \`kubectl multus validate\`), the reports on NADs and the admission webhook.
Each finding has a severity, a code, a path and a message, and in a file also a line and a column.

- **error**: Multus, libcni or the plugin rejects it, or it cannot work.
- **warning**: it is ignored, or probably not intended.

What a plugin accepts is never an error. A plugin that the operator does not know is not an error either: of its
fields, only those that all plugins have in common, such as \`type\` and \`capabilities\`, are checked. The rules are
compared with the real plugins by generated configurations
(test/integration/cni-differential.test.ts).

The codes are stable; messages may change.

${tables.join("\n")}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
