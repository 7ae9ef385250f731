import { createHash } from "node:crypto";
import type { KubeObject } from "../crds/kube-object.ts";
import {
  MULTUS_INSTALL,
  MULTUS_INSTALL_API_VERSION,
  type MultusInstall,
} from "../crds/multus-install/multus-install.ts";
import { ownerLabels } from "./labels.ts";
import type { OperatorImage } from "./operator-image.ts";

/** The value of the label `name` of probe pods; app is Multus', as with all pods that the operator looks at. */
export const PROBE = "multus-probe";
/** What the rollout that is probed was rendered from. */
export const PROBED_REVISION = "multus-operator.dev/probed-revision";

/**
 * A pod that asks for one network on one node and ends at once. That it starts, and that Multus reports the
 * network, is all that it is for: it has no rights, no credentials and nothing of the host.
 */
export function probePod(
  install: MultusInstall,
  {
    node,
    network,
    revision,
    image,
  }: { node: string; network: string; revision: string; image: OperatorImage },
): KubeObject {
  const secrets = [...new Set([...image.pullSecrets, ...install.spec.image.pullSecrets])];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: probePodName(node),
      namespace: install.spec.namespace,
      labels: { app: "multus", name: PROBE, [PROBED_REVISION]: revision, ...ownerLabels(install) },
      annotations: { "k8s.v1.cni.cncf.io/networks": network },
      // With the MultusInstall goes what is left of it.
      ownerReferences: [
        {
          apiVersion: MULTUS_INSTALL_API_VERSION,
          kind: MULTUS_INSTALL.kind,
          name: install.metadata.name,
          uid: install.metadata.uid ?? "",
        },
      ],
    },
    spec: {
      nodeName: node,
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 0,
      serviceAccountName: "multus",
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      tolerations: [{ operator: "Exists" }],
      ...(secrets.length > 0 ? { imagePullSecrets: secrets.map((name) => ({ name })) } : {}),
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "probe",
          image: image.reference,
          imagePullPolicy: image.pullPolicy,
          args: ["version"],
          resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "256Mi" } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    },
  };
}

/** One name a node: two probes of a node never run at once. */
export function probePodName(node: string): string {
  return `${PROBE}-${createHash("sha256").update(node).digest("hex").slice(0, 16)}`;
}
