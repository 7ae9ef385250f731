import type { UnhealthyReason } from "./unhealthy-reasons.ts";

/** What is known of an image that a node could not pull. */
export interface PullFailure {
  image: string;
  /** The kubelet's reason: ErrImagePull, ImagePullBackOff, InvalidImageName, … */
  reason: string;
  /** What the container runtime said, as the kubelet repeats it in the pod's status. */
  message: string;
  namespace: string;
  /** The pod's imagePullSecrets. */
  pullSecrets: readonly string[];
  /** Those of them that the kubelet did not find, where it said so. */
  missingSecrets?: readonly string[];
}

export interface Explanation {
  reason: UnhealthyReason;
  message: string;
}

interface Cause {
  reason: UnhealthyReason;
  matches: RegExp;
  /** Why, and what to do about it; two sentences at most. */
  explain: (failure: PullFailure, host: string) => string;
}

/**
 * Why images are not pulled, in the words of containerd 2 and of registries (each seen on a node, see the
 * test), and of CRI-O (containers/image). The first that matches applies: several messages end in "not found".
 */
const CAUSES: readonly Cause[] = [
  {
    reason: "RegistrySpeaksHTTP",
    matches: /server gave HTTP response to HTTPS client/,
    explain: (_, host) =>
      `the registry uses plain HTTP, and the node's runtime uses HTTPS. Write /etc/containerd/certs.d/${host}/hosts.toml on the nodes (docs/guides/first-users.md), or serve TLS`,
  },
  {
    reason: "RegistryCertificateRejected",
    matches: /x509: |tls: failed to verify certificate|certificate is not trusted/,
    explain: (_, host) =>
      `the node does not trust the registry's certificate. Add its CA on the nodes, in /etc/containerd/certs.d/${host}/hosts.toml (docs/guides/first-users.md)`,
  },
  {
    reason: "RegistryLoginMissing",
    matches: /no basic auth credentials|insufficient_scope|pull access denied|authentication required/,
    explain: explainMissingLogin,
  },
  {
    reason: "RegistryLoginRejected",
    matches: /\b401\b|unauthorized|invalid username\/password|incorrect username or password/i,
    explain: ({ pullSecrets, namespace }, host) =>
      pullSecrets.length === 0
        ? `the registry requires a login. Name a Secret with one in spec.image.pullSecrets`
        : `the registry rejected the login in ${secrets(pullSecrets)}: the user or password is wrong or has expired. Create the Secret again: kubectl create secret docker-registry ${pullSecrets[0]} -n ${namespace} --docker-server=${host} …`,
  },
  {
    reason: "RegistryAccessDenied",
    matches: /\b403\b|\bdenied\b/i,
    explain: ({ pullSecrets }) =>
      `the registry accepted the login and denied access to the image. Grant the account in ${secrets(pullSecrets)} read access to this repository`,
  },
  {
    reason: "ImageArchitecture",
    matches: /no match(ing manifest)? for |no image found in (image index|manifest list)/,
    explain: () =>
      "the image has no variant for the node's architecture. Build it for this architecture too, or keep Multus off these nodes with spec.workload.nodeSelector, such as kubernetes.io/arch: amd64",
  },
  {
    reason: "RegistryNameUnknown",
    matches: /no such host|dial tcp: lookup |server misbehaving/,
    explain: (_, host) =>
      `the node cannot resolve the registry's name ${host.replace(/:\d+$/, "")}. Check spec.image.registry and the node's DNS`,
  },
  {
    reason: "ImageNotFound",
    matches: /not found|manifest unknown|name unknown/i,
    explain: ({ image }) =>
      `the registry does not have this ${image.includes("@") ? "digest" : "repository or tag"}. Check spec.image, and that the image was pushed`,
  },
  {
    reason: "RegistryUnreachable",
    matches:
      /connection refused|no route to host|network is unreachable|i\/o timeout|timeout|deadline exceeded|connection reset|\bEOF\b|\b50[0234]\b/i,
    explain: (_, host) =>
      `the registry ${host} does not respond. Check that it runs and that the node can reach it; the kubelet retries automatically`,
  },
  {
    reason: "RegistryRateLimit",
    matches: /\b429\b|toomanyrequests|rate limit/i,
    explain: () =>
      "the registry's pull rate limit is reached. Log in with spec.image.pullSecrets, or use a mirror",
  },
  {
    reason: "NodeDiskFull",
    matches: /no space left on device/,
    explain: () => "the node's disk is full",
  },
];

/** A reason of a closed list (docs/reference) and a sentence. The same for every attempt, and on every node with this cause. */
export function explainPullFailure(failure: PullFailure): Explanation {
  const { image, reason } = failure;
  const said = withoutWrapping(failure.message);
  const say = (why: string) => `image ${image} cannot be pulled: ${why}`;
  if (reason === "InvalidImageName")
    return { reason, message: say(`the name is not valid. Check spec.image. The kubelet reported: ${said}`) };
  if (reason === "ErrImageNeverPull")
    return { reason, message: say("it is not on the node, and spec.image.pullPolicy is Never") };
  const cause = CAUSES.find(({ matches }) => matches.test(said));
  if (!cause)
    return {
      reason: "ImagePullBackOff",
      message: say(`${said || reason}. Check spec.image and, for a private registry, spec.image.pullSecrets`),
    };
  return {
    reason: cause.reason,
    message: `${say(cause.explain(failure, registryOf(image)))}. The node reported: ${said}`,
  };
}

/** A registry that got no login, or (insufficient_scope, as Harbor answers) one without a right to this repository. */
function explainMissingLogin(failure: PullFailure, host: string): string {
  const { namespace, pullSecrets, missingSecrets = [], message } = failure;
  const create = (name: string) =>
    `kubectl create secret docker-registry ${name} -n ${namespace} --docker-server=${host} …`;
  if (pullSecrets.length === 0)
    return "the registry requires a login. Name a Secret with one in spec.image.pullSecrets";
  const [missing] = missingSecrets;
  if (missing !== undefined)
    return `the registry requires a login, and ${secrets(missingSecrets)} in spec.image.pullSecrets does not exist in namespace ${namespace}. ${create(missing)}`;
  const right = message.includes("insufficient_scope") ? ", or its account may not read this repository" : "";
  return `the registry requires a login, and ${secrets(pullSecrets)} in namespace ${namespace} does not exist or has no login for ${host}${right}. ${create(pullSecrets[0] ?? "")}`;
}

function secrets(names: readonly string[]): string {
  return names.length === 0 ? "no Secret" : `Secret ${names.join(", ")}`;
}

/** As container runtimes read a reference: a first part without dot, colon or "localhost" belongs to Docker Hub. */
export function registryOf(image: string): string {
  const first = image.split("/")[0] ?? "";
  return image.includes("/") && (/[.:]/.test(first) || first === "localhost") ? first : "docker.io";
}

/** What differs from one attempt to the next, and what only says "pull" once more. */
function withoutWrapping(message: string): string {
  return message
    .replace(/^Back-off pulling image "[^"]*":?\s*/, "")
    .replace(/^ErrImagePull:\s*/, "")
    .replace(/^rpc error: code = \w+ desc = /, "")
    .replace(/^failed to pull and unpack image "[^"]*": /, "")
    .replace(/read udp [\d.:]+->/, "read udp ")
    .trim();
}
