import fc from "fast-check";
import { expect, test } from "vitest";
import { networkStatusOf, parseNetworkStatus } from "./network-status.ts";

/** As Multus 4.3.0 wrote it on a real node. */
const V4 = `[{"name":"bridge-net","interface":"eth0","ips":["10.244.1.2"],"mac":"f6:2a:5d:69:3a:e8","default":true,"dns":{},"gateway":["<nil>"]},
 {"name":"default/macvlan-conf","interface":"net1","ips":["192.168.1.200"],"mac":"a2:f9:84:97:b1:6b","dns":{},"gateway":["<nil>"]}]`;
/** As Multus 3.4.2 wrote it: no namespace. */
const V3 = `[{"name":"k8s-pod-network","interface":"eth0","ips":["10.245.166.130"],"mac":"e6:17:2e:49:f8:fa","default":true,"dns":{}},
 {"name":"macvlan-conf","interface":"net1","ips":["192.168.1.202"],"mac":"f6:02:09:25:43:e3","dns":{}}]`;

test("what real Multus writes, 4.3.0 and 3.4.2", () => {
  expect(parseNetworkStatus(V4)).toEqual({
    ok: true,
    entries: [
      {
        name: "bridge-net",
        interface: "eth0",
        ips: ["10.244.1.2"],
        mac: "f6:2a:5d:69:3a:e8",
        default: true,
        gateway: [],
      },
      {
        name: "default/macvlan-conf",
        interface: "net1",
        ips: ["192.168.1.200"],
        mac: "a2:f9:84:97:b1:6b",
        default: false,
        gateway: [],
      },
    ],
  });
  const v3 = parseNetworkStatus(V3);
  expect(v3.ok && v3.entries.map(({ name }) => name)).toEqual(["k8s-pod-network", "macvlan-conf"]);
});

test("devices, DNS and MTU", () => {
  const entry = {
    name: "a",
    mtu: 9000,
    dns: { nameservers: ["10.0.0.53"], domain: "example.org" },
    "device-info": { type: "pci", version: "1.1.0", pci: { "pci-address": "0000:00:01.0" } },
  };
  expect(parseNetworkStatus(JSON.stringify([entry]))).toEqual({
    ok: true,
    entries: [
      {
        name: "a",
        mtu: 9000,
        ips: [],
        gateway: [],
        default: false,
        dns: { nameservers: ["10.0.0.53"], domain: "example.org" },
        deviceType: "pci",
        device: "0000:00:01.0",
      },
    ],
  });
});

test("the annotation has two names, and the newer counts", () => {
  const old = { "k8s.v1.cni.cncf.io/networks-status": "old" };
  expect(networkStatusOf(old)).toBe("old");
  expect(networkStatusOf({ ...old, "k8s.v1.cni.cncf.io/network-status": "new" })).toBe("new");
  expect(networkStatusOf({})).toBeUndefined();
});

test.each(["", "{}", "[1]", '[{"ips":"10.0.0.1"}]', "x"])("%j cannot be read", (annotation) => {
  expect(parseNetworkStatus(annotation).ok).toBe(false);
});

test("never throws", () => {
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), (text) => void parseNetworkStatus(text)));
});
