import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ALTERNATIVE_NAME,
  COMMON_NAME,
  daemonSubject,
  ORGANIZATION,
  ORGANIZATIONAL_UNIT,
  part,
  pemOf,
  requestOf,
  signingRequestPem,
  UTF8,
} from "../../../test/integration/signing-requests.ts";
import { isRequestOf } from "./certificate-request.ts";
import { evaluate, type SigningRequest } from "./csr-policy.ts";

const NODE = "node-1.example.com";
const RIGHT = signingRequestPem({ subject: daemonSubject(NODE) });
const kindOf = (request: SigningRequest) => evaluate(request).kind;
const right = (spec: Partial<SigningRequest["spec"]> = {}): SigningRequest => {
  const request = requestOf(NODE, RIGHT);
  return { ...request, spec: { ...request.spec, ...spec } };
};
const withPem = (pem: string) => right({ request: Buffer.from(pem).toString("base64") });
/** By crypto/x509 of Go, as client-go calls it for multus-daemon 4.3.0. */
const BY_GO = `-----BEGIN CERTIFICATE REQUEST-----
MIHzMIGZAgEAMDcxFjAUBgNVBAoTDXN5c3RlbTptdWx0dXMxHTAbBgNVBAMTFHN5
c3RlbTptdWx0dXM6bm9kZS0xMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE8ljf
Exh3sNfiwHhtL3OmyyLzpPSDrQSCdNcYH6Im24cJ5CqIj1fOehXQMa7fyQg0/6pm
5AR8YJS1PllmyMArk6AAMAoGCCqGSM49BAMCA0kAMEYCIQDxqwdEQp0BdhFpQ7r3
ZSWL7k3L/UycnuX7xrZHj+1B0AIhAJONcJFBnaxrgNIlgYOwgLax6hwiup30e1R2
Z2UfAo8J
-----END CERTIFICATE REQUEST-----
`;

describe("the request of a daemon", () => {
  it("is known, made with the kubelet's rights or with the certificate before", () => {
    expect(evaluate(right())).toEqual({ kind: "Approvable", node: NODE });
    const renewal = { username: `system:multus:${NODE}`, groups: ["system:authenticated", "system:multus"] };
    expect(evaluate(right(renewal))).toEqual({ kind: "Approvable", node: NODE });
  });

  it("is what Go writes for a node called node-1", () => {
    expect(isRequestOf("node-1", BY_GO)).toBe(true);
  });
});

describe("a request that is not the daemons'", () => {
  it.each<[string, SigningRequest]>([
    ["has another signer", right({ signerName: "kubernetes.io/kubelet-serving" })],
    ["names another group", withPem(signingRequestPem({ subject: [part(COMMON_NAME, "jane")] }))],
    ["is decided", { ...right(), status: { certificate: "", conditions: [{ type: "Denied" }] } }],
    ["is no request at all", withPem("jane")],
  ])("is left alone: it %s", (_, request) => {
    expect(kindOf(request)).toBe("NotOurs");
  });
});

