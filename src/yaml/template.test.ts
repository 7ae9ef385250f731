import { expect, it } from "vitest";
import { templateLanguage } from "./template.ts";

it.each([
  ["{{- if .Values.on }}\na: 1\n{{- end }}", "Helm"],
  ["name: {{ .Release.Name }}-net", "Helm"],
  ['{{ include "x" . | nindent 2 }}', "Helm"],
  ["{% if on %}\na: 1\n{% endif %}", "Jinja"],
  ["a: {{ name }}", "Helm or Jinja"],
  ["# {{ name }}\na: 1", undefined],
  ["a: {b: {c: 1}}", undefined],
])("takes %j for %s", (text, language) => {
  expect(templateLanguage(text)).toBe(language);
});
