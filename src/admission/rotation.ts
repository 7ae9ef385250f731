import type { ServingCertificate } from "./certificate.ts";

/**
 * Which certificate a replica serves with, and which ones clients are to trust. A new one is served only after
 * clients have had time to learn of it, and the old one is trusted until no connection can be about to be
 * opened with it: so no call fails while certificates change.
 */
export type Rotation =
  | { phase: "serving"; current: ServingCertificate }
  /** The next one is published. `trustedAt`, ms since the epoch: when it was first seen to be trusted. */
  | {
      phase: "introducing";
      current: ServingCertificate;
      next: ServingCertificate;
      trustedAt?: number | undefined;
    }
  /** The next one has become the current one; `since`, ms. */
  | { phase: "retiring"; current: ServingCertificate; previous: ServingCertificate; since: number };

/** API servers learn of a changed configuration by a watch, within milliseconds; several may lag, and ask us late, ms. */
export const SETTLE_MS = 60_000;
/** A certificate is replaced when so much of its life is over: the last third is for an operator without a leader. */
const RENEW_AFTER = 2 / 3;

export interface RotationInput {
  /** ms since the epoch */
  now: number;
  /** Whether clients are to trust this certificate, PEM. */
  isTrusted: (certificate: string) => boolean;
  /** A new certificate, valid from now on. */
  make: () => ServingCertificate;
}

/** The next state, or the same object if nothing is due. */
export function step(rotation: Rotation, { now, isTrusted, make }: RotationInput): Rotation {
  switch (rotation.phase) {
    case "serving":
      return isValid(rotation.current, now) && now < renewalOf(rotation.current)
        ? rotation
        : { phase: "introducing", current: rotation.current, next: make() };
    case "introducing":
      return introduce(rotation, now, isTrusted);
    case "retiring":
      return now < rotation.since + SETTLE_MS ? rotation : { phase: "serving", current: rotation.current };
  }
}

function introduce(
  rotation: Rotation & { phase: "introducing" },
  now: number,
  isTrusted: RotationInput["isTrusted"],
): Rotation {
  const { current, next, trustedAt } = rotation;
  const changed: Rotation = { phase: "retiring", current: next, previous: current, since: now };
  // The old one is not in use: nothing is lost by a change.
  if (!isValid(current, now)) return changed;
  const trusted = isTrusted(next.certificate);
  if (trusted !== (trustedAt !== undefined)) return { ...rotation, trustedAt: trusted ? now : undefined };
  if (trustedAt === undefined || now < trustedAt + SETTLE_MS) return rotation;
  return changed;
}

/** The certificates, PEM, that clients are to trust in this state. */
export function published(rotation: Rotation): string[] {
  switch (rotation.phase) {
    case "serving":
      return [rotation.current.certificate];
    case "introducing":
      return [rotation.current.certificate, rotation.next.certificate];
    case "retiring":
      return [rotation.current.certificate, rotation.previous.certificate];
  }
}

/** When time alone changes the state, ms since the epoch. */
export function nextStep(rotation: Rotation): number {
  switch (rotation.phase) {
    case "serving":
      return renewalOf(rotation.current);
    case "introducing":
      return rotation.trustedAt === undefined
        ? rotation.current.notAfter.getTime()
        : rotation.trustedAt + SETTLE_MS;
    case "retiring":
      return rotation.since + SETTLE_MS;
  }
}

/** False also for one that is from before the clock was set back. */
function isValid({ notBefore, notAfter }: ServingCertificate, now: number): boolean {
  return notBefore.getTime() <= now && now < notAfter.getTime();
}

function renewalOf({ notBefore, notAfter }: ServingCertificate): number {
  return notBefore.getTime() + (notAfter.getTime() - notBefore.getTime()) * RENEW_AFTER;
}
