import { servesOnly, validCertificates } from "./certificate.ts";

/** Each replica publishes the certificates it is to be trusted by under its own key of one ConfigMap. */
export type Published = Readonly<Record<string, string>>;

/** No operator has more replicas; each publishes two certificates at most. */
const MAX_REPLICAS = 16;
const MAX_CERTIFICATES = 2 * MAX_REPLICAS;

/**
 * The certificates that the API server trusts: every published one that is valid now, serves `host` and cannot sign
 * others. Whoever can write the ConfigMap cannot add an authority. The order does not depend on who published first, so
 * that an unchanged set gives unchanged bytes. PEM.
 *
 * @param host DNS name or IP address by which the API server calls the webhook
 */
export function trustBundle(entries: Published, host: string, now: Date): string {
  const certificates = Object.keys(entries)
    .toSorted()
    .flatMap((replica) =>
      validCertificates(entries[replica] ?? "", now)
        .filter((certificate) => servesOnly(certificate, host))
        .slice(0, 2),
    );
  return [...new Set(certificates)].slice(-MAX_CERTIFICATES).join("");
}

/** The replicas of which no certificate is still valid: they have ended long ago. */
export function expiredReplicas(entries: Published, now: Date): string[] {
  return Object.keys(entries).filter(
    (replica) => validCertificates(entries[replica] ?? "", now).length === 0,
  );
}

/** Whether a bundle, base64 of PEM as the API takes it, holds this certificate. */
export function isTrustedBy(caBundle: string | undefined, certificate: string): boolean {
  return caBundle !== undefined && Buffer.from(caBundle, "base64").toString().includes(certificate);
}

/** A key of a ConfigMap: a pod's name is one as it is. */
export function replicaKey(name: string): string {
  return name.replaceAll(/[^-._a-zA-Z0-9]/g, "_").slice(0, 253);
}
