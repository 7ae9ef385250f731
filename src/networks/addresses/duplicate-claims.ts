import { ClaimTable } from "./claim-table.ts";

/**
 * Who claims what on each wire: a claim of one owner is a row in a table, and those of several, which are few, are listed.
 * An owner may make a claim several times, and takes it back as often.
 */
export class DuplicateClaims {
  readonly #alone: ClaimTable;
  /** By wire and claim, the owners with how often each makes it. */
  readonly #shared = new Map<string, Map<string, Map<number, number>>>();

  /** @param salt a number that tenants cannot know */
  constructor(salt: number) {
    this.#alone = new ClaimTable(salt);
  }

  add(wire: string, claim: string, owner: number): void {
    const owners = this.#shared.get(wire)?.get(claim);
    if (owners) {
      owners.set(owner, (owners.get(owner) ?? 0) + 1);
      return;
    }
    const key = keyOf(wire, claim);
    const alone = this.#alone.get(key);
    if (!alone || alone.owner === owner) {
      this.#alone.set(key, owner, (alone?.count ?? 0) + 1);
      return;
    }
    this.#alone.set(key, 0, 0);
    const onWire = this.#shared.get(wire) ?? new Map<string, Map<number, number>>();
    onWire.set(
      claim,
      new Map([
        [alone.owner, alone.count],
        [owner, 1],
      ]),
    );
    this.#shared.set(wire, onWire);
  }

  remove(wire: string, claim: string, owner: number): void {
    const key = keyOf(wire, claim);
    const onWire = this.#shared.get(wire);
    const owners = onWire?.get(claim);
    if (!onWire || !owners) {
      const alone = this.#alone.get(key);
      if (alone?.owner === owner) this.#alone.set(key, owner, alone.count - 1);
      return;
    }
    const count = (owners.get(owner) ?? 0) - 1;
    if (count > 0) owners.set(owner, count);
    else owners.delete(owner);
    if (owners.size > 1) return;
    for (const [left, times] of owners) this.#alone.set(key, left, times);
    onWire.delete(claim);
    if (onWire.size === 0) this.#shared.delete(wire);
  }

  /** The claims of a wire that several owners make. */
  duplicates(wire: string): Iterable<[string, ReadonlyMap<number, number>]> {
    return this.#shared.get(wire) ?? [];
  }
}

function keyOf(wire: string, claim: string): string {
  return `${wire}\n${claim}`;
}
