import { generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import * as der from "./der.ts";

/** A serving certificate and its key, in memory only. */
export interface ServingCertificate {
  /** PEM; it is also what clients trust. */
  certificate: string;
  /** PEM. It leaves the process nowhere. */
  key: string;
  notBefore: Date;
  notAfter: Date;
}

const ECDSA_WITH_SHA256 = der.sequence(der.objectIdentifier("1.2.840.10045.4.3.2"));
const COMMON_NAME = der.objectIdentifier("2.5.4.3");
const SERIAL_NUMBER = der.objectIdentifier("2.5.4.5");
/** Clocks of machines differ: a certificate made now is valid a little earlier, ms. */
const CLOCK_SKEW_MS = 3_600_000;

/**
 * A certificate with a new P-256 key that signs itself and no other: whoever trusts it trusts this one key
 * for these names, and there is no authority whose key could be stolen (docs/adr/0010).
 *
 * @param hosts DNS names and IP addresses; the first is the subject's name
 */
export function selfSigned(hosts: readonly string[], now: Date, lifetimeMs: number): ServingCertificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  // A certificate holds whole seconds.
  const notBefore = new Date(Math.floor((now.getTime() - CLOCK_SKEW_MS) / 1000) * 1000);
  const notAfter = new Date(Math.floor((now.getTime() + lifetimeMs) / 1000) * 1000);
  const serial = serialNumber();
  // Two certificates of one name would be taken for each other by OpenSSL, which looks issuers up by name.
  const name = der.sequence(
    der.set(der.sequence(COMMON_NAME, der.utf8String((hosts[0] ?? "").slice(0, 64)))),
    der.set(der.sequence(SERIAL_NUMBER, der.utf8String(serial.toString("hex")))),
  );
  const toBeSigned = der.sequence(
    der.tagged(0, der.integer(Buffer.from([2])), true), // version 3
    der.integer(serial),
    ECDSA_WITH_SHA256,
    name,
    der.sequence(der.time(notBefore), der.time(notAfter)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    der.tagged(3, extensions(hosts), true),
  );
  const signature = sign("sha256", toBeSigned, privateKey);
  const certificate = der.sequence(toBeSigned, ECDSA_WITH_SHA256, der.bitString(signature));
  return {
    certificate: pem(certificate),
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    notBefore,
    notAfter,
  };
}

/** At most 20 bytes, positive, without a leading zero (RFC 5280, 4.1.2.2). */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes;
}

function extensions(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    isIP(host) === 0
      ? der.tagged(2, Buffer.from(host), false)
      : der.tagged(7, Buffer.from(addressBytes(host)), false),
  );
  const digitalSignature = der.bitString(Buffer.from([0x80]), 7);
  const serverAuth = der.sequence(der.objectIdentifier("1.3.6.1.5.5.7.3.1"));
  return der.sequence(
    extension("2.5.29.19", der.sequence(), true), // basicConstraints: no CA
    extension("2.5.29.15", digitalSignature, true),
    extension("2.5.29.37", serverAuth),
    extension("2.5.29.17", der.sequence(...names)),
  );
}

function extension(identifier: string, value: Buffer, critical = false): Buffer {
  const flag = critical ? [der.TRUE] : [];
  return der.sequence(der.objectIdentifier(identifier), ...flag, der.octetString(value));
}

function addressBytes(address: string): number[] {
  if (isIP(address) === 4) return address.split(".").map(Number);
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const words = (part: string | undefined) => (part ? part.split(":").map((word) => parseInt(word, 16)) : []);
  const [front, back] = [words(head), words(tail)];
  const all = [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
  return all.flatMap((word) => [word >> 8, word & 0xff]);
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

const BLOCK = /-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]{1,4096}-----END CERTIFICATE-----\n?/g;

/** The certificates of a PEM text that can be read and are valid at `now`; what is none of those is left out. */
export function validCertificates(text: string, now: Date): string[] {
  return (text.match(BLOCK) ?? [])
    .map((block) => `${block.trimEnd()}\n`)
    .filter((block) => {
      try {
        const { validFromDate, validToDate } = new X509Certificate(block);
        return validFromDate <= now && now < validToDate;
      } catch {
        return false;
      }
    });
}
