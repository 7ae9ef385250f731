/** Text from the cluster for a terminal: pods, nodes and plugins wrote it, and any tenant may be behind them. */

/** Controls, formats (bidirectional overrides among them) and line separators, but for line feed and tab. */
const UNSAFE = /(?![\n\t])[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu;

/** Control characters as `\x1b`, so that they are visible and have no effect; line feeds and tabs stay. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u{${code.toString(16).padStart(4, "0")}}`;
  });
}

/** Whether a text is safe for a terminal as it is. */
export function isPrintable(text: string): boolean {
  return text.search(UNSAFE) < 0;
}

/**
 * Indented JSON that is safe for a terminal: JSON.stringify leaves C1 controls and bidirectional overrides as they
 * are, and escapes can stand for them.
 * @param inYaml whether kubectl reads it as YAML, which has another escape for characters beyond U+FFFF
 */
export function toJson(value: unknown, inYaml = false): string {
  return JSON.stringify(value, null, 2).replace(UNSAFE, (character) => {
    if (inYaml && character.length > 1)
      return `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`;
    return character.replaceAll(
      /[\s\S]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
  });
}

/** One printable line of at most `most` characters. */
export function oneLine(text: string, most = 512): string {
  const line = printable(text.replace(/\s+/g, " ").trim());
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}
