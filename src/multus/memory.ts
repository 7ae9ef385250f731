import { millionths } from "../crds/quantity.ts";

/** 100Mi, in millionths of a byte: the stock manifest's 50Mi is too little when many pods start at once (multus-cni #1346). */
const LOW_MEMORY = 100n * 1024n * 1024n * 1_000_000n;
/** A limit to begin with, if one is wanted. */
export const ENOUGH_MEMORY = "128Mi";

/** Whether a limit, such as 50Mi, is one under which Multus is killed under load. */
export function isLowMemory(limit: string): boolean {
  return (millionths(limit) ?? 0n) < LOW_MEMORY;
}