describe("a request that names Multus' group", () => {
  const [organization, name] = daemonSubject(NODE) as [Buffer, Buffer];
  const pem = (subject: Buffer[], more = {}) => withPem(signingRequestPem({ subject, ...more }));
  const masters = part(ORGANIZATION, "system:masters");

  it.each<[string, SigningRequest]>([
    ["of another node's kubelet", right({ username: "system:node:node-2" })],
    ["of another node's daemon", right({ username: "system:multus:node-2", groups: ["system:multus"] })],
    ["of a user", right({ username: "jane" })],
    ["of a service account", right({ username: "system:serviceaccount:kube-system:multus" })],
    ["of a node's name without a node's group", right({ groups: ["system:authenticated"] })],
    ["of a node in a further group", right({ groups: ["system:nodes", "system:authenticated", "admins"] })],
    ["of a daemon's name in the nodes' group", right({ username: `system:multus:${NODE}` })],
    ["of a node's name with a line after it", right({ username: `system:node:${NODE}\nx` })],
    ["for a server", right({ usages: ["digital signature", "server auth"] })],
    ["for a server too", right({ usages: ["digital signature", "client auth", "server auth"] })],
    ["for a client only", right({ usages: ["client auth"] })],
    ["of a usage twice", right({ usages: ["client auth", "client auth"] })],
    ["for ever", right({ expirationSeconds: 3_000_000 })],
    ["for five minutes", right({ expirationSeconds: 300 })],
    ["as long as the signer likes", right({ expirationSeconds: undefined })],
    ["with a further organization", pem([organization, masters, name])],
    ["with a further organization in one part", pem([Buffer.concat([organization, masters]), name])],
    [
      "with another organization, and the group as its unit",
      pem([masters, part(ORGANIZATIONAL_UNIT, "system:multus"), name]),
    ],
    ["with no organization", pem([name])],
    ["with no name", pem([organization])],
    ["with two names", pem([organization, part(COMMON_NAME, "admin"), name])],
    ["with another node's name", pem(daemonSubject("node-2"))],
    ["with the parts in another order", pem([name, organization])],
    [
      "with its name in another encoding",
      pem([organization, part(COMMON_NAME, `system:multus:${NODE}`, UTF8)]),
    ],
    ["with a name that holds a zero byte", pem([organization, part(COMMON_NAME, `system:multus:${NODE}\0`)])],
    ["with a name beside the subject's", pem([organization, name], { attributes: [ALTERNATIVE_NAME] })],
    ["with a key of another kind", pem([organization, name], { curve: "P-384" })],
    ["of another version", pem([organization, name], { version: 1 })],
    ["with bytes after it", pem([organization, name], { trailing: Buffer.from([5, 0]) })],
    ["after another request", withPem(signingRequestPem({ subject: [masters] }) + RIGHT)],
    ["before another request", withPem(RIGHT + signingRequestPem({ subject: [masters] }))],
    ["after a text", withPem(`system:masters\n${RIGHT}`)],
    ["with a PEM header", withPem(RIGHT.replace("-----\n", "-----\nA: b\n\n"))],
    ["as a certificate", withPem(RIGHT.replaceAll("CERTIFICATE REQUEST", "CERTIFICATE"))],
    ["in UTF-16", pem([part(ORGANIZATION, Buffer.from("system:multus", "utf16le").swap16(), 0x1e), name])],
  ])("is denied: one %s", (_, request) => {
    expect(kindOf(request)).toBe("Denied");
  });

  it("is reported in one line, whatever its requester is called", () => {
    const decided = evaluate(right({ username: `a\n\u001b[31m${"x".repeat(5000)}` }));
    expect(decided).toMatchObject({ kind: "Denied", why: expect.stringMatching(/^[\x20-\x7e]{1,300}$/) });
  });
});

describe("any request", { timeout: 60_000 }, () => {
  const bytes = Buffer.from(RIGHT.replaceAll(/-----[^-]*-----|\n/g, ""), "base64");

  it("is no daemon's once one bit of what is signed is another, but for the key's own", () => {
    const key = bytes.indexOf(Buffer.from("03420004", "hex")) + 4;
    // Beyond the key come the attributes, the algorithm, and the signature, which the API server checks.
    const end = bytes.indexOf(Buffer.from("a000", "hex"), key + 64) + 2;
    const taken: number[] = [];
    for (let bit = 0; bit < end * 8; bit++) {
      const at = bit >> 3;
      if (at >= key && at < key + 64) continue;
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7));
      if (isRequestOf(NODE, pemOf(changed))) taken.push(bit);
    }
    expect(taken).toEqual([]);
  });

  it("is a daemon's for the one node that it names only, whatever nodes are called", () => {
    const names = fc.stringMatching(/^[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?$/);
    fc.assert(
      fc.property(names, names, (node, other) => {
        const pem = signingRequestPem({ subject: daemonSubject(node) });
        expect(isRequestOf(node, pem)).toBe(true);
        expect(isRequestOf(other, pem)).toBe(other === node);
      }),
      { numRuns: 50 },
    );
  });

  it("is judged, whatever stands in it", () => {
    const anything = fc.record({
      signerName: fc.constant("kubernetes.io/kube-apiserver-client"),
      username: fc.oneof(fc.string(), fc.constant(`system:node:${NODE}`)),
      groups: fc.array(fc.constantFrom("system:nodes", "system:authenticated", "system:masters")),
      usages: fc.array(fc.constantFrom("client auth", "digital signature", "any")),
      expirationSeconds: fc.option(fc.integer(), { nil: undefined }),
      request: fc
        .oneof(
          fc.uint8Array({ maxLength: 300 }).map((random) => Buffer.from(random).toString("latin1")),
          fc
            .uint8Array({ maxLength: 300 })
            .map((random) => pemOf(Buffer.concat([Buffer.from("system:multus"), random]))),
        )
        .map((text) => Buffer.from(text, "latin1").toString("base64")),
    });
    fc.assert(fc.property(anything, (spec) => kindOf(right(spec)) !== "Approvable"));
  });
});
