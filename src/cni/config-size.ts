import { jsonSize } from "./json-meter.ts";

/** No program reads a larger configuration from its standard input in practice; a NAD with ten plugins has 3 KiB. */
export const MAX_CONFIG_BYTES = 65_536;
/** Elements and fields. */
const MAX_CONFIG_VALUES = 4096;

/** Why a configuration is not read, such as "is longer than 65536 bytes"; undefined for all that networks need. */
export function tooLarge(text: string): string | undefined {
  // A character has at least one byte: the text itself may be of any length.
  if (text.length > MAX_CONFIG_BYTES) return `is longer than ${MAX_CONFIG_BYTES} bytes`;
  const { bytes, values } = jsonSize(text);
  if (bytes > MAX_CONFIG_BYTES) return `is longer than ${MAX_CONFIG_BYTES} bytes`;
  if (values > MAX_CONFIG_VALUES) return `has more than ${MAX_CONFIG_VALUES} values`;
  return undefined;
}
