import type { Problem } from "./go-json.ts";

/** Characters of a request that are read: ten times what 64 networks need. */
export const MAX_REQUEST = 16_384;
/**
 * Characters of a status that are read, ten times what 64 networks need, too. It is kept whole: a part of it would show
 * interfaces as missing, and addresses that no pod has.
 */
export const MAX_REPORTED = 65_536;

/** Why a request is not read. */
export type Unread = "request too large" | "namespace full";

export const UNREAD: Readonly<Record<Unread, Problem>> = {
  "request too large": {
    code: "TOO_LARGE",
    message: `is longer than ${MAX_REQUEST} characters, and the operator does not read it`,
  },
  "namespace full": {
    code: "TOO_LARGE",
    message: "is not read, because the texts of its namespace together are larger than the operator keeps",
  },
};

/** Whether a text was not read, so that nothing is known to be wrong with it. */
export function isUnread({ code }: Problem): boolean {
  return code === "TOO_LARGE";
}

export const STATUS_TOO_LARGE: Problem = {
  code: "TOO_LARGE",
  message: `is longer than ${MAX_REPORTED} characters, and the operator does not read it`,
};
