import { keyOf, type ParsedNetworks } from "../pod-request/request.ts";
import { UNREAD } from "../pod-request/unread.ts";
import type { PodView } from "../pod-view/pod-view.ts";
import { ByteArena } from "./byte-arena.ts";
import { FLAGS, type PackedPod, PodPacker, phaseOf, unpacked } from "./pod-record.ts";
import { SharedValues } from "./shared-values.ts";
import { grown, Slots } from "./slots.ts";

/** Sees every change of the table, to keep sums of it. A slot stands for a pod until it is gone or replaced. */
export interface TableObserver {
  /** The record is about to be replaced, or to go. */
  leaves(slot: number): void;
  /** The record of this view is there, new or in the place of another. */
  enters(slot: number, view: PodView): void;
  /** Another pod of the same name takes the slot: the deletion of the first was not seen. Between `leaves` and `enters`. */
  replaced(slot: number, pod: string): void;
  /** The pod is gone, and its slot will be another's. `leaves` came before. */
  gone(slot: number, pod: string): void;
}

const NOTHING: readonly [] = [];
const NO_NETWORKS: readonly string[] = [];

interface Columns {
  /** Of the record in the arena; see PackedPod. */
  place: Uint32Array;
  length: Uint32Array;
  keyLength: Uint16Array;
  uidLength: Uint8Array;
  flags: Uint16Array;
  node: Uint32Array;
  asked: Uint32Array;
  attachedAt: Float64Array;
  /** The list in which the pod was seen last. */
  list: Uint8Array;
}

/**
 * Views of pods by "namespace/name", packed: a row of numbers and a record of bytes for each, 150 to 250 bytes instead of a
 * thousand, and none of it for the garbage collector to walk. Nodes and requests are held once. A view that equals the
 * one that is there changes nothing and is not reported: most changes of pods are of no concern to networks. Changes are
 * seen by the observer, one by one, so the table has none to report as a reflector's store.
 */
