import { isDeepStrictEqual } from "node:util";
import type { ApiObject } from "./resource.ts";

/** What the API server writes automatically: no applier sets it. */
const SERVER_OWNED = [
  "managedFields",
  "resourceVersion",
  "generation",
  "uid",
  "creationTimestamp",
  "selfLink",
];

/**
 * Whether an apply would change the object, compared with what a dry run of the apply answered. Ownership alone
 * (managedFields) and status do not count.
 */
export function differs(live: ApiObject, dryRun: ApiObject): boolean {
  return !isDeepStrictEqual(intentOf(live), intentOf(dryRun));
}

/** Whether two values are the same once they are sent: a field that is undefined is absent in JSON. */
export function isSameJson(a: object, b: object): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
}

/** The object without what the server owns, for comparing and for fingerprints. */
export function intentOf(object: ApiObject): object {
  const { status: _, metadata, ...rest } = object;
  const kept = Object.fromEntries(Object.entries(metadata).filter(([key]) => !SERVER_OWNED.includes(key)));
  return { ...rest, metadata: kept };
}
