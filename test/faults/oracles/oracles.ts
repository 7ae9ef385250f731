import type { Oracle, PlanEvidence, Reference } from "../evidence.ts";
import { endsAsReference, staysAlive } from "./end-state.ts";
import {
  accountsForItsObjects,
  changesNoTemplateNeedlessly,
  cleansEveryNode,
  guardsNodes,
  keepsForeignFields,
  probesBeforeTheOthers,
  restartsNoPodNeedlessly,
} from "./order.ts";
import { namesWhatIsUnknown, neverLies } from "./status.ts";
import {
  hasOneLeader,
  staysWithinItsRights,
  writesHavePreconditions,
  writesNoMore,
  writesNothingAtRest,
  writesNothingInTheDark,
} from "./writes.ts";

/** All of them, by the names under which a violation is reported. */
export const ORACLES: Readonly<Record<string, Oracle>> = {
  "end state": endsAsReference,
  alive: staysAlive,
  writes: writesNoMore,
  rest: writesNothingAtRest,
  dark: writesNothingInTheDark,
  preconditions: writesHavePreconditions,
  rights: staysWithinItsRights,
  leader: hasOneLeader,
  status: neverLies,
  syncing: namesWhatIsUnknown,
  inventory: accountsForItsObjects,
  cleaning: cleansEveryNode,
  pods: restartsNoPodNeedlessly,
  templates: changesNoTemplateNeedlessly,
  guard: guardsNodes,
  canary: probesBeforeTheOthers,
  foreign: keepsForeignFields,
};

export interface Violation {
  oracle: string;
  what: string;
}

/** Everything that is wrong with a run. */
export function violations(run: PlanEvidence, reference: Reference): Violation[] {
  return Object.entries(ORACLES).flatMap(([oracle, check]) =>
    [...check(run, reference), ...(oracle === "end state" ? run.found : [])].map((what) => ({
      oracle,
      what,
    })),
  );
}
