import { z } from "zod";
import { matching, withRules } from "../rule.ts";
import { FIRST_RELEASE } from "./field-releases.ts";
import { kubeletKubeconfig } from "./permitted-host-paths.ts";
import { duration, networkName, secondsOf } from "./text.ts";

/** spec.entrypoint: what the thin plugin's entrypoint does. */
export const entrypoint = z.object({
  overrideNetworkName: z
    .boolean()
    .default(false)
    .describe("Use the primary network's name in the Multus configuration; flag --override-network-name."),
  renameConfFile: z
    .boolean()
    .default(false)
    .describe("Rename the primary network's file to *.old; flag --rename-conf-file."),
  skipBinaryCopy: z
    .boolean()
    .default(false)
    .describe("Do not copy the multus binary to the host; flag --skip-multus-binary-copy."),
  skipTLSVerify: z
    .boolean()
    .default(false)
    .describe(
      "Do not verify the API server's certificate; flag --skip-tls-verify, in v3 environment SKIP_TLS_VERIFY.",
    ),
  kubeconfigMode: matching(/^0?[46][04]0$/, 4, "must be 400, 440, 600 or 640: the file contains a token")
    .optional()
    .describe("Mode of the kubeconfig on the host; v3 only, environment KUBECONFIG_MODE. Default: 600."),
  refreshKubeconfig: z
    .boolean()
    .default(true)
    .describe(
      "Renew the kubeconfig's token before it expires, and update the configuration when the primary network's file changes; flag --cleanup-config-on-exit with the watch, which only source Auto and File start. Without it, pods fail once the token has expired (multus-cni #852). v4 only: v3 does not renew the token.",
    ),
  restartCRIO: z.boolean().default(false).describe("Restart CRI-O once; flag --restart-crio. v3 only."),
});

/** As container runtimes name them: portMappings, io.kubernetes.cri.pod-annotations. No backslash, for CEL. */
const CAPABILITY = /^[A-Za-z][A-Za-z0-9._-]{0,62}$/;

const capabilities = () =>
  withRules(
    z
      .record(z.string(), z.boolean())
      .refine((map) => Object.keys(map).length <= 16, "must have at most 16 keys")
      .meta({ maxProperties: 16 }),
    [
      {
        message: "must have keys such as portMappings: a letter, then at most 62 letters, digits, - _ and .",
        cel: `self.all(key, key.matches('${CAPABILITY.source}'))`,
        holds: (map) => Object.keys(map).every((key) => CAPABILITY.test(key)),
      },
    ],
  );

/** No signer issues a certificate with a shorter lifetime (spec.expirationSeconds of a CertificateSigningRequest), s. */
export const MIN_CERTIFICATE_SECONDS = 600;
/** Thirty days, s: a client certificate cannot be revoked. */
export const MAX_CERTIFICATE_SECONDS = 2_592_000;

const perNodeCertificate = z.object({
  enabled: z
    .boolean()
    .default(false)
    .describe(
      `Each node's daemon uses its own client certificate (user system:multus:NODE, group system:multus) instead of the service account that all daemons share; key perNodeCertificate.enabled (${FIRST_RELEASE["daemon.perNodeCertificate"]} and later). The chart's value perNodeCertificates.approve must be true.`,
    ),
  bootstrapKubeconfig: kubeletKubeconfig()
    .optional()
    .describe(
      "The kubelet's kubeconfig on the host, with which the daemon requests its first certificate; key perNodeCertificate.bootstrapKubeconfig. Default: the distribution's, such as /etc/kubernetes/kubelet.conf.",
    ),
  certDuration: withRules(duration(), [
    {
      message: "must be 10m to 720h",
      cel: "duration(self) >= duration('10m') && duration(self) <= duration('720h')",
      holds: (text) =>
        secondsOf(text) >= MIN_CERTIFICATE_SECONDS && secondsOf(text) <= MAX_CERTIFICATE_SECONDS,
    },
  ])
    .default("24h")
    .describe(
      "Lifetime of a certificate, unless the cluster's signer issues shorter ones. A new one is requested after 70 to 90 percent of it; key perNodeCertificate.certDuration.",
    ),
});

/**
 * Ports that a node's own programs listen on (kubernetes.io, "Ports and Protocols"): the API server, etcd, kubelet,
 * kube-proxy, controller manager and scheduler. Multus' pod is on the host's network; if it is first, they do not start.
 */
const PORTS_IN_USE = [2379, 2380, 2381, 6443, 10248, 10249, 10250, 10255, 10256, 10257, 10259];

/** spec.daemon: what the thick daemon does. */
export const daemon = z.object({
  metricsPort: withRules(z.int().min(1024).max(65535), [
    {
      message: `must not be a port of Kubernetes' own programs on a node: ${PORTS_IN_USE.join(", ")}`,
      cel: `!(self in [${PORTS_IN_USE.join(", ")}])`,
      holds: (port) => !PORTS_IN_USE.includes(port),
    },
  ])
    .optional()
    .describe("Port of the daemon's metrics on each node; key metricsPort. Default: no metrics."),
  connectionLimit: z
    .int()
    .min(1)
    .max(10000)
    .optional()
    .describe(
      `Maximum number of concurrent CNI requests, which limits memory; key connectionLimit (${FIRST_RELEASE["daemon.connectionLimit"]} and later). Default: no limit.`,
    ),
  capabilities: capabilities()
    .optional()
    .describe("Capabilities of the Multus configuration, such as portMappings: true; key capabilities."),
  retryDeleteOnError: z
    .boolean()
    .optional()
    .describe(
      "Keep what is stored of a pod's networks when a DEL fails, so that the runtime's next DEL finds it; key retryDeleteOnError. Default: false.",
    ),
  overrideNetworkName: z
    .boolean()
    .optional()
    .describe(
      "Use the primary network's name in the Multus configuration; key overrideNetworkName. Default: false.",
    ),
  auxiliaryCNIChainName: withRules(
    matching(/^[A-Za-z0-9_-][A-Za-z0-9._-]*$/, 63, "must be a name: letters, digits, - _ and ."),
    [
      {
        message: "must not be multus.d, the directory of Multus' own credentials",
        cel: "self != 'multus.d'",
        holds: (name) => name !== "multus.d",
      },
    ],
  )
    .optional()
    .describe(
      `Name of a chain of additional plugins, whose files are in the directory with this name in cni.confDir. They run last for every pod; key auxiliaryCNIChainName (${FIRST_RELEASE["daemon.auxiliaryCNIChainName"]} and later).`,
    ),
  clusterNetwork: networkName()
    .optional()
    .describe(
      "The primary network, as the name of a NetworkAttachmentDefinition or file; key clusterNetwork.",
    ),
  defaultNetworks: z
    .array(networkName())
    .max(16)
    .optional()
    .describe("Additional networks for every pod; key defaultNetworks."),
  perNodeCertificate: perNodeCertificate
    .optional()
    .describe("How the daemon authenticates to the API server."),
});
