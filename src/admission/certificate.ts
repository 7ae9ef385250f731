import { generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_kp_serverAuth,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";

/** A serving certificate and its key, in memory only. */
export interface ServingCertificate {
  /** PEM; it is also what clients trust. */
  certificate: string;
  /** PEM. It leaves the process nowhere. */
  key: string;
  notBefore: Date;
  notAfter: Date;
}

const ECDSA_WITH_SHA256 = new AlgorithmIdentifier({ algorithm: "1.2.840.10045.4.3.2" });
const COMMON_NAME = "2.5.4.3";
const SERIAL_NUMBER = "2.5.4.5";
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
  const name = subject(hosts[0] ?? "", serial.toString("hex"));
  const toBeSigned = new TBSCertificate({
    version: Version.v3,
    serialNumber: arrayBuffer(serial),
    signature: ECDSA_WITH_SHA256,
    issuer: name,
    subject: name,
    validity: new Validity({ notBefore, notAfter }),
    subjectPublicKeyInfo: AsnConvert.parse(
      publicKey.export({ type: "spki", format: "der" }),
      SubjectPublicKeyInfo,
    ),
    extensions: extensions(hosts),
  });
  const signatureValue = sign("sha256", Buffer.from(AsnConvert.serialize(toBeSigned)), privateKey);
  const certificate = new Certificate({
    tbsCertificate: toBeSigned,
    signatureAlgorithm: ECDSA_WITH_SHA256,
    signatureValue: arrayBuffer(signatureValue),
  });
  return {
    certificate: pem(Buffer.from(AsnConvert.serialize(certificate))),
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

/** Two certificates of one name would be taken for each other by OpenSSL, which looks issuers up by name. */
function subject(commonName: string, serial: string): Name {
  const part = (type: string, utf8String: string) =>
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type, value: new AttributeValue({ utf8String }) }),
    ]);
  return new Name([part(COMMON_NAME, commonName.slice(0, 64)), part(SERIAL_NUMBER, serial)]);
}

function extensions(hosts: readonly string[]): Extensions {
  const names = hosts.map(
    (host) => new GeneralName(isIP(host) === 0 ? { dNSName: host } : { iPAddress: host }),
  );
  return new Extensions([
    extension(id_ce_basicConstraints, new BasicConstraints({ cA: false }), true),
    extension(id_ce_keyUsage, new KeyUsage(KeyUsageFlags.digitalSignature), true),
    extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
    extension(id_ce_subjectAltName, new SubjectAlternativeName(names)),
  ]);
}

function extension(extnID: string, value: object, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function arrayBuffer(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
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

/**
 * Whether a certificate is one of a server with this DNS name or IP address, and no authority. The name must be an
 * alternative name: a certificate of version 1 has none, and OpenSSL and Go let one of those sign.
 */
export function servesOnly(certificate: string, host: string): boolean {
  const read = new X509Certificate(certificate);
  const isNamed =
    isIP(host) === 0
      ? read.checkHost(host, { subject: "never", wildcards: false }) !== undefined
      : read.checkIP(host) !== undefined;
  return isNamed && !read.ca && read.keyUsage?.length === 1 && read.keyUsage[0] === id_kp_serverAuth;
}
