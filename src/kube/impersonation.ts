import { KubeconfigError } from "./errors.ts";

/** Whom requests act as (kubernetes.io, Authentication, User impersonation). */
export interface Impersonation {
  user?: string | undefined;
  uid?: string | undefined;
  groups?: readonly string[] | undefined;
  extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

/** What both set, by the flags: kubectl's flags replace single fields of the kubeconfig (merge of client-go's clientcmd). */
export function withFlags(ofKubeconfig: Impersonation, flags: Impersonation): Impersonation {
  return {
    user: flags.user || ofKubeconfig.user,
    uid: flags.uid || ofKubeconfig.uid,
    groups: flags.groups?.length ? flags.groups : ofKubeconfig.groups,
    extra: ofKubeconfig.extra,
  };
}

/**
 * The headers of a request that acts so, as client-go sets them (transport/round_trippers.go). Throws a KubeconfigError if
 * it names no user, as kubectl does: the API server would reject the request.
 */
export function impersonationHeaders({
  user,
  uid,
  groups = [],
  extra = {},
}: Impersonation): Record<string, string | string[]> {
  const keys = Object.keys(extra);
  if (!user && (uid || groups.length > 0 || keys.length > 0))
    throw new KubeconfigError(
      "groups, a UID or extra fields to act with require a user to act as: --as, or as in the kubeconfig",
    );
  return {
    ...(user ? { "Impersonate-User": user } : {}),
    ...(uid ? { "Impersonate-Uid": uid } : {}),
    ...(groups.length > 0 ? { "Impersonate-Group": [...groups] } : {}),
    ...Object.fromEntries(keys.map((key) => [`Impersonate-Extra-${escaped(key)}`, [...(extra[key] ?? [])]])),
  };
}

/** The API server reads the percent encoding; a header's name may not contain parentheses (RFC 9110, tokens). */
function escaped(key: string): string {
  return encodeURIComponent(key).replace(/[()]/g, (sign) => (sign === "(" ? "%28" : "%29"));
}
