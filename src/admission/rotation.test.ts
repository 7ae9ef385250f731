import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ServingCertificate } from "./certificate.ts";
import { nextStep, published, type Rotation, SETTLE_MS, step } from "./rotation.ts";

const LIFE = 90 * 86_400_000;
let made = 0;

function certificateAt(now: number): ServingCertificate {
  return {
    certificate: `certificate ${++made}`,
    key: "key",
    notBefore: new Date(now),
    notAfter: new Date(now + LIFE),
  };
}

/** Takes every step that is due at `now`, as the replica does. */
function settle(rotation: Rotation, now: number, trusted: (certificate: string) => boolean): Rotation {
  for (let state = rotation; ; ) {
    const next = step(state, { now, isTrusted: trusted, make: () => certificateAt(now) });
    if (next === state) return state;
    state = next;
  }
}

const begin = (now = 0): Rotation => ({ phase: "serving", current: certificateAt(now) });

describe("the rotation of a serving certificate", () => {
  it("keeps the certificate until two thirds of its life are over", () => {
    const rotation = begin();
    expect(settle(rotation, (LIFE * 2) / 3 - 1, () => true)).toBe(rotation);
    expect(nextStep(rotation)).toBe((LIFE * 2) / 3);
    expect(settle(rotation, (LIFE * 2) / 3, () => false).phase).toBe("introducing");
  });

  it("serves the new one a while after clients trust it, and retires the old one a while later", () => {
    const due = (LIFE * 2) / 3;
    const old = begin();
    const introducing = settle(old, due, () => false);
    expect(introducing.current).toBe(old.current);
    expect(published(introducing)).toHaveLength(2);
    const trusted = settle(introducing, due + 5000, () => true);
    expect(trusted.current).toBe(old.current);
    expect(nextStep(trusted)).toBe(due + 5000 + SETTLE_MS);
    const retiring = settle(trusted, due + 5000 + SETTLE_MS, () => true);
    expect(retiring.phase).toBe("retiring");
    expect(retiring.current).not.toBe(old.current);
    expect(published(retiring)).toContain(old.current.certificate);
    const after = settle(retiring, nextStep(retiring), () => true);
    expect(after).toMatchObject({ phase: "serving", current: retiring.current });
    expect(published(after)).not.toContain(old.current.certificate);
  });

  it("waits anew where the trust was taken back in between", () => {
    const due = (LIFE * 2) / 3;
    const trusted = settle(
      settle(begin(), due, () => false),
      due + 1,
      () => true,
    );
    const lost = settle(trusted, due + 2, () => false);
    expect(lost).toMatchObject({ phase: "introducing", trustedAt: undefined });
    expect(settle(lost, due + SETTLE_MS + 10, () => true).phase).toBe("introducing");
  });

  it("goes on with the old one while nobody publishes the new one, and changes when the old one ends", () => {
    const due = (LIFE * 2) / 3;
    const introducing = settle(begin(), due, () => false);
    expect(settle(introducing, LIFE - 1, () => false)).toBe(introducing);
    expect(nextStep(introducing)).toBe(LIFE);
    expect(settle(introducing, LIFE, () => false).phase).toBe("retiring");
  });

  it("replaces at once a certificate that is not valid yet, because the clock was set back since", () => {
    const ahead = begin(LIFE);
    const retiring = settle(ahead, 0, () => false);
    expect(retiring.phase).toBe("retiring");
    expect(retiring.current.notBefore.getTime()).toBe(0);
  });

  it("never serves what clients do not trust, however late they learn and however long no leader publishes", () => {
    const check = fc.record({
      afterMs: fc.integer({ min: 1, max: LIFE / 5 }),
      leaderIsThere: fc.boolean(),
    });
    const checks = fc.array(check, { minLength: 5, maxLength: 60 });
    const lags = fc.integer({ min: 0, max: SETTLE_MS - 1 });
    fc.assert(
      fc.property(checks, lags, (checks, lag) => {
        let now = 0;
        let state = begin();
        const bundles = [{ at: 0, trusted: published(state) }];
        const newest = () => bundles.at(-1)?.trusted ?? [];
        for (const { afterMs, leaderIsThere } of checks) {
          now += Math.min(afterMs, Math.max(1, nextStep(state) - now));
          const old = state.current;
          state = settle(state, now, (certificate) => newest().includes(certificate));
          // The old one had ended before anybody published the new one: that is nobody's fault here.
          if (state.current !== old && now >= old.notAfter.getTime()) return;
          if (leaderIsThere && published(state).join() !== newest().join())
            bundles.push({ at: now + lag, trusted: published(state) });
          const trusted = bundles.findLast(({ at }) => at <= now)?.trusted;
          expect(trusted).toContain(state.current.certificate);
        }
      }),
      { numRuns: 500 },
    );
  });
});
