import { z } from "zod";
import { MAX_CERTIFICATE_SECONDS, MIN_CERTIFICATE_SECONDS } from "../../crds/multus-install/programs.ts";
import { MULTUS_GROUP } from "../../render/access.ts";
import { isRequestOf, namesMultus } from "./certificate-request.ts";

export const SIGNER = "kubernetes.io/kube-apiserver-client";

/** What counts of a CertificateSigningRequest. The API server sets username and groups, and the spec is immutable. */
export const signingRequest = z.object({
  spec: z.object({
    signerName: z.string().default(""),
    username: z.string().default(""),
    groups: z.array(z.string()).default([]),
    usages: z.array(z.string()).default([]),
    expirationSeconds: z.number().optional(),
    request: z.string().default(""),
  }),
  status: z
    .object({
      certificate: z.string().default(""),
      conditions: z.array(z.object({ type: z.string() })).default([]),
    })
    .prefault({}),
});
export type SigningRequest = z.output<typeof signingRequest>;

/** `NotOurs`: none of the daemons', or it is decided already; it is left alone. */
export type CsrDecision =
  | { kind: "NotOurs" }
  | { kind: "Denied"; why: string }
  /** It is what the daemon of this node writes. Whether there is such a node, with such a daemon, is another question. */
  | { kind: "Approvable"; node: string };

const NOT_OURS: CsrDecision = { kind: "NotOurs" };
/** A node's name is a DNS-1123 subdomain. */
const NODE = "[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?";
/** For its first certificate the daemon asks as its kubelet, then with the certificate that it has. */
const REQUESTERS = [
  { username: new RegExp(`^system:node:(${NODE})$`), group: "system:nodes" },
  { username: new RegExp(`^${MULTUS_GROUP}:(${NODE})$`), group: MULTUS_GROUP },
];
const EVERYBODY = "system:authenticated";
const USAGES = ["client auth", "digital signature"];

/**
 * Evaluates a request on its own. Only one whose every property is what the daemon of one node makes is `Approvable`;
 * one that names the daemons' group and differs in anything is `Denied`.
 */
export function evaluate({ spec, status }: SigningRequest): CsrDecision {
  const isDecided = status.certificate !== "" || status.conditions.length > 0;
  if (spec.signerName !== SIGNER || isDecided) return NOT_OURS;
  const pem = Buffer.from(spec.request, "base64").toString("latin1");
  if (!namesMultus(pem)) return NOT_OURS;
  const node = requestingNode(spec);
  if (node === undefined)
    return denied(`${shown(spec.username)} is neither a node's kubelet nor a node's Multus daemon`);
  if (!isSetOf(spec.usages, USAGES)) return denied(`its usages are not exactly ${USAGES.join(" and ")}`);
  const { expirationSeconds: seconds } = spec;
  if (seconds === undefined || seconds < MIN_CERTIFICATE_SECONDS || seconds > MAX_CERTIFICATE_SECONDS)
    return denied(
      `its certificate would be valid for ${seconds === undefined ? "as long as the signer allows" : `${seconds} s`}, not ${MIN_CERTIFICATE_SECONDS} to ${MAX_CERTIFICATE_SECONDS} s`,
    );
  if (!isRequestOf(node, pem))
    return denied(
      `it is not, byte for byte, a request for CN=${MULTUS_GROUP}:${node}, O=${MULTUS_GROUP} without extensions`,
    );
  return { kind: "Approvable", node };
}

function requestingNode({ username, groups }: SigningRequest["spec"]): string | undefined {
  for (const requester of REQUESTERS) {
    const node = requester.username.exec(username)?.[1];
    if (node !== undefined && isSetOf(groups, [requester.group, EVERYBODY])) return node;
  }
  return undefined;
}

const isSetOf = (given: readonly string[], expected: readonly string[]) =>
  given.length === expected.length && expected.every((value) => given.includes(value));

const denied = (why: string): CsrDecision => ({ kind: "Denied", why });

/** A name of anybody's, for a sentence: bounded, on one line. */
const shown = (name: string) => JSON.stringify(name.slice(0, 128).replaceAll(/[^\x20-\x7e]/g, "?"));