export class PodTable {
  readonly #read: (asked: string, namespace: string) => ParsedNetworks;
  readonly #arena = new ByteArena();
  readonly #nodes = new SharedValues<undefined>(() => undefined);
  /** The networks that are asked for, by "namespace/name", each once. */
  readonly #asked = new SharedValues<readonly string[]>((key) => this.#networksOf(key));
  readonly #slots = new Slots((slot, key) => this.key(slot) === key);
  readonly #packer = new PodPacker();
  #observer: TableObserver | undefined;
  #list = 0;
  #columns: Columns = {
    place: new Uint32Array(0),
    length: new Uint32Array(0),
    keyLength: new Uint16Array(0),
    uidLength: new Uint8Array(0),
    flags: new Uint16Array(0),
    node: new Uint32Array(0),
    asked: new Uint32Array(0),
    attachedAt: new Float64Array(0),
    list: new Uint8Array(0),
  };

  /** @param read what the `asked` of a pod in a namespace asks for; it may remember some of its answers */
  constructor(read: (asked: string, namespace: string) => ParsedNetworks) {
    this.#read = read;
  }

  observe(observer: TableObserver): void {
    this.#observer = observer;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Bytes that records take outside of the heap. */
  get bytes(): number {
    return this.#arena.bytes;
  }

  /** Slots are smaller than this. */
  get capacity(): number {
    return this.#columns.place.length;
  }

  /** The slots of all pods. */
  slots(): Iterable<number> {
    return this.#slots;
  }

  /** The slot of a pod, -1 if there is none. */
  slotOf(key: string): number {
    return this.#slots.find(key);
  }

  get(key: string): PodView | undefined {
    const slot = this.#slots.find(key);
    return slot < 0 ? undefined : this.view(slot);
  }

  *entries(): Generator<[string, PodView]> {
    for (const slot of this.#slots) yield [this.key(slot), this.view(slot)];
  }

  set(key: string, view: PodView): readonly [] {
    this.#put(key, view);
    return NOTHING;
  }

  delete(key: string): readonly [] {
    const slot = this.#slots.find(key);
    if (slot >= 0) this.#remove(slot, key);
    return NOTHING;
  }

  /** What is added takes effect at once, so that a long list needs no second table. What was not added goes at the end. */
  filling(): { add: (key: string, view: PodView) => void; end: () => readonly [] } {
    this.#list = (this.#list + 1) % 256;
    const list = this.#list;
    return {
      add: (key, view) => {
        this.#columns.list[this.#put(key, view)] = list;
      },
      end: () => {
        const gone = [...this.#slots].filter((slot) => this.#columns.list[slot] !== list);
        for (const slot of gone) this.#remove(slot, this.key(slot));
        return NOTHING;
      },
    };
  }

  key(slot: number): string {
    return this.#arena.text(this.#number("place", slot), 0, this.#number("keyLength", slot));
  }

  namespace(slot: number): string {
    const key = this.key(slot);
    return key.slice(0, key.indexOf("/"));
  }

  node(slot: number): string {
    return this.#nodes.key(this.#number("node", slot));
  }

  /** The networks that it asks for, by "namespace/name", each once. */
  networks(slot: number): readonly string[] {
    return this.#asked.value(this.#number("asked", slot));
  }

  /** What texts ask for is read by another rule now. No pod may be in a sum: the networks of some are others. */
  reread(): void {
    this.#asked.remake();
  }

  /** Whether it runs the dhcp plugin's daemon, and its containers run. */
  isRunningDhcpDaemon(slot: number): boolean {
    return this.#is(slot, FLAGS.dhcpDaemon) && this.#phase(slot) === "Running";
  }

  /** Whether what was reported of it counts as an address that is in use; see PodOutcomes. */
  holdsAddresses(slot: number): boolean {
    const phase = this.#phase(slot);
    return (
      this.#is(slot, FLAGS.verified) &&
      !this.#is(slot, FLAGS.terminating) &&
      phase !== "Succeeded" &&
      phase !== "Failed"
    );
  }

  /** Whether something was reported of it, and not by Multus. */
  isUnverified(slot: number): boolean {
    return this.#is(slot, FLAGS.reported) && !this.#is(slot, FLAGS.verified);
  }

  view(slot: number): PodView {
    const attachedAt = this.#columns.attachedAt[slot] as number;
    const own = unpacked(this.#packed(slot));
    const [namespace, asked] = partsOf(this.#asked.key(this.#number("asked", slot)));
    return {
      ...own,
      node: this.node(slot),
      asked,
      request: own.unread ? { ok: false, problem: UNREAD[own.unread] } : this.#read(asked, namespace),
      ...(Number.isNaN(attachedAt) ? {} : { attachedAt }),
    };
  }

  #packed(slot: number): PackedPod {
    return {
      record: this.#arena.at(this.#number("place", slot), this.#number("length", slot)),
      keyLength: this.#number("keyLength", slot),
      uidLength: this.#number("uidLength", slot),
      flags: this.#number("flags", slot),
    };
  }

  /** @param uid as it is packed */
  #hasUid(slot: number, uid: Buffer): boolean {
    const { record, keyLength, uidLength } = this.#packed(slot);
    return uid.equals(record.subarray(keyLength, keyLength + uidLength));
  }

  #phase(slot: number): string {
    return phaseOf(this.#number("flags", slot));
  }

  #is(slot: number, flag: number): boolean {
    return (this.#number("flags", slot) & flag) !== 0;
  }

  #number(column: keyof Columns, slot: number): number {
    return this.#columns[column][slot] as number;
  }

  /** The slot of the pod. */
  #put(key: string, view: PodView): number {
    const { record, keyLength, uidLength, flags } = this.#packer.pack(key, view);
    const node = this.#nodes.acquire(view.node);
    const asked = this.#asked.acquire(askedKey(key, view));
    const attachedAt = view.attachedAt ?? Number.NaN;
    const found = this.#slots.find(key);
    if (found >= 0) {
      const columns = this.#columns;
      const isSame =
        columns.node[found] === node &&
        columns.asked[found] === asked &&
        columns.flags[found] === flags &&
        Object.is(columns.attachedAt[found], attachedAt) &&
        columns.length[found] === record.length &&
        columns.uidLength[found] === uidLength &&
        this.#arena.equals(this.#number("place", found), record);
      if (isSame) {
        this.#nodes.release(node);
        this.#asked.release(asked);
        return found;
      }
      this.#observer?.leaves(found);
      if (!this.#hasUid(found, record.subarray(keyLength, keyLength + uidLength)))
        this.#observer?.replaced(found, key);
      this.#release(found);
    }
    const slot = found >= 0 ? found : this.#slots.add(key);
    if (slot >= this.capacity) this.#grow();
    const columns = this.#columns;
    columns.place[slot] = this.#arena.put(record);
    columns.length[slot] = record.length;
    columns.keyLength[slot] = keyLength;
    columns.uidLength[slot] = uidLength;
    columns.flags[slot] = flags;
    columns.node[slot] = node;
    columns.asked[slot] = asked;
    columns.attachedAt[slot] = attachedAt;
    columns.list[slot] = this.#list;
    if (this.#arena.isLoose) this.#compact();
    this.#observer?.enters(slot, view);
    return slot;
  }

  #compact(): void {
    const { place, length } = this.#columns;
    const order = Uint32Array.from(this.#slots).sort((a, b) => (place[a] as number) - (place[b] as number));
    this.#arena.compact(order, place, length);
  }

  #remove(slot: number, key: string): void {
    this.#observer?.leaves(slot);
    this.#observer?.gone(slot, key);
    // The key is read for the last time.
    this.#slots.remove(slot);
    this.#release(slot);
  }

  #release(slot: number): void {
    this.#arena.free(this.#number("place", slot), this.#number("length", slot));
    this.#nodes.release(this.#number("node", slot));
    this.#asked.release(this.#number("asked", slot));
  }

  #networksOf(key: string): readonly string[] {
    const [namespace, asked] = partsOf(key);
    const request = this.#read(asked, namespace);
    return request.ok ? [...new Set(request.requests.map(keyOf))] : NO_NETWORKS;
  }

  #grow(): void {
    const rows = this.#slots.capacity;
    for (const name of Object.keys(this.#columns) as (keyof Columns)[])
      (this.#columns as unknown as Record<string, Columns[keyof Columns]>)[name] = grown(
        this.#columns[name],
        rows,
      );
  }
}

/** What a request means depends on the pod's namespace, which has no space. */
function askedKey(pod: string, { asked }: PodView): string {
  return `${pod.slice(0, pod.indexOf("/"))} ${asked}`;
}

/** The parts of an `askedKey`. */
function partsOf(key: string): readonly [namespace: string, asked: string] {
  const space = key.indexOf(" ");
  return [key.slice(0, space), key.slice(space + 1)];
}
