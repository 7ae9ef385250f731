import { differences } from "../end-state.ts";
import type { Oracle } from "../evidence.ts";

/** The cluster ends as in the run without a fault, by itself. */
export const endsAsReference: Oracle = (run, reference) => {
  const different = differences(reference.end, run.end);
  const late = run.restAt === undefined && different.length === 0 ? ["the end was not reached in time"] : [];
  const said = different.length > 0 && run.lastStatus !== "" ? [`the status says: ${run.lastStatus}`] : [];
  return [...different, ...late, ...said];
};

/** No operator ends by an error. */
export const staysAlive: Oracle = (run) => run.failures.map((failure) => `an operator ended: ${failure}`);
