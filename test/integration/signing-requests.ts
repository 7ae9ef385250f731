import { generateKeyPairSync, sign } from "node:crypto";

/** DER, as far as a certificate request needs it; written out, so that a test can get each byte of it wrong. */
export function der(tag: number, ...content: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(content.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

export const SEQUENCE = 0x30;
export const SET = 0x31;
export const PRINTABLE = 0x13;
export const UTF8 = 0x0c;
const OID = 0x06;
export const ORGANIZATION = "55040a";
export const COMMON_NAME = "550403";
export const ORGANIZATIONAL_UNIT = "55040b";

/** One part of a subject. */
export const part = (type: string, value: string | Buffer, tag = PRINTABLE) =>
  der(SET, der(SEQUENCE, der(OID, Buffer.from(type, "hex")), der(tag, value)));

/** The subject of a node's daemon, as Go writes it. */
export const daemonSubject = (node: string) => [
  part(ORGANIZATION, "system:multus"),
  part(COMMON_NAME, `system:multus:${node}`),
];

/** An attribute that asks for a certificate with these extensions: here a DNS name beside the subject's. */
export const ALTERNATIVE_NAME = der(
  SEQUENCE,
  der(OID, Buffer.from("2a864886f70d01090e", "hex")),
  der(
    SET,
    der(
      SEQUENCE,
      der(
        SEQUENCE,
        der(OID, Buffer.from("551d11", "hex")),
        der(0x04, der(SEQUENCE, der(0x82, "kubernetes.default.svc"))),
      ),
    ),
  ),
);

export interface RequestParts {
  subject: readonly Buffer[];
  attributes?: readonly Buffer[];
  version?: number;
  curve?: "P-256" | "P-384";
  /** Bytes after the request, within the PEM block. */
  trailing?: Buffer;
}

/** A signed certificate request (PKCS#10) in PEM, with a new key. */
export function signingRequestPem(parts: RequestParts): string {
  const { subject, attributes = [], version = 0, curve = "P-256", trailing = Buffer.alloc(0) } = parts;
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: curve });
  const info = der(
    SEQUENCE,
    der(0x02, Buffer.from([version])),
    der(SEQUENCE, ...subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa0, ...attributes),
  );
  const request = der(
    SEQUENCE,
    info,
    der(SEQUENCE, der(OID, Buffer.from("2a8648ce3d040302", "hex"))),
    der(0x03, Buffer.from([0]), sign("sha256", info, privateKey)),
  );
  return pemOf(Buffer.concat([request, trailing]));
}

export function pemOf(request: Buffer): string {
  const lines = request.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join("\n")}\n-----END CERTIFICATE REQUEST-----\n`;
}

/** What the API server holds of a request that the daemon of a node makes the first time, with its kubelet's rights. */
export function requestOf(node: string, pem = signingRequestPem({ subject: daemonSubject(node) })) {
  return {
    spec: {
      signerName: "kubernetes.io/kube-apiserver-client",
      username: `system:node:${node}`,
      groups: ["system:nodes", "system:authenticated"],
      usages: ["digital signature", "client auth"],
      expirationSeconds: 86_400,
      request: Buffer.from(pem).toString("base64"),
    },
    status: { certificate: "", conditions: [] as { type: string }[] },
  };
}
