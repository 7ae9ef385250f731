import { matching } from "../rule.ts";

/** The parts of an image's name, as the API server and the kubelet take them. */

export const registryHost = () =>
  matching(
    /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?$/,
    253,
    "must be a host or host:port, without http://",
  );

/** @param example of a path, for the message */
export const imageRepository = (example: string) =>
  matching(/^[a-z0-9]+([._/-][a-z0-9]+)*$/, 255, `must be a path in lowercase, such as ${example}`);

/** @param example of a tag, for the message */
export const imageTag = (example: string) =>
  matching(
    /^[A-Za-z0-9_][A-Za-z0-9._-]*$/,
    128,
    `must be a tag: letters, digits, - _ and ., such as ${example}`,
  );

export const imageDigest = () =>
  matching(/^sha256:[a-f0-9]{64}$/, 71, "must be sha256: and 64 hexadecimal digits");
