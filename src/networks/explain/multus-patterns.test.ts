import { describe, expect, it } from "vitest";
import { sandboxFailureOf } from "../outcome/sandbox-failure.ts";
import { parseNetworks } from "../pod-request/request.ts";
import { causeOfFailure } from "./cause-of-failure.ts";
import type { FailurePlace } from "./failure-place.ts";

const RBAC = 'in API group "" in the namespace "app"';
const GET_POD = `pods "web" is forbidden: User "system:serviceaccount:kube-system:multus" cannot get resource "pods" ${RBAC}`;
const LOADING = "error loading k8s delegates k8s args: ";
const TRYING = `${LOADING}TryLoadPodDelegates: error in getting k8s network for pod: GetNetworkDelegates: failed getting the delegate: getKubernetesDelegate: `;
const READING = `${LOADING}parsePodNetworkAnnotation: `;
const NAMES =
  "parsePodNetworkObjectName: Failed to parse: one or more items did not match comma-delimited format (must consist of lower case alphanumeric characters). Must start and end with an alphanumeric character), mismatch @ 'Net1'";

/** What Multus reports, as its releases word it (fmt strings of pkg/multus, pkg/k8sclient, pkg/kubeletclient, pkg/server). */
const CASES: [code: string, words: string, sentence: string][] = [
  [
    "PRIMARY_NETWORK",
    "have you checked that your default network is ready? still waiting for readinessindicatorfile @ /run/calico/ready.conf. pollimmediate error: timed out waiting for the condition",
    "the cluster's primary network is not ready on node-1: Multus waited in vain for the file /run/calico/ready.conf (readinessIndicatorFile in its configuration)",
  ],
  [
    "PRIMARY_NETWORK",
    "PollImmediate error waiting for ReadinessIndicatorFile: timed out waiting for the condition",
    "the file that its configuration names as readinessIndicatorFile",
  ],
  [
    "PRIMARY_NETWORK",
    "failed to get clusterNetwork/defaultNetworks: GetDefaultNetworks: failed to get clusterNetwork calico in namespace kube-system",
    'Multus on node-1 cannot read the network "calico", which its configuration names for every pod',
  ],
  [
    "PRIMARY_NETWORK",
    "failed to get clusterNetwork/defaultNetworks: getNetDelegate: cannot find network: storage",
    'cannot read the network "storage"',
  ],
  [
    "PRIMARY_NETWORK",
    "failed to get clusterNetwork/defaultNetworks: stat /host/etc/cni/net.d/10-calico.conflist: no such file or directory",
    'cannot read the network "/host/etc/cni/net.d/10-calico.conflist"',
  ],
  [
    "BAD_REQUEST",
    `${READING}${NAMES}`,
    'Multus on node-1 cannot read the annotation of app/web: "Net1" must have only lowercase letters, digits and -',
  ],
  [
    "BAD_REQUEST",
    `${READING}failed to mac: address 020000000001: invalid MAC address`,
    "cannot read the annotation of app/web: failed to mac: address 020000000001: invalid MAC address. Fix it",
  ],
  ["BAD_REQUEST", `${LOADING}failed to parse IP address "10.0.0.x"`, 'it has the address "10.0.0.x". Fix it'],
  [
    "BAD_REQUEST",
    `${LOADING}failed to parse CIDR "10.0.0.1/x": invalid CIDR address: 10.0.0.1/x`,
    'it has the address "10.0.0.1/x". Fix it',
  ],
  [
    "REQUEST_REJECTED",
    `${LOADING}multus does not support ECMP for default-route`,
    "app/web requests more than one gateway of an address family",
  ],
  [
    "REQUEST_REJECTED",
    "error setting default gateway: file exists",
    'app/web already has a default route when Multus on node-1 sets the one of "default-route"',
  ],
  ...["network is unreachable", "no route to host", "invalid argument"].map(
    (error): [string, string, string] => [
      "REQUEST_REJECTED",
      `error setting default gateway: ${error}`,
      "the gateway 10.0.0.1 that app/web requests of app/lan is not in the subnet of an address that the pod has there",
    ],
  ),
  [
    "NO_DEVICE",
    `${TRYING}failed to get a ResourceClient instance: getKubeletClient: error getting pod resources from client: getPodResources: failed to list pod resources, &{0xc0003a}.Get(_) = _, rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix /var/lib/kubelet/pod-resources/kubelet.sock: connect: connection refused"`,
    "Multus on node-1 cannot find out which devices app/web got for app/lan",
  ],
  [
    "STARTING",
    'expected pod UID "a-1" but got "b-2" from Kube API',
    "did not see app/web yet, but no pod or an earlier one of this name",
  ],
  [
    "STARTING",
    'error setting the networks status: SetNetworkStatus: expected pod app/web UID "a-1" but got "b-2" from Kube API',
    "did not see app/web yet",
  ],
  ["STARTING", 'error getting pod: pods "web" not found', "did not see app/web yet"],
  ["STARTING", 'error waiting for pod: pods "web" not found', "did not see app/web yet"],
  [
    "NO_PERMISSION",
    `error waiting for pod: ${GET_POD}`,
    'the API server does not permit Multus on node-1 to get pods ("system:serviceaccount:kube-system:multus")',
  ],
  [
    "NO_PERMISSION",
    `${TRYING}cannot find a network-attachment-definition (lan) in namespace (app): network-attachment-definitions.k8s.cni.cncf.io "lan" is forbidden: User "system:serviceaccount:kube-system:multus" cannot get resource "network-attachment-definitions" in API group "k8s.cni.cncf.io" in the namespace "app"`,
    "does not permit Multus on node-1 to get network-attachment-definitions",
  ],
  [
    "NO_KUBECONFIG",
    "error getting k8s client: GetK8sClient: failed to get context for the kubeconfig /etc/cni/net.d/multus.d/multus.kubeconfig: stat /etc/cni/net.d/multus.d/multus.kubeconfig: no such file or directory",
    "Multus on node-1 cannot read its own kubeconfig /etc/cni/net.d/multus.d/multus.kubeconfig (stat",
  ],
  [
    "API_UNREACHABLE",
    'error waiting for pod: Get "https://10.96.0.1:443/api": dial tcp 10.96.0.1:443: i/o timeout',
    "Multus on node-1 cannot reach the API server",
  ],
];

