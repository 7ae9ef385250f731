import { expect, it } from "vitest";
import { checkConflist } from "./check-conflist.ts";

const withIpam = (ipam: object) => ({ plugins: [{ type: "bridge", ipam: { type: "host-local", ...ipam } }] });
const found = (ipam: object) => checkConflist(withIpam(ipam)).map(({ path, code }) => [path, code]);

it.each([
  [{ subnet: "10.1.0.0/33" }, "plugins[0].ipam.subnet", "BAD_CIDR"],
  [{ ranges: [[{ subnet: "10.1.0.0" }]] }, "plugins[0].ipam.ranges[0][0].subnet", "BAD_CIDR"],
  [{ subnet: "10.1.0.1/24" }, "plugins[0].ipam.subnet", "HOST_BITS"],
  [{ subnet: "10.1.0.0/31" }, "plugins[0].ipam.subnet", "TOO_SMALL"],
  [{ subnet: "10.1.0.0/24", rangeEnd: "10.2.0.9" }, "plugins[0].ipam.rangeEnd", "OUTSIDE_SUBNET"],
  [{ subnet: "10.1.0.0/24", rangeStart: "10.1.0.300" }, "plugins[0].ipam.rangeStart", "BAD_ADDRESS"],
  [{ subnet: "10.1.0.0/24", gateway: "router" }, "plugins[0].ipam.gateway", "BAD_ADDRESS"],
])("names the field of %j", (ipam, path, code) => {
  expect(found(ipam)).toEqual([[path, code]]);
});

it("finds nothing in configurations that work", () => {
  expect(
    found({
      subnet: "192.168.1.0/24",
      rangeStart: "192.168.1.200",
      rangeEnd: "192.168.1.216",
      gateway: "192.168.1.1",
    }),
  ).toEqual([]);
  expect(found({ ranges: [[{ subnet: "fd00::/64" }], [{ subnet: "10.0.0.0/8" }]] })).toEqual([]);
  expect(found({ subnet: "usePodCidr" })).toEqual([]);
  expect(
    checkConflist({ plugins: [{ type: "calico", ipam: { type: "calico-ipam" } }, { type: "portmap" }] }),
  ).toEqual([]);
});
