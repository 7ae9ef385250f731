/**
 * Patterns on the text of a JSON object, for CEL, which cannot parse JSON. Each is a regular expression that RE2 and
 * JavaScript read alike.
 */

const SPACE = "[ \\t\\r\\n]*";
const escaped = (lower: string, code: string) => `(?:${lower}|\\\\u${code})`;
/** The key "type" in either case, each letter as it is or escaped: Go's encoding/json matches field names like this. */
const TYPE_KEY = `"${escaped("t", "00[57]4")}${escaped("y", "00[57]9")}${escaped("p", "00[57]0")}${escaped("e", "00[46]5")}"${SPACE}:`;
const TEXT = '(?:[^"\\\\]|\\\\[^\\n])*';
/** `../`, each character as it is or escaped in one of JSON's ways. */
const UPWARDS = "(?:\\.|\\\\u002e){2}(?:\\\\?/|\\\\u002f)";
const FILE_NAME = "[A-Za-z0-9_-][A-Za-z0-9._-]*";

export const JSON_TEXT = {
  space: SPACE,
  typeKey: TYPE_KEY,
  object: `^${SPACE}\\{[\\s\\S]*\\}${SPACE}$`,
  list: `^${SPACE}\\[[\\s\\S]*\\]${SPACE}$`,
  hasPlugins: `"plugins"${SPACE}:${SPACE}\\[`,
  /** Raw control characters: JSON allows only the four of white space. */
  control: "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f]",
  upwards: UPWARDS,
  typeUpwards: `${TYPE_KEY}${SPACE}"${TEXT}${UPWARDS}`,
  /** A "type" whose value is anything but a file name: a path, or a name with an escaped character. */
  typeIsNoFileName: `${TYPE_KEY}${SPACE}"(?:[.]|${FILE_NAME}[^A-Za-z0-9._"-]|[^A-Za-z0-9._"-])`,
  /** A "type" that is Multus, its shim or its daemon. */
  typeIsMultus: `${TYPE_KEY}${SPACE}"multus[A-Za-z0-9._-]*"`,
} as const;

/** CEL that is true if the text matches, in either case; `text` is a CEL expression. */
export const celMatches = (text: string, pattern: string) => `${text}.matches(r'(?i)${pattern}')`;
/** The same in JavaScript. */
export const matchesText = (text: string, pattern: string) => new RegExp(pattern, "i").test(text);
