import { describe, expect, it } from "vitest";
import { checkNetworkConfig } from "../../cni/check.ts";
import { knownDefect } from "../../multus/known-defects.ts";
import { readNetwork } from "../cross-checks/network.ts";
import { devicesOf, needsOf } from "../node-requirements.ts";
import type { NetworkFacts } from "../outcome/attachments.ts";
import { sandboxFailureOf } from "../outcome/sandbox-failure.ts";
import { askedOf, parseAsked } from "../pod-request/asked.ts";
import { parseNetworkStatus } from "../pod-request/network-status.ts";
import { NETWORKS } from "../pod-request/request.ts";
import type { CAUSES } from "./cause-codes.ts";
import { chainOf } from "./chain.ts";
import { explain } from "./explain.ts";
import type { ExplainedNad, ExplainedPod, ExplainInput } from "./input.ts";

const MACVLAN = `{
  "cniVersion": "0.3.1",
  "type": "macvlan",
  "master": "eth1",
  "mode": "bridge",
  "ipam": { "type": "host-local", "subnet": "192.168.1.0/24" }
}`;

interface Case {
  annotation?: string;
  annotations?: Record<string, string>;
  /** By name, in namespace default. */
  nads?: Record<string, string>;
  facts?: Partial<NetworkFacts>;
  status?: string;
  /** The end of the kubelet's note, after Multus' own words. */
  failure?: string;
  pod?: Partial<ExplainedPod>;
  rest?: Partial<ExplainInput>;
}

/** As the kubelet of a node with Multus 4.3.0 thin writes it. */
const note = (error: string) =>
  `Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "abc": plugin type="multus" name="multus-cni-network" failed (add): Multus: [default/web/uid]: error adding container to network "lan": ${error}`;

function input({ annotation, nads, facts, status, failure, pod, rest, ...given }: Case): ExplainInput {
  const own: Record<string, string> = annotation === undefined ? {} : { [NETWORKS]: annotation };
  const annotations = given.annotations ?? own;
  const configs = new Map(Object.entries(nads ?? { lan: MACVLAN }).map(([k, v]) => [`default/${k}`, v]));
  const failed =
    failure === undefined ? undefined : sandboxFailureOf("FailedCreatePodSandBox", note(failure));
  return {
    pod: {
      namespace: "default",
      name: "web",
      phase: "Pending",
      node: "node-1",
      hostNetwork: false,
      hasAddress: false,
      annotations,
      request: parseAsked(askedOf(annotations), "default"),
      ...(status === undefined ? {} : { status: parseNetworkStatus(status) }),
      ...(failed ? { failure: failed } : {}),
      ...pod,
    },
    network: (namespace, name) =>
      configs.has(`${namespace}/${name}`) ? { cniName: name, capabilities: [], ...facts } : undefined,
    isolation: { enabled: false, globalNamespaces: [] },
    nads: new Map(
      [...configs].map(([key, config]): [string, ExplainedNad] => [key, explainedNad(key, config)]),
    ),
    known: [...configs.keys(), "storage/lan"],
    multus: { state: "ready", pod: "kube-multus-ds-x", since: "2026-11-24T10:00:00Z" },
    nodeReady: true,
    lacking: new Map(),
    ...rest,
  };
}

function explainedNad(key: string, config: string): ExplainedNad {
  const [namespace = "", name = ""] = key.split("/");
  const network = readNetwork({ namespace, name, config });
  return {
    findings: checkNetworkConfig(config, { networkName: "lan" }),
    types: needsOf(network).binaries,
    masters: needsOf(network).masters,
    devices: devicesOf(network),
  };
}

const RUNS = { phase: "Running", hasAddress: true, startedAt: "2026-11-24T11:00:00Z" };
const WITH_NET1 =
  '[{"name":"default/lan","interface":"net1","ips":["192.168.1.7"],"mac":"02:00:00:00:00:07"}]';

const NO_VERSION =
  '{"name": "lan", "plugins": [{"cniVersion": "1.0.0", "type": "macvlan", "ipam": {"type": "host-local", "subnet": "192.168.1.0/24"}}]}';

