import fc from "fast-check";
import { optional } from "./pick.ts";
import type { Asked } from "./reader.ts";

/** Chains whose last plugins take ports and limits from the pod, or do not declare that they do. */
export const limitedConfiguration: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom("ptp", "bridge"),
    fc.constantFrom<object[]>(
      [portmap({ portMappings: true })],
      [portmap({ portMappings: true }), bandwidth({ bandwidth: true })],
      [bandwidth({ bandwidth: true }), portmap({ portMappings: false })],
      [bandwidth({ bandwidth: true, deviceID: true }, { ingressRate: 1e6, ingressBurst: 1e6 })],
      [portmap({}), bandwidth({ bandwidth: false })],
    ),
  )
  .map(([type, chained]) => {
    const first = { type, ipam: { type: "host-local", subnet: "10.1.0.0/24" } };
    return JSON.stringify({ cniVersion: "1.0.0", name: "net", plugins: [first, ...chained] });
  });

function portmap(capabilities: object): object {
  return { type: "portmap", backend: "iptables", capabilities };
}

function bandwidth(capabilities: object, own: object = {}): object {
  return { type: "bandwidth", capabilities, ...own };
}

/** Mostly good values: a request has several. */
const few = <T>(good: readonly T[], bad: readonly T[]) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...good) },
    { weight: 1, arbitrary: fc.constantFrom(...bad) },
  );
const port = few<number>([1, 80, 8080, 65535], [0, -1, 65536, 70_000]);
const mapping = optional(
  {
    hostPort: port,
    containerPort: port,
    protocol: few(
      ["tcp", "udp", "sctp", "TCP", "Udp"],
      ["", "http", "icmp", "6", "1", "all", "udplite", "dccp", " tcp"],
    ),
    // With an address of another family than the pod's, or none, portmap skips the mapping, whatever its ports are.
    hostIP: fc.constantFrom("", "10.0.0.1", "0.0.0.0", "127.0.0.1"),
  },
  ["hostPort", "containerPort", "protocol"],
);
const limit = few<object>(
  [
    { ingressRate: 1e6, ingressBurst: 1e6 },
    { egressRate: 1e6, egressBurst: 1e6 },
    { ingressRate: 1e6, ingressBurst: 1e6, egressRate: 1e9, egressBurst: 1e6 },
    {},
    { ingressRate: 0, ingressBurst: 0 },
  ],
  [
    { ingressRate: 1e6 },
    { egressBurst: 1e6 },
    { ingressRate: -1, ingressBurst: 1e6 },
    { egressRate: 1e6, egressBurst: -1 },
    { ingressRate: 1e6, ingressBurst: 8 * (2 ** 32 - 1) },
    { ingressRate: 1, ingressBurst: 1 },
    { egressRate: 7, egressBurst: 8 },
    { egressRate: 1e15, egressBurst: 1e6 },
    { egressRate: 1e12, egressBurst: 1e6 },
    { ingressRate: 1e9, ingressBurst: 999 },
  ],
);

/** Ports, limits and a device that a pod requests. Multus has read them: numbers are whole. */
export const limits: fc.Arbitrary<Asked> = optional({
  portMappings: fc.array(mapping, { maxLength: 2 }),
  bandwidth: limit,
  deviceID: fc.constant("0000:65:00.2"),
});
