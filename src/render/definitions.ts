import { NETWORK_DEFINITION } from "./definition.ts";

const GROUP = "whereabouts.cni.cncf.io";

/** The CRDs of whereabouts, with all addresses that it has given out. */
export const POOL_DEFINITIONS: readonly string[] = [
  `ippools.${GROUP}`,
  `overlappingrangeipreservations.${GROUP}`,
  `nodeslicepools.${GROUP}`,
];

/**
 * Whether an object's name is that of a CRD which others may have installed, and whose objects are the users': an existing one
 * serves as it is, and it outlives what is switched off, and the install unless the spec has it deleted.
 */
export function isDefinition(name: string): boolean {
  return name === NETWORK_DEFINITION || POOL_DEFINITIONS.includes(name);
}