/** As Multus 4.3.0 writes it, whatever kept it from reading the NAD. */
const unreadNad = (error: string) =>
  `TryLoadPodDelegates: error in getting k8s network for pod: GetNetworkDelegates: failed getting the delegate: getKubernetesDelegate: cannot find a network-attachment-definition (lan) in namespace (default): ${error}`;

const FIRST_IS_MISSING = {
  byMultus: true,
  message: "cannot find a network-attachment-definition (first) in namespace (kube-system): not found",
};

const CASES: [keyof typeof CAUSES, string, Case, string][] = [
  [
    "BAD_CONFIG",
    "a typing error in the NAD",
    {
      annotation: "lan",
      nads: { lan: MACVLAN.replace('"bridge"', '"brige"') },
      failure: 'unknown macvlan mode: "brige"',
    },
    'the configuration of default/lan, line 5 column 11: mode must be one of "bridge", "private", "vepa", "passthru" (it is "brige"; did you mean "bridge"?). Fix it with kubectl edit net-attach-def -n default lan; the pod then starts automatically',
  ],
  [
    "BAD_CONFIG",
    "broken JSON in the NAD, before the kubelet has tried",
    { annotation: "lan", nads: { lan: '{"type": "macvlan",}' } },
    "the configuration of default/lan, line 1 column 20: it is not valid JSON",
  ],
  [
    "MISSING_BINARY",
    "a plugin that no package brings",
    { annotation: "lan", failure: 'failed to find plugin "whereabouts" in path [/opt/cni/bin]' },
    'node-1 has no CNI plugin "whereabouts", which default/lan needs: set spec.whereabouts.enabled: true in the MultusInstall, or put that program into the plugin directory of node-1',
  ],
  [
    "MISSING_BINARY",
    "a plugin that the operator can install",
    { annotation: "lan", failure: 'failed to find plugin "macvlan" in path [/opt/cni/bin]' },
    'node-1 has no CNI plugin "macvlan", which default/lan needs: set spec.plugins.install: Missing in the MultusInstall, which installs it (status.plugins there shows if that fails), or put the program into the plugin directory of node-1',
  ],
  [
    "MISSING_BINARY",
    "a type that is misspelled",
    { annotation: "lan", failure: 'failed to find plugin "macvaln" in path [/opt/cni/bin]' },
    'node-1 has no CNI plugin "macvaln", which default/lan needs; did you mean "macvlan"? Fix it with kubectl edit net-attach-def -n default lan',
  ],
  [
    "MISSING_BINARY",
    "a plugin that the operator did not see on the node, before the kubelet has tried",
    { annotation: "lan", rest: { lacking: new Map([["default/lan", ["plugin macvlan"]]]) } },
    "node-1 has no plugin macvlan, which default/lan needs",
  ],
  [
    "MISSING_MASTER",
    "a master that the node does not have",
    {
      annotation: "lan",
      failure: 'failed to lookup master "eth9": Link not found',
      rest: { interfaces: ["lo", "eth0", "eth1"] },
    },
    'node-1 has no interface "eth9", which default/lan names as master (it has lo, eth0, eth1): name one that node-1 has (kubectl edit net-attach-def -n default lan)',
  ],
  [
    "MISSING_MASTER",
    "a master that the plugin does not name",
    { annotation: "lan", failure: "Link not found" },
    'node-1 has no interface "eth1", which default/lan names as master: name one that node-1 has',
  ],
  [
    "ADDRESS_TAKEN",
    "an address outside of the range",
    { annotation: "lan", failure: "failed to allocate all requested IPs: 192.168.1.50" },
    "default/lan cannot give the address 192.168.1.50: another pod has it, or no range contains it",
  ],
  [
    "RANGE_USED_UP",
    "a range that is used up",
    {
      annotation: "lan",
      failure:
        "failed to allocate for range 0: no IP addresses available in range set: 192.168.1.200-192.168.1.216",
    },
    "default/lan has no free address in 192.168.1.200-192.168.1.216 on node-1: delete pods that no longer need one, or widen rangeStart and rangeEnd",
  ],
  [
    "STARTED_BEFORE_MULTUS",
    "a pod that was started before Multus",
    { annotation: "lan", pod: { ...RUNS, startedAt: "2026-11-24T09:59:58Z" } },
    "default/web runs on node-1 without the networks that it requested, because it started at 2026-11-24T09:59:58Z, before Multus was ready there at 2026-11-24T10:00:00Z: delete it (kubectl delete pod -n default web) and create it again",
  ],
  [
    "BYPASSED",
    "a pod that Multus was not called for, though it was there",
    { annotation: "lan", pod: { ...RUNS, owner: { kind: "ReplicaSet", name: "web-1", annotated: false } } },
    "Delete it (kubectl delete pod -n default web), and its ReplicaSet recreates it",
  ],
  [
    "NO_MULTUS_ON_NODE",
    "a node without Multus",
    { annotation: "lan", pod: RUNS, rest: { multus: { state: "absent" } } },
    "because no Multus pod runs there: include that node in spec.workload.nodeSelector and tolerations of the MultusInstall",
  ],
  [
    "NO_MULTUS_ON_NODE",
    "a node on which Multus does not start",
    {
      annotation: "lan",
      pod: RUNS,
      rest: { multus: { state: "unready", pod: "kube-multus-ds-x", why: "image x cannot be pulled" } },
    },
    "because Multus is not ready there (kube-multus-ds-x: image x cannot be pulled): fix that first",
  ],
  [
    "ISOLATION",
    "a NAD of another namespace under isolation",
    {
      annotation: "storage/lan",
      rest: { isolation: { enabled: true, globalNamespaces: [] } },
    },
    "namespace isolation allows pods in default to use only NADs in their own namespace and in default, not storage/lan: create the NAD in default too and request it there, or add storage to spec.isolation.globalNamespaces of the MultusInstall",
  ],
  [
    "NETWORK_CHANGED",
    "a NAD that has changed since",
    {
      annotation: "lan",
      status: WITH_NET1,
      pod: { ...RUNS, attachedAt: Date.parse("2026-11-24T11:00:01Z") },
      facts: { versions: [{ since: "2026-11-24T12:00:00Z", generation: 2, hash: "b" }] },
    },
    "default/lan changed at 2026-11-24T12:00:00Z, after the pod was attached at 2026-11-24T11:00:01Z",
  ],
  [
    "MISSING_NETWORK",
    "a name that is misspelled",
    { annotation: "lna" },
    "there is no NetworkAttachmentDefinition default/lna; did you mean default/lan? If so, write that in the pod's manifest. If not, create it",
  ],
  [
    "MISSING_NETWORK",
    "a NAD of another namespace",
    { annotation: "lan", nads: {} },
    "did you mean storage/lan?",
  ],
  [
    "MISSING_CAPABILITY",
    "an address that the NAD does not pass on",
    {
      annotation: '[{"name": "lan", "ips": ["192.168.1.50/24"]}]',
      status: WITH_NET1,
      pod: RUNS,
    },
    'it requested 192.168.1.50/24 from default/lan and has 192.168.1.7: no plugin of default/lan declares the capability "ips", and without it, Multus drops the request. Add "capabilities": {"ips": true} to the plugin in default/lan (kubectl edit net-attach-def -n default lan), then delete it',
  ],
  [
    "REQUEST_REJECTED",
    "a default network that gives no address",
    {
      annotations: { "v1.multus-cni.io/default-network": "default/lan" },
      status: '[{"name": "default/lan", "interface": "eth0", "default": true}]',
    },
    "Multus attached the default network default/lan, which gives default/web no address on eth0, and the kubelet recreates the sandbox",
  ],
  [
    "REQUEST_REJECTED",
    "a default network on another interface",
    {
      annotations: { "v1.multus-cni.io/default-network": "default/lan@net9" },
      status: '[{"name": "default/lan", "interface": "net9", "ips": ["192.168.1.7"], "default": true}]',
    },
    "request no other interface for it",
  ],
  [
    "ATTACHED",
    "a default network that gives an address, of a pod that is being set up",
    {
      annotations: { "v1.multus-cni.io/default-network": "default/lan" },
      status: '[{"name": "default/lan", "interface": "eth0", "ips": ["192.168.1.7"], "default": true}]',
    },
    "default/lan eth0 192.168.1.7",
  ],
  [
    "MISSING_CAPABILITY",
    "ports of the network in the place of the cluster's own",
    {
      annotations: {
        "v1.multus-cni.io/default-network":
          '[{"name": "lan", "namespace": "default", "portMappings": [{"hostPort": 80, "containerPort": 80}]}]',
      },
      status: '[{"name": "default/lan", "interface": "eth0", "ips": ["192.168.1.7"], "default": true}]',
      pod: RUNS,
    },
    'it requested "portMappings" from default/lan, which Multus passes only to the networks of k8s.v1.cni.cncf.io/networks. Request it there, of an additional network, then delete it',
  ],
  [
    "HOST_NETWORK",
    "a pod on the node's network",
    { annotation: "lan", pod: { ...RUNS, hostNetwork: true } },
    "default/web uses the node's network (hostNetwork: true), for which Multus is not called: remove hostNetwork, or the annotation",
  ],
  [
    "UNSCHEDULED",
    "a pod that no node takes",
    {
      annotation: "lan",
      pod: {
        node: "",
        unscheduled:
          "0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes.",
      },
    },
    "no node accepts default/web, so nothing is attached yet: 0/2 nodes are available: 2 Insufficient cpu. Change",
  ],
  [
    "STARTUP_TAINT",
    "a pod that nodes do not take before Multus is ready",
    {
      annotation: "lan",
      pod: {
        node: "",
        unscheduled: "0/1 nodes are available: 1 node(s) had untolerated taint {multus/not-ready: }.",
      },
      rest: { startupTaint: "multus/not-ready" },
    },
    "no node accepts default/web while nodes carry the taint multus/not-ready",
  ],
  [
    "BAD_REQUEST",
    "a first network that is empty",
    {
      annotations: { "v1.multus-cni.io/default-network": "" },
      pod: { failure: { byMultus: true, message: "TryLoadPodDelegates: error in loading" } },
    },
    "the annotation v1.multus-cni.io/default-network of default/web is not valid: it is empty",
  ],
  [
    "MISSING_NETWORK",
    "a first network that is not there",
    {
      annotations: { "v1.multus-cni.io/default-network": "first" },
      pod: {
        failure: FIRST_IS_MISSING,
      },
    },
    "there is no NetworkAttachmentDefinition kube-system/first",
  ],
  [
    "MISSING_NETWORK",
    "a first network that is not there, next to a network that is",
    {
      annotations: { [NETWORKS]: "lan", "v1.multus-cni.io/default-network": "first" },
      pod: {
        failure: FIRST_IS_MISSING,
      },
    },
    "there is no NetworkAttachmentDefinition kube-system/first",
  ],
  [
    "STARTING",
    "a NAD that was created after the kubelet's last attempt",
    {
      annotation: "lan",
      pod: {
        failure: {
          byMultus: true,
          message: unreadNad('network-attachment-definitions.k8s.cni.cncf.io "lan" not found'),
        },
      },
    },
    "NetworkAttachmentDefinition default/lan did not exist when the kubelet tried last, and exists now",
  ],
  [
    "TOKEN_EXPIRED",
    "a NAD that Multus may not read, because its token expired",
    { annotation: "lan", pod: { failure: { byMultus: true, message: unreadNad("Unauthorized") } } },
    "the API server does not accept Multus' credentials on node-1",
  ],
  [
    "API_UNREACHABLE",
    "a NAD that Multus cannot read, because the API server does not answer",
    {
      annotation: "lan",
      pod: {
        failure: {
          byMultus: true,
          message: unreadNad('Get "https://10.96.0.1:443/apis": dial tcp 10.96.0.1:443: i/o timeout'),
        },
      },
    },
    "Multus on node-1 cannot reach the API server",
  ],
  [
    "RANGE_USED_UP",
    "a first network without a free address, next to a network that is attached",
    {
      annotations: { [NETWORKS]: "lan", "v1.multus-cni.io/default-network": "default/first" },
      nads: { lan: MACVLAN, first: MACVLAN },
      pod: {
        failure: {
          byMultus: true,
          network: "first",
          message: "no IP addresses available in range set: 10.9.0.2-10.9.0.3",
        },
      },
    },
    "default/first has no free address in 10.9.0.2-10.9.0.3",
  ],
  [
    "PLUGIN_ERROR",
    "a failure that Multus has with the first network before it calls a plugin",
    {
      annotations: { [NETWORKS]: "lan", "v1.multus-cni.io/default-network": "default/first" },
      nads: { lan: MACVLAN, first: MACVLAN },
      pod: {
        failure: {
          byMultus: true,
          message:
            "TryLoadPodDelegates: error in loading K8s cluster default network from pod annotation: something else",
        },
      },
    },
    "default/first cannot be attached",
  ],
  [
    "PRIMARY_NETWORK",
    "a pod that asks for nothing, and has no network at all",
    { pod: { failure: { byMultus: true, network: "k8s-pod-network", message: "no BGP peer" } } },
    'the cluster\'s primary network "k8s-pod-network" cannot be attached on node-1: no BGP peer',
  ],
  [
    "CNI_VERSION",
    "a version that Multus does not read",
    { annotation: "lan", failure: 'unsupported CNI result version "1.0.0"' },
    "Multus on node-1 does not support results of CNI version 1.0.0, which default/lan has: set an earlier cniVersion there (kubectl edit net-attach-def -n default lan)",
  ],
  [
    "CNI_VERSION",
    "a version that the plugin does not know",
    {
      annotation: "lan",
      failure:
        'plugin type="macvlan" failed (add): incompatible CNI versions; config is "1.1.0", plugin supports ["0.3.1" "0.4.0"]',
    },
    'a plugin on node-1 does not support the CNI version that default/lan has (config is "1.1.0", plugin supports ["0.3.1" "0.4.0"])',
  ],
  [
    "CNI_VERSION",
    "the primary network's version",
    {
      annotation: "lan",
      pod: {
        failure: {
          byMultus: true,
          network: "bridge-net",
          message: 'unsupported CNI result version "1.0.0"',
        },
      },
    },
    'which the cluster\'s primary network "bridge-net" has: set a later release in spec.version of the MultusInstall',
  ],
  [
    "PRIMARY_NETWORK",
    "the cluster's own network that fails",
    {
      annotation: "lan",
      pod: { failure: { byMultus: true, network: "k8s-pod-network", message: "no BGP peer" } },
    },
    'the cluster\'s primary network "k8s-pod-network" cannot be attached on node-1: no BGP peer.',
  ],
  [
    "KNOWN_DEFECT",
    "addresses of the primary network that a release has leaked",
    {
      pod: {
        failure: {
          byMultus: true,
          network: "k8s-pod-network",
          message:
            'plugin type="calico" failed (add): failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses; No more free affine blocks and strict affinity enabled',
        },
      },
      rest: { defects: [knownDefect("primary-del-stripped")] },
    },
    "addresses of deleted pods are never released, until the range is used up and no pod starts. Fix: use v4.3.1 or later;",
  ],
  [
    "PRIMARY_NETWORK",
    "the same with a release that leaks none",
    {
      pod: {
        failure: {
          byMultus: true,
          network: "cbr0",
          message: "no IP addresses available in range set: 10.244.1.1-10.244.1.254",
        },
      },
      rest: { defects: [] },
    },
    'the cluster\'s primary network "cbr0" cannot be attached on node-1',
  ],
  [
    "DAEMON_NOT_READY",
    "a shim that is newer than the daemon",
    {
      pod: {
        failure: {
          byMultus: true,
          message: "CmdAdd (shim): timed out waiting for the condition",
        },
      },
    },
    "its release is earlier than that of the shim",
  ],
  [
    "MISSPELLED_ANNOTATION",
    "an annotation with another name",
    { annotations: { "k8s.v1.cni.cncf.io/network": "lan" }, pod: RUNS },
    'default/web has the annotation "k8s.v1.cni.cncf.io/network", which Multus does not read: write k8s.v1.cni.cncf.io/networks',
  ],
  [
    "ANNOTATION_ON_OWNER",
    "an annotation on the Deployment",
    { pod: { ...RUNS, owner: { kind: "ReplicaSet", name: "web-1", annotated: true } } },
    "move it to spec.template.metadata.annotations",
  ],
  [
    "NO_CNI_VERSION",
    "a NAD without cniVersion, of which Multus reports nothing",
    { annotation: "lan", nads: { lan: NO_VERSION }, status: "[]", pod: RUNS },
    'Multus reported no interface for default/lan, which the pod may have all the same. Its cniVersion is the cause: Required: it belongs next to "plugins", and inside a plugin it has no effect; without it version 0.1.0 is assumed',
  ],
  [
    "NO_CNI_VERSION",
    "a NAD of version 0.2.0",
    {
      annotation: "lan",
      nads: { lan: NO_VERSION.replace("{", '{"cniVersion": "0.2.0",') },
      status: "[]",
      pod: RUNS,
    },
    "must be 0.3.0 or later for Multus to report the interface in network-status (it is 0.2.0)",
  ],
  ["NO_REQUEST", "no annotation", { pod: RUNS }, "default/web requests no network: add the annotation"],
  [
    "BAD_REQUEST",
    "an annotation that cannot be read",
    { annotation: '[{"name": "lan"' },
    "the annotation k8s.v1.cni.cncf.io/networks of default/web is not valid: it ",
  ],
  [
    "NODE_UNREACHABLE",
    "a pod whose node does not respond",
    { annotation: "lan", pod: { phase: "Unknown" }, rest: { nodeReady: false } },
    "the node of default/web, node-1, does not respond",
  ],
  ["ENDED", "a pod that has finished", { annotation: "lan", pod: { phase: "Succeeded" } }, "has finished"],
  ["STARTING", "a pod that is being set up", { annotation: "lan" }, "try again in a moment"],
  [
    "ATTACHED",
    "a pod with its network",
    { annotation: "lan", status: WITH_NET1, pod: RUNS },
    "default/lan net1 192.168.1.7",
  ],
  [
    "PLUGIN_ERROR",
    "an error that is not known",
    { annotation: "lan", failure: "the moon is in the wrong phase" },
    "default/lan cannot be attached on node-1: the moon is in the wrong phase. The cause is not known here",
  ],
];

