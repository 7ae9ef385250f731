const ACTION =
  /\{\{-?\s*(?:if|else|end|range|with|define|include|template|block|toYaml|tpl|quote|lookup|\/\*|\.(?:Values|Release|Chart|Capabilities|Files)\b|\$)/;
const STATEMENT = /\{%-?\s*\w|\{#/;
const EXPRESSION = /\{\{.*?\}\}/;

/** Which language a text that is not YAML seems to be a template in. A comment proves nothing. */
export function templateLanguage(text: string): "Helm" | "Jinja" | "Helm or Jinja" | undefined {
  const code = text.replaceAll(/^\s*#.*$/gm, "");
  if (STATEMENT.test(code)) return "Jinja";
  if (ACTION.test(code)) return "Helm";
  return EXPRESSION.test(code) ? "Helm or Jinja" : undefined;
}
