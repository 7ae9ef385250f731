import { describe, expect, it } from "vitest";
import { explainPullFailure, registryOf } from "./image-pull.ts";

const HOST = "172.30.0.1:25645";
const IMAGE = `${HOST}/kube-ovn/multus-cni:v3.4.2`;
const RESOLVING = `failed to pull and unpack image "${IMAGE}": failed to resolve image: `;
const HEAD = `failed to do request: Head "https://${HOST}/v2/kube-ovn/multus-cni/manifests/v3.4.2": `;

const explain = (message: string, more: object = {}) =>
  explainPullFailure({
    image: IMAGE,
    reason: "ErrImagePull",
    message,
    namespace: "kube-system",
    pullSecrets: ["harbor"],
    ...more,
  });

/** As kubelet 1.36.3 wrote them with containerd 2.4.2, distribution 3.1.2 and a token server that answers as Harbor's. */
const SEEN: [what: string, message: string, reason: string, says: string][] = [
  [
    "a wrong password, by basic authentication",
    `${RESOLVING}unexpected status from HEAD request to http://${HOST}/v2/kube-ovn/multus-cni/manifests/v3.4.2: 401 Unauthorized`,
    "RegistryLoginRejected",
    "rejected the login in Secret harbor",
  ],
  [
    "a wrong password, by token",
    `${RESOLVING}failed to authorize: failed to fetch oauth token: unexpected status from GET request to http://172.30.0.1:29111/service/token?scope=repository%3Akube-ovn%2Fmultus-cni%3Apull&service=harbor-registry: 401 Unauthorized`,
    "RegistryLoginRejected",
    "rejected the login in Secret harbor",
  ],
  [
    "no login, by basic authentication",
    `${RESOLVING}pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`,
    "RegistryLoginMissing",
    `Secret harbor in namespace kube-system does not exist or has no login for ${HOST}`,
  ],
  [
    "no login, by token",
    `${RESOLVING}pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
    "RegistryLoginMissing",
    "or its account may not read this repository",
  ],
  [
    "a registry that is down",
    `${RESOLVING}${HEAD}dial tcp 172.30.0.1:25645: connect: connection refused`,
    "RegistryUnreachable",
    `the registry ${HOST} does not respond`,
  ],
  [
    "a name that nobody resolves",
    `${RESOLVING}failed to do request: Head "https://harbor.invalid/v2/kube-ovn/multus-cni/manifests/v3.4.2": dial tcp: lookup harbor.invalid on 10.255.255.53:53: read udp 172.30.0.11:36337->10.255.255.53:53: i/o timeout`,
    "RegistryNameUnknown",
    "cannot resolve the registry's name",
  ],
  [
    "a tag that does not exist",
    `rpc error: code = NotFound desc = ${RESOLVING}${IMAGE}: not found`,
    "ImageNotFound",
    "does not have this repository or tag",
  ],
  [
    "an index without the node's architecture",
    "rpc error: code = NotFound desc = get image config descriptor: no match for platform in manifest sha256:6e3421753a9593b7dfa9b706745bd9a497d225fa043ea464e5a531a36368e453: not found",
    "ImageArchitecture",
    "spec.workload.nodeSelector",
  ],
  [
    "plain HTTP where HTTPS was asked for",
    `${RESOLVING}${HEAD}http: server gave HTTP response to HTTPS client`,
    "RegistrySpeaksHTTP",
    `/etc/containerd/certs.d/${HOST}/hosts.toml`,
  ],
  [
    "a CA that the node does not know",
    `${RESOLVING}${HEAD}tls: failed to verify certificate: x509: certificate signed by unknown authority`,
    "RegistryCertificateRejected",
    "does not trust the registry's certificate",
  ],
];

/** From the sources of containerd 1.7, CRI-O (containers/image) and Docker's registry client. */
const READ: [message: string, reason: string][] = [
  [
    `failed to resolve reference "${IMAGE}": unexpected status from HEAD request to ${IMAGE}: 401 Unauthorized`,
    "RegistryLoginRejected",
  ],
  [
    `reading manifest v3.4.2 in ${HOST}/kube-ovn/multus-cni: unauthorized: authentication required`,
    "RegistryLoginMissing",
  ],
  [
    "unable to retrieve auth token: invalid username/password: unauthorized: incorrect username or password",
    "RegistryLoginRejected",
  ],
  [
    `reading manifest v3.4.2 in ${HOST}/kube-ovn/multus-cni: manifest unknown: manifest unknown`,
    "ImageNotFound",
  ],
  [
    `choosing an image from manifest list docker://${IMAGE}: no image found in image index for architecture amd64, variant "", OS linux`,
    "ImageArchitecture",
  ],
  ["toomanyrequests: You have reached your pull rate limit. 429 Too Many Requests", "RegistryRateLimit"],
  ["write /var/lib/containerd/x: no space left on device", "NodeDiskFull"],
];

describe("why an image cannot be pulled", () => {
  it.each(SEEN)("%s", (_, message, reason, says) => {
    const found = explain(message);
    expect(found.reason).toBe(reason);
    expect(found.message).toContain(`image ${IMAGE} cannot be pulled: `);
    expect(found.message).toContain(says);
  });

  it.each(READ)("%s", (message, reason) => {
    expect(explain(message).reason).toBe(reason);
  });

  it.each(SEEN)("%s: the same while the kubelet tries and while it waits", (_, message) => {
    const waiting = message.startsWith("rpc error") ? message : `ErrImagePull: ${message}`;
    const backOff = `Back-off pulling image "${IMAGE}": ${waiting.replace(/^rpc/, "ErrImagePull: rpc")}`;
    expect(explain(backOff, { reason: "ImagePullBackOff" })).toEqual(explain(message));
  });

  it("names the secret that the kubelet did not find, and how to make it", () => {
    const [, , [, message]] = SEEN as [unknown, unknown, [string, string]];
    expect(explain(message, { pullSecrets: ["a", "harbor"], missingSecrets: ["harbor"] }).message).toContain(
      `Secret harbor in spec.image.pullSecrets does not exist in namespace kube-system. kubectl create secret docker-registry harbor -n kube-system --docker-server=${HOST}`,
    );
    expect(explain(message, { pullSecrets: [] }).message).toContain(
      "Name a Secret with one in spec.image.pullSecrets",
    );
  });

  it("keeps the runtime's words where it knows no cause, and both fields to look at", () => {
    const { reason, message } = explain("something new");
    expect(reason).toBe("ImagePullBackOff");
    expect(message).toMatch(/something new.*spec\.image .*spec\.image\.pullSecrets/);
  });

  it("tells a name that is none, and a policy that forbids the pull", () => {
    const said = `Failed to apply default image tag "${HOST}/UPPER:v1": repository name (UPPER) must be lowercase`;
    expect(explain(said, { reason: "InvalidImageName" }).message).toContain("must be lowercase");
    expect(explain("", { reason: "ErrImageNeverPull" }).message).toContain("spec.image.pullPolicy is Never");
  });
});

it.each([
  [IMAGE, HOST],
  ["ghcr.io/k8snetworkplumbingwg/multus-cni:v4.3.0", "ghcr.io"],
  ["localhost/multus:v1", "localhost"],
  ["nfvpe/multus:v3.4.2", "docker.io"],
  ["busybox", "docker.io"],
])("the registry of %s is %s", (image, registry) => {
  expect(registryOf(image)).toBe(registry);
});