const parsed = parseNetworks('[{"name": "lan", "default-route": ["10.0.0.1"]}]', "app");
const [request] = parsed.ok ? parsed.requests : [];
const PLACE: FailurePlace = {
  pod: "app/web",
  network: "app/lan",
  inPlugin: false,
  request,
  node: "node-1",
  masters: [],
  devices: [],
  errors: [],
  interfaces: undefined,
};

/** The kubelet's note of a thin Multus, and of a thick one, whose shim repeats the daemon's answer (HandleCNIRequest). */
const notes = (words: string) => {
  const begin =
    'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "abc": plugin type=';
  const multus = `Multus: [app/web/uid]: ${words}`;
  return [
    `${begin}"multus" name="multus-cni-network" failed (add): ${multus}`,
    `${begin}"multus-shim" name="multus-cni-network" failed (add): CmdAdd (shim): CNI request failed with status 400: 'ContainerID:"abc" Netns:"/var/run/netns/x" IfName:"eth0" Args:"K8S_POD_NAME=web" Path:"" ERRORED: error configuring pod [app/web] networking: ${multus}\n': StdinData: {"type":"multus-shim"}`,
  ];
};
const causesOf = (note: string, place = PLACE) =>
  causeOfFailure(sandboxFailureOf("FailedCreatePodSandBox", note)?.message ?? "", place);

describe("what Multus itself reports", () => {
  it.each(CASES)("%s: %s", (code, words, sentence) => {
    for (const note of notes(words)) {
      const cause = causesOf(note);
      expect(cause).toMatchObject({ code, sentence: expect.stringContaining(sentence) });
      expect(cause.sentence).not.toMatch(/[\n\r]/);
    }
  });

  it("does not take the account of a plugin for that of Multus", () => {
    const denied = `error at storage engine: ippools.whereabouts.cni.cncf.io "x" is forbidden: User "system:serviceaccount:kube-system:whereabouts" cannot get resource "ippools" in API group "whereabouts.cni.cncf.io"`;
    expect(causeOfFailure(denied, { ...PLACE, inPlugin: true })).toMatchObject({
      code: "NO_PERMISSION",
      sentence: expect.stringContaining("does not permit a plugin of app/lan to get ippools"),
    });
  });

  it("knows a daemon that ends while it works on the request", () => {
    const shim = (words: string) =>
      `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "abc": plugin type="multus-shim" name="multus-cni-network" failed (add): CmdAdd (shim): ${words}: StdinData: {}`;
    for (const words of [
      'failed to send CNI request: Post "http://dummy/cni": EOF',
      'failed to send CNI request: Post "http://dummy/cni": read unix @->/host/run/multus/multus.sock: read: connection reset by peer',
      "failed to read CNI result: unexpected EOF",
    ])
      expect(causesOf(shim(words)).code).toBe("DAEMON_UNREACHABLE");
  });
});
