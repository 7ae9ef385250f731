import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { selfSigned } from "./certificate.ts";
import { hostOf, hostsOf } from "./configuration.ts";
import { expiredReplicas, isTrustedBy, replicaKey, trustBundle } from "./trust.ts";

const HOST = "multus-operator-webhook.multus-operator.svc";
const DAY = 86_400_000;
const NOW = new Date("2026-11-24T12:00:00Z");
const LATER = new Date(NOW.getTime() + 2 * DAY);
const make = (days: number) => selfSigned([HOST], NOW, days * DAY).certificate;

/** A certificate of today that signs itself, of the Service's common name, with these extensions and for any use. */
function openssl(...extensions: string[]): string {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null"];
  const args = ["req", "-x509", ...key, "-subj", `/CN=${HOST.slice(0, 64)}`, "-days", "2", ...extensions];
  return execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

describe("the trust bundle", () => {
  const [a, b, short] = [make(3), make(3), make(1)];
  const entries = { "pod-b": b, "pod-a": a, "pod-c": short };

  it("holds every replica's valid certificates, in an order of its own", () => {
    expect(trustBundle(entries, HOST, NOW)).toBe(a + b + short);
    expect(trustBundle({ "pod-a": a, "pod-b": b, "pod-c": short }, HOST, NOW)).toBe(
      trustBundle(entries, HOST, NOW),
    );
    expect(trustBundle(entries, HOST, LATER)).toBe(a + b);
    expect(expiredReplicas(entries, LATER)).toEqual(["pod-c"]);
  });

  it("takes no more than a replica's two certificates, and no text that is none", () => {
    const [c, d] = [make(3), make(3)];
    expect(trustBundle({ "pod-a": a + c + d, "pod-b": "-----BEGIN CERTIFICATE-----\n" }, HOST, NOW)).toBe(
      a + c,
    );
  });

  it("takes no certificate of another server, and none that could sign others", () => {
    const now = new Date();
    const today = (...hosts: string[]) => selfSigned(hosts, now, DAY).certificate;
    const own = today(HOST);
    const san = `subjectAltName=DNS:${HOST}`;
    for (const certificate of [
      today("evil.example"),
      today("multus-operator-webhook.shop.svc"),
      today("*.multus-operator.svc"),
      openssl("-addext", san),
      openssl("-addext", san, "-addext", "extendedKeyUsage=serverAuth"),
      openssl("-addext", san, "-addext", "basicConstraints=critical,CA:FALSE"),
    ]) {
      expect(certificate).toContain("BEGIN CERTIFICATE");
      expect(trustBundle({ "pod-a": own, "pod-x": certificate }, HOST, now)).toBe(own);
    }
    const address = today("127.0.0.1");
    expect(trustBundle({ "pod-x": address }, "127.0.0.1", now)).toBe(address);
  });

  it.each([
    { namespace: "multus-operator" },
    { url: "https://operator.example" },
    { url: "https://127.0.0.1" },
    { url: "https://[fd00::1]" },
  ])("takes the certificate that a replica makes for %o", (address) => {
    const { certificate } = selfSigned(hostsOf(address), NOW, DAY);
    expect(trustBundle({ "pod-a": certificate }, hostOf(address), NOW)).toBe(certificate);
  });

  it("stays small, whatever is written into it", () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`pod-${i}`, make(3)]));
    expect(trustBundle(many, HOST, NOW).match(/BEGIN/g)).toHaveLength(32);
  });

  it("is looked into for a certificate as the API gives it, in base64", () => {
    const bundle = Buffer.from(trustBundle(entries, HOST, NOW)).toString("base64");
    expect(isTrustedBy(bundle, a)).toBe(true);
    expect(isTrustedBy(bundle, make(3))).toBe(false);
    expect(isTrustedBy(undefined, a)).toBe(false);
  });

  it("has a key for any host's name", () => {
    expect(replicaKey("multus-operator-7c9d-x2x4k")).toBe("multus-operator-7c9d-x2x4k");
    expect(replicaKey("a host/ü")).toBe("a_host__");
  });
});
