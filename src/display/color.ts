/** How a piece of text is meant: fine, broken, or to be watched. */
export type Tone = "good" | "bad" | "doubtful";

/** Colors a text, or leaves it as it is. The text must be padded before: escapes have no width. */
export type Paint = (tone: Tone | undefined, text: string) => string;

/** SGR parameters of ECMA-48. */
const CODES: Record<Tone, number> = { good: 32, bad: 31, doubtful: 33 };

export const plain: Paint = (_, text) => text;

export const colored: Paint = (tone, text) =>
  tone === undefined || text.trim() === "" ? text : `\u001b[${CODES[tone]}m${text}\u001b[0m`;
