/** Reports and files of people who run Multus, rewritten (test/cases), each with the answer that is right. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parseDocuments } from "./documents.ts";
import { validateFiles } from "./validate.ts";

function findingsOf(name: string) {
  const file = new URL(`../../test/cases/validate-${name}.yaml`, import.meta.url);
  return validateFiles([{ file: name, documents: parseDocuments(readFileSync(file, "utf8")) }]).findings;
}

const NETWORKS = 'metadata.annotations["k8s.v1.cni.cncf.io/networks"]';
const DEFAULT_NETWORK = 'metadata.annotations["v1.multus-cni.io/default-network"]';

it.each([
  ["capabilities-beside-plugins", [["vmnet", "capabilities", "warning", "IGNORED", 'next to "plugins"']]],
  [
    "cniversion-inside-a-plugin",
    [["ver", "cniVersion", "warning", "MISSING_CNI_VERSION", 'it belongs next to "plugins"']],
  ],
  [
    "default-network-without-namespace",
    [["p", DEFAULT_NETWORK, "warning", "DEFAULT_NETWORK_NAMESPACE", "write app/access"]],
  ],
  ["default-route-with-sbr", []],
  ["ipvlan-with-dhcp", [["lan", "ipam.type", "warning", "CONTRADICTION", "share the master's MAC address"]]],
  ["json-name-with-slash", [["p", NETWORKS, "error", "BAD_NAME", '{"namespace": "shared", "name": "lan"}']]],
  [
    "macvlan-and-ipvlan-on-one-master",
    [
      ["n3", "master", "warning", "MASTER_BUSY", "core/n6"],
      ["n6", "master", "warning", "MASTER_BUSY", "core/n3"],
    ],
  ],
  ["macvtap", []],
  ["pod-mac-of-a-group", [["hub", NETWORKS, "error", "BAD_MAC", "f1:00:00:00:00:01"]]],
  ["primary-plugin-as-additional", [["p", NETWORKS, "warning", "PRIMARY_PLUGIN", "default-network"]]],
  [
    "replicas-with-one-address",
    [
      [
        "app",
        'spec.template.metadata.annotations["k8s.v1.cni.cncf.io/networks"]',
        "warning",
        "UNKNOWN_FIELD",
        'did you mean "default-route"?',
      ],
      [
        "app",
        'spec.template.metadata.annotations["k8s.v1.cni.cncf.io/networks"]',
        "warning",
        "SHARED_ADDRESS",
        "3 pods",
      ],
    ],
  ],
  [
    "sriov-without-device",
    [
      ["one-of-two", NETWORKS, "warning", "MISSING_DEVICE", "requires 2 of"],
      ["none-of-one", NETWORKS, "warning", "MISSING_DEVICE", "requires 1 of"],
    ],
  ],
  ["static-ips-without-prefix", [["p", NETWORKS, "error", "BAD_IP", "192.168.70.33/24"]]],
  ["static-pod-without-ips", [["hub", NETWORKS, "error", "MISSING_IPS", "requests none"]]],
  ["static-without-addresses-ips-in-pod", []],
  [
    "suggestion-of-networks-status",
    [
      [
        "p",
        'metadata.annotations["k8s.v1.cni.cncf.io/networks-default"]',
        "warning",
        "UNKNOWN_FIELD",
        "v1.multus-cni.io/default-network",
      ],
    ],
  ],
  [
    "whereabouts-gateway-outside",
    [["lan", "ipam.routes[0].dst", "error", "UNREACHABLE_GATEWAY", "in no subnet"]],
  ],
  [
    "whereabouts-hands-out-the-gateway",
    [["lan", "ipam.gateway", "warning", "GATEWAY_HANDED_OUT", '"exclude": ["192.168.4.1/32"]']],
  ],
  [
    "whereabouts-slice-larger-than-range",
    [["lan", "ipam.node_slice_size", "error", "OUT_OF_RANGE", "larger than the range"]],
  ],
] as const)("%s", (name, expected) => {
  const found = findingsOf(name);
  expect(found.map(({ name: of, path, severity, code }) => [of, path, severity, code])).toEqual(
    expected.map(([of, path, severity, code]) => [of, path, severity, code]),
  );
  for (const [i, [, , , , words]] of expected.entries()) expect(found[i]?.message).toContain(words);
});
