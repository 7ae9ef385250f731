import type { CauseCode } from "./cause-codes.ts";
import type { FailurePlace } from "./failure-place.ts";

export interface FailurePattern {
  code: CauseCode;
  matches: RegExp;
  /** Whether the pattern holds at this place; always if not given. */
  when?: (place: FailurePlace) => boolean;
  /** Gets what the groups of `matches` matched, empty if a group matched nothing. */
  sentence: (found: readonly string[], place: FailurePlace) => string;
}
