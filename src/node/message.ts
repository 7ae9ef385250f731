import { deflateRawSync, inflateRawSync } from "node:zlib";
import { UnreadableMessage } from "./errors.ts";

/** The kubelet cuts a termination message at this many bytes (pkg/kubelet/container, MaxContainerTerminationMessageLength). */
export const MAX_MESSAGE_LENGTH = 4096;
/** No answer is longer unpacked: a message that was forged must not fill the operator's memory. */
const MAX_TEXT_LENGTH = 256 * 1024;
const PACKED = "deflate:";

type Lists = Record<string, unknown> & { truncated: string[] };

/**
 * The value as a termination message: JSON, packed where it is too long for that. Where even that is too
 * long, the last quarter of the largest list is left out again and again, and `truncated` names the list.
 */
export function encodeMessage(value: Lists): string {
  let current = value;
  for (;;) {
    const text = JSON.stringify(current);
    if (Buffer.byteLength(text) <= MAX_MESSAGE_LENGTH) return text;
    const packed = PACKED + deflateRawSync(text, { level: 9 }).toString("base64");
    if (packed.length <= MAX_MESSAGE_LENGTH) return packed;
    current = shortened(current);
  }
}

/** Throws an UnreadableMessage. What it returns is still to be checked against a schema. */
export function decodeMessage(message: string): unknown {
  try {
    const text = message.startsWith(PACKED)
      ? inflateRawSync(Buffer.from(message.slice(PACKED.length), "base64"), {
          maxOutputLength: MAX_TEXT_LENGTH,
        }).toString()
      : message;
    return JSON.parse(text);
  } catch (error) {
    throw new UnreadableMessage(`not a result of this program: ${(error as Error).message}`);
  }
}

function shortened(value: Lists): Lists {
  const sizes = Object.entries(value)
    .filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && entry[0] !== "truncated")
    .map(([name, list]) => ({ name, list, size: JSON.stringify(list).length }))
    .toSorted((a, b) => b.size - a.size);
  const largest = sizes[0];
  if (!largest || largest.list.length === 0)
    throw new UnreadableMessage("a result without lists is too long");
  return {
    ...value,
    [largest.name]: largest.list.slice(0, Math.floor(largest.list.length * 0.75)),
    truncated: [...new Set([...value.truncated, largest.name])],
  };
}
