import { join } from "node:path";
import type { Certificate } from "./certificates.ts";

/** What the command lines of a control plane's servers are made of. */
export interface Layout {
  directory: string;
  caFile: string;
  /** Where the API server listens; the others listen on 127.0.0.1. */
  address: string;
  serviceCidr: string;
  ports: Ports;
}

export interface Ports {
  etcd: number;
  etcdPeer: number;
  apiserver: number;
  controllerManager: number;
  scheduler: number;
}

export function etcdUrl({ ports }: Layout): string {
  return `http://127.0.0.1:${ports.etcd}`;
}

export function etcdDirectory(layout: Layout): string {
  return join(layout.directory, "etcd");
}

export function etcdArguments(layout: Layout): string[] {
  const peer = `http://127.0.0.1:${layout.ports.etcdPeer}`;
  return [
    `--data-dir=${etcdDirectory(layout)}`,
    "--unsafe-no-fsync", // nothing here outlives a power cut
    `--listen-client-urls=${etcdUrl(layout)}`,
    `--advertise-client-urls=${etcdUrl(layout)}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    "--log-level=error",
  ];
}

/** @param kubelet what the API server shows kubelets when it fetches logs or runs commands */
export function apiserverArguments(
  layout: Layout,
  { serving, kubelet }: { serving: Certificate; kubelet: Certificate },
): string[] {
  return [
    `--etcd-servers=${etcdUrl(layout)}`,
    `--bind-address=${layout.address}`,
    // Not given, it is that of the default route if the API server listens on 127.0.0.1: not every machine has one.
    `--advertise-address=${layout.address}`,
    `--secure-port=${layout.ports.apiserver}`,
    `--tls-cert-file=${serving.certFile}`,
    `--tls-private-key-file=${serving.keyFile}`,
    `--client-ca-file=${layout.caFile}`,
    `--kubelet-client-certificate=${kubelet.certFile}`,
    `--kubelet-client-key=${kubelet.keyFile}`,
    "--kubelet-preferred-address-types=InternalIP", // nodes have no names in any DNS
    `--service-account-key-file=${join(layout.directory, "sa.pub")}`,
    `--service-account-signing-key-file=${join(layout.directory, "sa.key")}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-cluster-ip-range=${layout.serviceCidr}`,
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--allow-privileged=true",
    // No kube-proxy serves this machine: a webhook's Service is followed to its pods, to which there are routes.
    "--enable-aggregator-routing=true",
    "--endpoint-reconciler-type=none", // it rejects 127.0.0.1 as an endpoint; nodes have a rule of their own
  ];
}

/**
 * What no test's cluster has: volumes that are claimed, quotas, autoscalers, nodes of a cloud. Each of these controllers
 * would log in, list and watch; that of quotas asks for all kinds again every 30 s.
 */
const UNUSED_CONTROLLERS = [
  "endpointslice-mirroring-controller",
  "ephemeral-volume-controller",
  "horizontal-pod-autoscaler-controller",
  "legacy-serviceaccount-token-cleaner-controller",
  "node-ipam-controller",
  "node-route-controller",
  "persistentvolume-attach-detach-controller",
  "persistentvolume-binder-controller",
  "persistentvolume-expander-controller",
  "persistentvolume-protection-controller",
  "persistentvolumeclaim-protection-controller",
  "replicationcontroller-controller",
  "resourcequota-controller",
  "service-lb-controller",
  "ttl-after-finished-controller",
  "ttl-controller",
];

/** @param nodeGraceSeconds without a heartbeat for so long a node is not Ready; Kubernetes' own default if undefined */
export function controllerManagerArguments(
  layout: Layout,
  kubeconfig: string,
  nodeGraceSeconds?: number,
): string[] {
  return [
    ...(nodeGraceSeconds === undefined ? [] : [`--node-monitor-grace-period=${nodeGraceSeconds}s`]),
    `--controllers=${["*", ...UNUSED_CONTROLLERS.map((name) => `-${name}`)].join()}`,
    `--kubeconfig=${kubeconfig}`,
    `--secure-port=${layout.ports.controllerManager}`,
    "--bind-address=127.0.0.1",
    "--use-service-account-credentials", // each controller with its own RBAC, as in a real cluster
    "--leader-elect=false",
    `--service-account-private-key-file=${join(layout.directory, "sa.key")}`,
    `--root-ca-file=${layout.caFile}`,
    `--cluster-signing-cert-file=${layout.caFile}`,
    `--cluster-signing-key-file=${layout.caFile.replace(/\.crt$/, ".key")}`,
    `--service-cluster-ip-range=${layout.serviceCidr}`,
  ];
}

export function schedulerArguments(layout: Layout, kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--secure-port=${layout.ports.scheduler}`,
    "--bind-address=127.0.0.1",
    "--leader-elect=false",
  ];
}
