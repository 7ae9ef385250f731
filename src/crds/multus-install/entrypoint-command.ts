import { z } from "zod";
import { matching, withRules } from "../rule.ts";

/** What may run a script: an interpreter without options, since with one it could run anything. */
const SHELLS = ["sh", "bash", "/bin/sh", "/bin/bash", "/usr/bin/sh", "/usr/bin/bash"];
/** A file of the image whose name says that it is an entrypoint, as in every image of Multus since v3.4. */
const ENTRYPOINT =
  /^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\/([A-Za-z0-9_-][A-Za-z0-9._-]*)?entrypoint[A-Za-z0-9._-]*$/;

/** spec.image.layout.command: where a self-built image has Multus' entrypoint, which gets the flags as arguments. */
export const entrypointCommand = () =>
  withRules(
    z
      .array(
        matching(/^[A-Za-z0-9/._=:@+-]+$/, 512, "must be a program or a path; put a script into the image"),
      )
      .min(1)
      .max(2),
    [
      {
        message: `must be the path of the image's entrypoint, with "entrypoint" in its file name, alone or after one of ${SHELLS.join(", ")}`,
        cel: `size(self) > 0 && self[size(self) - 1].matches('${ENTRYPOINT.source.replaceAll("\\", "\\\\")}') && (size(self) == 1 || self[0] in [${SHELLS.map((shell) => `'${shell}'`).join(", ")}])`,
        holds: (words) =>
          ENTRYPOINT.test(words.at(-1) ?? "") && (words.length === 1 || SHELLS.includes(words[0] ?? "")),
      },
    ],
  );

/**
 * spec.image.layout.binaryFile: the file that the entrypoint copies to the host as the plugin `multus`. The runtime runs it
 * there as root with Multus' configuration as its input: a shell would run what that contains (primaryNetwork.config).
 */
export const multusBinary = () =>
  matching(
    /^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*\/([A-Za-z0-9_-][A-Za-z0-9._-]*)?multus[A-Za-z0-9._-]*$/,
    256,
    'must be the absolute path of the image\'s multus binary, without . and .., with "multus" in its file name',
  );
