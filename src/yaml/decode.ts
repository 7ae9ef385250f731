import { YamlError } from "./errors.ts";

/** The text of a file. Throws YamlError if it is not UTF-8. */
export function decodeYaml(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    throw new YamlError("is UTF-16, which kubectl does not read: save it as UTF-8", 0);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new YamlError("is not UTF-8 text", 0);
  }
}
