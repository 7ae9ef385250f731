import { describe, expect, it } from "vitest";
import { selfSigned } from "./certificate.ts";
import { expiredReplicas, isTrustedBy, replicaKey, trustBundle } from "./trust.ts";

const DAY = 86_400_000;
const NOW = new Date("2026-11-24T12:00:00Z");
const LATER = new Date(NOW.getTime() + 2 * DAY);
const make = (days: number) => selfSigned(["webhook.svc"], NOW, days * DAY).certificate;

describe("the trust bundle", () => {
  const [a, b, short] = [make(3), make(3), make(1)];
  const entries = { "pod-b": b, "pod-a": a, "pod-c": short };

  it("holds every replica's valid certificates, in an order of its own", () => {
    expect(trustBundle(entries, NOW)).toBe(a + b + short);
    expect(trustBundle({ "pod-a": a, "pod-b": b, "pod-c": short }, NOW)).toBe(trustBundle(entries, NOW));
    expect(trustBundle(entries, LATER)).toBe(a + b);
    expect(expiredReplicas(entries, LATER)).toEqual(["pod-c"]);
  });

  it("takes no more than a replica's two certificates, and no text that is none", () => {
    const [c, d] = [make(3), make(3)];
    expect(trustBundle({ "pod-a": a + c + d, "pod-b": "-----BEGIN CERTIFICATE-----\n" }, NOW)).toBe(a + c);
  });

  it("stays small, whatever is written into it", () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`pod-${i}`, make(3)]));
    expect(trustBundle(many, NOW).match(/BEGIN/g)).toHaveLength(32);
  });

  it("is looked into for a certificate as the API gives it, in base64", () => {
    const bundle = Buffer.from(trustBundle(entries, NOW)).toString("base64");
    expect(isTrustedBy(bundle, a)).toBe(true);
    expect(isTrustedBy(bundle, make(3))).toBe(false);
    expect(isTrustedBy(undefined, a)).toBe(false);
  });

  it("has a key for any host's name", () => {
    expect(replicaKey("multus-operator-7c9d-x2x4k")).toBe("multus-operator-7c9d-x2x4k");
    expect(replicaKey("a host/ü")).toBe("a_host__");
  });
});
