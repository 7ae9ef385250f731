import { AsnConvert, AsnProp, AsnPropTypes, AsnType, AsnTypeTypes } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
} from "@peculiar/asn1-x509";
import { MULTUS_GROUP } from "../../render/access.ts";

/** CertificationRequestInfo of PKCS#10 (RFC 2986, 4.1), without attributes: the daemon asks for no extension. */
class RequestInfo {
  version = 0;
  subject = new Name();
  publicKey = new SubjectPublicKeyInfo();
  attributes: ArrayBuffer[] = [];
}
AsnProp({ type: AsnPropTypes.Integer })(RequestInfo.prototype, "version");
AsnProp({ type: Name })(RequestInfo.prototype, "subject");
AsnProp({ type: SubjectPublicKeyInfo })(RequestInfo.prototype, "publicKey");
AsnProp({ type: AsnPropTypes.Any, implicit: true, context: 0, repeated: "set" })(
  RequestInfo.prototype,
  "attributes",
);
AsnType({ type: AsnTypeTypes.Sequence })(RequestInfo);

/** CertificationRequest of PKCS#10 (RFC 2986, 4.2). */
class Request {
  info = new RequestInfo();
  algorithm = new AlgorithmIdentifier();
  signature = new ArrayBuffer(0);
}
AsnProp({ type: RequestInfo })(Request.prototype, "info");
AsnProp({ type: AlgorithmIdentifier })(Request.prototype, "algorithm");
AsnProp({ type: AsnPropTypes.BitString })(Request.prototype, "signature");
AsnType({ type: AsnTypeTypes.Sequence })(Request);

const ORGANIZATION = "2.5.4.10";
const COMMON_NAME = "2.5.4.3";
/** client-go's certificate manager makes P-256 keys, and Go signs with them so. */
const ECDSA_WITH_SHA256 = new AlgorithmIdentifier({ algorithm: "1.2.840.10045.4.3.2" });
/** All of a P-256 key's SubjectPublicKeyInfo (RFC 5480) but the point's two coordinates. */
const P256_KEY = Buffer.from("3059301306072a8648ce3d020106082a8648ce3d03010703420004", "hex");
const P256_KEY_BYTES = P256_KEY.length + 64;
/** One block and nothing else: of several, programs do not agree which one counts. */
const BLOCK =
  /^-----BEGIN CERTIFICATE REQUEST-----\n((?:[A-Za-z0-9+/]{1,64}={0,2}\n)+)-----END CERTIFICATE REQUEST-----\n?$/;

/**
 * Whether a certificate request is, byte for byte, what the daemon of a node writes: its subject, a P-256
 * key, no extension, a signature. The request is not evaluated by what a parser makes of it, since another program signs it
 * and may make something else of it: it is written again with the subject that it must have, and has to be equal.
 * The API server has checked the signature (pkg/apis/certificates/validation of Kubernetes).
 *
 * @param pem as it stands in spec.request, base64 taken off
 */
export function isRequestOf(node: string, pem: string): boolean {
  const body = BLOCK.exec(pem)?.[1]?.replaceAll("\n", "");
  if (body === undefined) return false;
  const given = Buffer.from(body, "base64");
  if (given.toString("base64") !== body) return false;
  try {
    const { info, signature } = AsnConvert.parse(given, Request);
    const key = Buffer.from(AsnConvert.serialize(info.publicKey));
    if (key.length !== P256_KEY_BYTES || !key.subarray(0, P256_KEY.length).equals(P256_KEY)) return false;
    const expected = Object.assign(new Request(), {
      info: Object.assign(new RequestInfo(), { subject: subjectOf(node), publicKey: info.publicKey }),
      algorithm: ECDSA_WITH_SHA256,
      signature,
    });
    return given.equals(Buffer.from(AsnConvert.serialize(expected)));
  } catch {
    return false; // whatever the parser cannot read, the daemon did not write
  }
}

/** Whether the daemons' group or user name stands anywhere in a request, in whatever form. */
export function namesMultus(pem: string): boolean {
  return pem.split(/-----[^-]*-----/).some((block) => {
    // Headers, which PEM may have, end with an empty line.
    const body =
      block
        .trim()
        .split(/\n\s*\n/)
        .at(-1) ?? "";
    const bytes = Buffer.from(body.replaceAll(/[^A-Za-z0-9+/]/g, ""), "base64");
    return FORMS.some((form) => bytes.includes(form));
  });
}

/** Without its last byte, the one order of UTF-16's bytes is found in the other. */
const FORMS = [Buffer.from(MULTUS_GROUP), Buffer.from(MULTUS_GROUP, "utf16le").subarray(0, -1)];

/** As Go writes it (crypto/x509/pkix): the organization first, and both as PrintableString. */
function subjectOf(node: string): Name {
  const part = (type: string, printableString: string) =>
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type, value: new AttributeValue({ printableString }) }),
    ]);
  return new Name([part(ORGANIZATION, MULTUS_GROUP), part(COMMON_NAME, `${MULTUS_GROUP}:${node}`)]);
}
