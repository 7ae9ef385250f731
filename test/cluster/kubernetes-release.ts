import { DEFAULT_KUBERNETES, KUBERNETES_RELEASES, type KubernetesMinor } from "./families.ts";

/** The minor version that KUBERNETES_VERSION asks for, such as 1.30. Throws if no such release is pinned. */
export function requestedKubernetes(text = process.env.KUBERNETES_VERSION): KubernetesMinor {
  const minor = text || DEFAULT_KUBERNETES;
  if (isKubernetesMinor(minor)) return minor;
  const known = Object.keys(KUBERNETES_RELEASES).join(", ");
  throw new Error(`KUBERNETES_VERSION=${minor}: no such release is pinned (pinned are: ${known})`);
}

function isKubernetesMinor(text: string): text is KubernetesMinor {
  return Object.hasOwn(KUBERNETES_RELEASES, text);
}