describe("explain", () => {
  it.each(CASES)("%s: %s", (code, _, given, sentence) => {
    const explained = explain(input(given));
    expect(explained.sentence).toContain(sentence);
    expect(explained.code).toBe(code);
    expect(explained.sentence).not.toMatch(/[\n\r]/);
  });

  it("does not blame a pod, a NAD or the node while Multus is replaced", () => {
    const given = input({ annotation: "lan" });
    const failure = sandboxFailureOf(
      "FailedCreatePodSandBox",
      'failed to setup network for sandbox "abc": plugin type="multus" name="multus-rollout-guard" failed (add): x',
    );
    const { code } = explain({ ...given, pod: { ...given.pod, ...(failure ? { failure } : {}) } });
    expect(code).toBe("MULTUS_CHANGING");
  });

  it("knows what Multus itself reports, if the objects do not show it", () => {
    const explained = (failure: string) =>
      explain({
        ...input({ annotation: "lan" }),
        pod: {
          ...input({ annotation: "lan" }).pod,
          failure: { byMultus: true, message: failure },
        },
      });
    const of = (failure: string) => explained(failure).code;
    expect(
      of('error getting k8s client: host must be a URL or a host:port pair: "https://[10.96.0.1]:443"'),
    ).toBe("BRACKETED_ADDRESS");
    expect(
      of(
        "GetNetworkDelegates: namespace isolation enabled, annotation violates permission, pod is in namespace default but refers to target namespace storage",
      ),
    ).toBe("ISOLATION");
    expect(
      of(
        "getKubernetesDelegate: cannot find a network-attachment-definition (gone) in namespace (default): not found",
      ),
    ).toBe("MISSING_NETWORK");
    expect(of("error waiting for pod: Unauthorized")).toBe("TOKEN_EXPIRED");
    expect(of("error waiting for pod: dial tcp 10.96.0.1:443: i/o timeout")).toBe("API_UNREACHABLE");
    const slow =
      'error waiting for pod: Get "https://10.96.0.1:443/api/v1/namespaces/default/pods/web?timeout=1m0s": context deadline exceeded';
    expect(explained(slow)).toMatchObject({
      code: "API_UNREACHABLE",
      sentence: expect.stringContaining("got no answer from the API server in the 0.25 s that it waits"),
    });
  });
});

