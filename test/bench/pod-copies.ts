import { get, putEach, putTogether } from "../cluster/etcd.ts";
import type { World } from "../integration/networks/world.ts";

/** Digits of a number that always has as many of them, so that a copy has the bytes of its template but for those. */
const digits = (n: number, length: number) => String(n).padStart(length, "0");
/** An octet of three digits. */
const octet = (n: number) => String(100 + (n % 156));
const TEMPLATE = { name: "pod-999999", namespace: "apps-99", network: "net-99", node: "node-999" };
const TEMPLATE_IPS = { cluster: "10.251.252.253", network: "10.199.254.255" };
const TEMPLATE_MAC = "02:ff:ff:ff:ff:ff";
const TEMPLATE_BEAT = "beat-99999999";
const PREFIX = "/registry/pods/";

/** What differs between two copies. */
export interface Variation {
  nads: number;
  nodes: number;
}

/**
 * Pods as the API server stores them, made of one that the API server stored: a pod of about 5 kB of JSON with a request
 * and a status by Multus, a kubelet's status and managed fields. Each copy has a name, UID, node, network, addresses of
 * its own, of equal length. They are written to etcd, since 100,000 pods take the API server ten minutes on two cores;
 * it sees them through its own watch of etcd, as it sees those of another API server.
 */
export class PodCopies {
  readonly #etcd: string;
  readonly #template: string;
  readonly #uid: string;
  readonly #variation: Variation;
  /** Bytes of the template as JSON. */
  readonly jsonBytes: number;

  private constructor(etcd: string, template: string, uid: string, jsonBytes: number, variation: Variation) {
    this.#etcd = etcd;
    this.#template = template;
    this.#uid = uid;
    this.jsonBytes = jsonBytes;
    this.#variation = variation;
  }

  static async start(world: World, etcd: string, variation: Variation): Promise<PodCopies> {
    await world.namespace(TEMPLATE.namespace);
    const { namespace, name } = TEMPLATE;
    await makeTemplate(world);
    const pod = await world.client.get({ type: PODS_TYPE, namespace, name });
    if (!pod) throw new Error("the template was not stored");
    const stored = await get(etcd, `${PREFIX}${namespace}/${name}`);
    if (!stored) throw new Error("the template is not in etcd");
    await world.client.delete({ type: PODS_TYPE, namespace, name }, { gracePeriodSeconds: 0 });
    const text = stored.toString("latin1");
    const jsonBytes = Buffer.byteLength(JSON.stringify(pod));
    return new PodCopies(etcd, text, pod.metadata.uid ?? "", jsonBytes, variation);
  }

