import fc from "fast-check";
import { parseAddress, parseCidr } from "../../../src/cni/address.ts";
import type { PodRequest } from "../../../src/cni/context.ts";

/** What a pod requests of a network, mostly nothing. Multus has read it: the addresses are addresses. */
export const podRequest: fc.Arbitrary<PodRequest> = fc
  .record({
    ips: fc.oneof(
      { weight: 5, arbitrary: fc.constant(undefined) },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          ["10.1.0.9/24"],
          ["10.1.0.2/24"],
          ["10.1.0.9/24", "fd01::9/64"],
          ["fd01::9/64"],
          ["10.1.0.9"],
          ["10.9.9.9/24"],
          ["10.1.0.1/24"],
          ["10.1.0.9/24", "10.1.0.9/24"],
          ["10.1.0.9/24", "10.1.0.10/24"],
        ),
      },
    ),
    mac: fc.oneof(
      { weight: 5, arbitrary: fc.constant(undefined) },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          "02:00:00:00:00:21",
          "02-00-00-00-00-21",
          "f1:00:00:00:00:01",
          "ff:ff:ff:ff:ff:ff",
          "00:00:00:00:00:00",
        ),
      },
    ),
  })
  .map(({ ips, mac }) => ({ ...(ips ? { ips } : {}), ...(mac ? { mac } : {}) }));

/** A MAC address that the configuration has too would be overridden: one fault is one test. */
export function fitting(text: string, { ips, mac }: PodRequest): PodRequest {
  return {
    ...(ips?.every((ip) => parseCidr(ip) ?? parseAddress(ip)) ? { ips } : {}),
    ...(mac && !/"mac"/i.test(text) ? { mac } : {}),
  };
}