describe("explain, about what the operator knows", () => {
  const explained = (given: Case) => explain(input(given));

  it("does not take a network for the primary one that may be a requested one that cannot be read", () => {
    const failure = { byMultus: true, network: "tenant-lan", message: "unknown error" };
    const hidden: Partial<ExplainInput> = { network: (_, name) => ({ cniName: name }) };
    const { code, sentence } = explained({ annotation: "lan", nads: {}, pod: { failure }, rest: hidden });
    expect([code, sentence]).toEqual([
      "PLUGIN_ERROR",
      expect.stringContaining("the network cannot be attached on node-1: unknown error"),
    ]);
  });

  it("does not blame a NAD that it does not read, because it is too large", () => {
    const large = `{"cniVersion": "1.0.0", "type": "macvlan", "x": "${"x".repeat(70_000)}"}`;
    const given: Case = { annotation: "lan", nads: { lan: large } };
    const { code, outcome } = explained(given);
    expect(code).toBe("STARTING");
    expect(chainOf(input(given), outcome).filter(({ part }) => part === "network")).toEqual([
      {
        part: "network",
        state: "unknown",
        text: "default/lan: is longer than 65536 bytes and is not checked",
      },
    ]);
  });

  it("takes the node's issue from the MultusInstall, as its status shows it", () => {
    const nodeIssue =
      "Multus runs and its configuration is not in /etc/cni/net.d: delete the Multus pod of this node";
    const { code, sentence } = explained({ annotation: "lan", pod: RUNS, rest: { nodeIssue } });
    expect([code, sentence]).toEqual(["NODE_UNHEALTHY", expect.stringContaining(nodeIssue)]);
  });

  it("knows that there is no MultusInstall", () => {
    const rest: Partial<ExplainInput> = { multus: { state: "absent" }, hasInstall: false };
    const { code, sentence } = explained({ annotation: "lan", pod: RUNS, rest });
    expect(code).toBe("NO_MULTUS_INSTALL");
    expect(sentence).not.toContain("spec.workload");
  });

  it("names the other pod of an address", () => {
    const duplicates = [{ network: "default/lan", address: "192.168.1.7", pods: ["default/web-2"] }];
    const { code, sentence } = explained({
      annotation: "lan",
      status: WITH_NET1,
      pod: RUNS,
      rest: { duplicates },
    });
    expect([code, sentence]).toEqual([
      "DUPLICATE_ADDRESS",
      expect.stringContaining("has the address 192.168.1.7 of default/lan, which default/web-2 has too"),
    ]);
  });

  it("has a pod that requests the address of another one request a different address", () => {
    const duplicates = [{ network: "default/lan", address: "fd00:1::5", pods: ["default/web-2"] }];
    const { sentence } = explained({
      annotation: '[{"name": "lan", "ips": ["FD00:1:0::0005/64"]}]',
      status: WITH_NET1.replace("192.168.1.7", "fd00:1::5"),
      pod: RUNS,
      rest: { duplicates },
    });
    expect(sentence).toContain("request another one for each pod");
    expect(sentence).not.toContain("host-local");
  });

  it("has the request of a running pod fixed if it is not valid", () => {
    const { code, sentence } = explained({ annotation: "[{", status: WITH_NET1, pod: RUNS });
    expect(code).toBe("BAD_REQUEST");
    expect(sentence).toMatch(/before v3\.7\.2 do\. Fix it in .*, then /);
  });

  it("warns of a NAD that is gone while the pod runs", () => {
    const { code } = explained({ annotation: "lan", status: WITH_NET1, pod: RUNS, nads: {} });
    expect(code).toBe("NETWORK_GONE");
  });
});

describe("chainOf", () => {
  it("does not call the event of a pod that has its networks since then wrong", () => {
    const failure = "no IP addresses available in range set: 192.168.1.200-192.168.1.216";
    const given = input({ annotation: "lan", status: WITH_NET1, pod: RUNS, failure });
    const event = chainOf(given, explain(given).outcome).find(({ part }) => part === "event");
    expect(event).toMatchObject({
      state: "none",
      text: expect.stringMatching(/^before the pod started: .*no IP/),
    });
  });

  it("goes from the annotation to the status, and shows where it breaks", () => {
    const given = input({
      annotation: "lan,lna",
      failure: "no IP addresses available in range set: 192.168.1.200-192.168.1.216",
    });
    expect(chainOf(given, explain(given).outcome).map(({ part, state }) => `${part} ${state}`)).toEqual([
      "pod ok",
      "annotation ok",
      "network ok",
      "network wrong",
      "node ok",
      "node ok",
      "event wrong",
      "status none",
    ]);
  });
});
