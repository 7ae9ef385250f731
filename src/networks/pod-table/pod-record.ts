import type { Problem } from "../pod-request/go-json.ts";
import { MAX_REPORTED, type Unread } from "../pod-request/unread.ts";
import type { PodView } from "../pod-view/pod-view.ts";

const PHASES = ["Pending", "Running", "Succeeded", "Failed", "Unknown"];
export const FLAGS = {
  hostNetwork: 1,
  hasAddress: 2,
  terminating: 4,
  verified: 8,
  dhcpDaemon: 16,
  /** The UID is kept in 16 bytes. */
  isUuid: 32,
  reported: 64,
  /** What was reported is a problem, as JSON. */
  isProblem: 128,
  requestTooLarge: 256,
  namespaceFull: 512,
};
/** The phase is kept in the bits above. */
const PHASE_SHIFT = 10;
const UNREAD_FLAGS: Readonly<Record<Unread, number>> = {
  "request too large": FLAGS.requestTooLarge,
  "namespace full": FLAGS.namespaceFull,
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UUID_BYTES = 16;
const MAX_UID = 128;
/** The longest key, UID and status: a character takes at most three bytes. */
const SCRATCH_BYTES = 512 + MAX_UID + 3 * MAX_REPORTED;

/** What is kept of one pod alone: all but what pods share, and the time. */
export interface PackedPod {
  /** Texts one after another: key, UID, what was reported. */
  record: Buffer;
  keyLength: number;
  uidLength: number;
  /** FLAGS and the phase: 13 bits. */
  flags: number;
}

type Unpacked = Omit<PodView, "node" | "asked" | "request" | "attachedAt">;

/** Packs views of pods. */
export class PodPacker {
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

  /** The record is to be copied before the next one is packed. */
  pack(key: string, view: PodView): PackedPod {
    const { reported } = view;
    const isUuid = UUID.test(view.uid);
    const isProblem = reported !== undefined && typeof reported !== "string";
    const text = isProblem ? JSON.stringify(reported) : (reported ?? "");
    const keyLength = this.#scratch.write(key);
    const uidLength = isUuid
      ? this.#scratch.write(view.uid.replaceAll("-", ""), keyLength, UUID_BYTES, "hex")
      : this.#scratch.write(view.uid, keyLength, MAX_UID);
    const length = keyLength + uidLength + this.#scratch.write(text, keyLength + uidLength);
    const flags =
      (view.hostNetwork ? FLAGS.hostNetwork : 0) |
      (view.hasAddress ? FLAGS.hasAddress : 0) |
      (view.terminating ? FLAGS.terminating : 0) |
      (view.verified ? FLAGS.verified : 0) |
      (view.dhcpDaemon ? FLAGS.dhcpDaemon : 0) |
      (isUuid ? FLAGS.isUuid : 0) |
      (reported === undefined ? 0 : FLAGS.reported) |
      (isProblem ? FLAGS.isProblem : 0) |
      (view.unread ? UNREAD_FLAGS[view.unread] : 0) |
      // The API server does not check the phase that a kubelet writes: what is none of the five is not over.
      (Math.max(0, PHASES.indexOf(view.phase)) << PHASE_SHIFT);
    return { record: this.#scratch.subarray(0, length), keyLength, uidLength, flags };
  }
}

/** The fields of the view that a packed pod holds. */
export function unpacked({ record, keyLength, uidLength, flags }: PackedPod): Unpacked {
  const end = keyLength + uidLength;
  const unread = unreadOf(flags);
  return {
    uid: flags & FLAGS.isUuid ? uuidOf(record, keyLength) : record.toString("utf8", keyLength, end),
    phase: phaseOf(flags),
    hostNetwork: (flags & FLAGS.hostNetwork) !== 0,
    hasAddress: (flags & FLAGS.hasAddress) !== 0,
    terminating: (flags & FLAGS.terminating) !== 0,
    ...(unread === undefined ? {} : { unread }),
    ...(flags & FLAGS.reported ? { reported: reportedOf(record.toString("utf8", end), flags) } : {}),
    ...(flags & FLAGS.verified ? { verified: true as const } : {}),
    ...(flags & FLAGS.dhcpDaemon ? { dhcpDaemon: true as const } : {}),
  };
}

/** The pod's phase, by its flags. */
export function phaseOf(flags: number): string {
  return PHASES[flags >> PHASE_SHIFT] ?? "";
}

function unreadOf(flags: number): Unread | undefined {
  if (flags & FLAGS.requestTooLarge) return "request too large";
  return flags & FLAGS.namespaceFull ? "namespace full" : undefined;
}

/** See `statusOf`. */
function reportedOf(text: string, flags: number): string | Problem {
  return flags & FLAGS.isProblem ? (JSON.parse(text) as Problem) : text;
}

function uuidOf(record: Buffer, from: number): string {
  const hex = record.toString("hex", from, from + UUID_BYTES);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