  /** Writes the pods of these numbers, before anyone lists pods. */
  async fill(numbers: readonly number[]): Promise<void> {
    await putTogether(this.#etcd, this.#copies(numbers));
  }

  /** Writes the pods of these numbers. `beat` changes a label. */
  async write(numbers: readonly number[], { beat = 0 } = {}): Promise<void> {
    await putEach(this.#etcd, this.#copies(numbers, beat));
  }

  /** The pods of these numbers go, and others come in their place. */
  async replace(gone: readonly number[], made: readonly number[]): Promise<void> {
    await putEach(
      this.#etcd,
      this.#copies(made),
      gone.map((n) => this.keyOf(n)),
    );
  }

  placeOf(n: number): { namespace: string; name: string; network: string } {
    const nad = digits(n % this.#variation.nads, 2);
    return { namespace: `apps-${nad}`, name: `pod-${digits(n, 6)}`, network: `net-${nad}` };
  }

  keyOf(n: number): string {
    const { namespace, name } = this.placeOf(n);
    return `${PREFIX}${namespace}/${name}`;
  }

  #copies(numbers: readonly number[], beat = 0) {
    return numbers.map((n) => [this.keyOf(n), this.#copy(n, beat)] as const);
  }

  #copy(n: number, beat: number): Buffer {
    const { nads, nodes } = this.#variation;
    const { namespace, name, network } = this.placeOf(n);
    const nth = Math.floor(n / nads);
    const serial = digits(n, 6);
    const text = this.#template
      .replaceAll(TEMPLATE.name, name)
      .replaceAll(TEMPLATE.namespace, namespace)
      .replaceAll(TEMPLATE.network, network)
      .replaceAll(TEMPLATE.node, `node-${digits(n % nodes, 3)}`)
      .replaceAll(this.#uid, this.#uid.slice(0, -12) + digits(n, 12))
      .replaceAll(TEMPLATE_IPS.cluster, `10.244.${octet(Math.floor(n / 156))}.${octet(n)}`)
      .replaceAll(TEMPLATE_IPS.network, addressOf(n % nads, nth))
      .replaceAll(TEMPLATE_MAC, `02:${serial.replaceAll(/(..)/g, "$1:")}00:00`)
      .replaceAll(TEMPLATE_BEAT, `beat-${digits(beat, 8)}`);
    if (text.length !== this.#template.length) throw new Error("a copy must have the length of its template");
    return Buffer.from(text, "latin1");
  }
}

/** Of the nth pod of a NAD: 24,336 differ, in the NAD's own /16. */
function addressOf(nad: number, nth: number): string {
  return `10.${100 + nad}.${octet(Math.floor(nth / 156))}.${octet(nth)}`;
}

/** The configuration of a NAD whose addresses the copies have. */
export function nadConfig(nad: number): object {
  return {
    cniVersion: "0.3.1",
    type: "macvlan",
    master: `eth${nad}`,
    ipam: { type: "whereabouts", range: `10.${100 + nad}.0.0/16` },
  };
}

const PODS_TYPE = { group: "", version: "v1", kind: "Pod", plural: "pods", namespaced: true };

async function makeTemplate(world: World): Promise<void> {
  const { namespace, name, network, node } = TEMPLATE;
  await world.client.create(PODS_TYPE, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      labels: { app: "worker", beat: TEMPLATE_BEAT, "pod-template-hash": "6f7d8c9b5d" },
      annotations: { "k8s.v1.cni.cncf.io/networks": network },
      ownerReferences: [
        {
          ...{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "worker-6f7d8c9b5d" },
          ...{ uid: "2f1c1a52-0b2f-4a53-9d7e-1a2b3c4d5e6f", controller: true, blockOwnerDeletion: true },
        },
      ],
    },
    spec: {
      nodeName: node,
      containers: [
        {
          name: "worker",
          image: "registry.example/team/worker:1.4.2",
          command: ["/usr/bin/worker", "--listen", "0.0.0.0:8080"],
          env: Array.from({ length: 3 }, (_, n) => ({ name: `SETTING_${n}`, value: `the value of ${n}` })),
          ports: [{ name: "http", containerPort: 8080 }],
          resources: {
            requests: { cpu: "100m", memory: "128Mi" },
            limits: { memory: "256Mi" },
          },
          readinessProbe: { httpGet: { path: "/ready", port: 8080 }, periodSeconds: 10 },
        },
      ],
    },
  });
  const at = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const types = ["Initialized", "Ready", "ContainersReady", "PodScheduled"];
  await world.client.json({
    method: "PATCH",
    path: `/api/v1/namespaces/${namespace}/pods/${name}/status`,
    query: { fieldManager: "kubelet" },
    contentType: "application/strategic-merge-patch+json",
    body: {
      status: {
        phase: "Running",
        hostIP: "192.168.0.1",
        podIP: TEMPLATE_IPS.cluster,
        podIPs: [{ ip: TEMPLATE_IPS.cluster }],
        startTime: at,
        qosClass: "Burstable",
        conditions: types.map((type) => ({ type, status: "True", lastTransitionTime: at })),
        containerStatuses: [
          {
            ...{ name: "worker", ready: true, started: true, restartCount: 0 },
            image: "registry.example/team/worker:1.4.2",
            imageID: `registry.example/team/worker@sha256:${"4f".repeat(32)}`,
            containerID: `containerd://${"7a".repeat(32)}`,
            state: { running: { startedAt: at } },
          },
        ],
      },
    },
  });
  const cluster = { name: "k8s-pod-network", interface: "eth0", default: true, dns: {} };
  await world.reportStatus(
    name,
    [
      { ...cluster, ips: [TEMPLATE_IPS.cluster], mac: "aa:bb:cc:dd:ee:ff" },
      {
        ...{ name: `${namespace}/${network}`, interface: "net1", ips: [TEMPLATE_IPS.network] },
        ...{ mac: TEMPLATE_MAC, dns: {}, gateway: ["<nil>"] },
      },
    ],
    namespace,
  );
}
