import fc from "fast-check";
import { onlyGood, optional, type Pick, sometimesBad } from "./pick.ts";

function ipam(pick: Pick): fc.Arbitrary<object> {
  const range = pick(
    [
      "10.1.0.0/24",
      "10.1.0.7/24",
      "10.1.0.5-10.1.0.20/24",
      "10.1.0.0/30",
      "fd01::/64",
      "fd01::5-fd01::9/64",
      "010.1.0.0/24",
    ],
    [
      "",
      "10.1.0.0",
      "10.1.0.0/31",
      "10.1.0.0/32",
      "10.1.0.0/33",
      "fd01::/127",
      "fd01::/126",
      "10.2.0.5-10.1.0.0/24",
      "x-10.1.0.0/24",
      "10.1.0.5-x",
      "10.1.0.5-10.1.0.9",
      "10.1.0.5-10.1.0.9-10.1.0.0/24",
      " 10.1.0.0/24",
      "10.1.0.5 - 10.1.0.0/24",
      "::ffff:10.1.0.0/120",
      5,
      null,
    ],
  );
  const bound = pick(
    ["10.1.0.10", "10.1.0.20", "", "fd01::10"],
    ["10.9.0.1", "x", 5, "10.1.0.0", "10.1.0.255", "010.1.0.9"],
  );
  const exclude = pick(
    [[], ["10.1.0.16/28"], ["10.1.0.5"], ["fd01::/120"]],
    [
      ["x"],
      [5],
      "10.1.0.5",
      ["10.1.0.0/24"],
      ["0.0.0.0/0"],
      ["::/0"],
      [""],
      ["10.1.0.0/33"],
      ["010.1.0.0/28"],
      ["10.1.0.3/31"],
    ],
  );
  const fields = { range, range_start: bound, range_end: bound, exclude };
  return optional(
    {
      type: fc.constant("whereabouts"),
      ...fields,
      ipRanges: pick(
        [[], [{ range: "10.4.0.0/24" }], [{ range: "10.4.0.0/24" }, { range: "fd04::/64" }]],
        [
          [{ range: "10.1.0.0/24" }],
          [{ range: "10.1.0.0/25" }],
          [{ range: "10.1.0.9-10.1.0.12/24" }],
          [{}],
          [null],
          {},
          [5],
        ],
      ).chain((fixed) =>
        fc.oneof(fc.constant(fixed), fc.array(optional(fields, ["range"]), { maxLength: 2 })),
      ),
      gateway: pick(
        ["10.1.0.1", "", "fd01::1", "010.1.0.1"],
        ["x", 5, "10.1.0.256", "10.9.9.9", "10.1.0.255", "10.1.0.5", "10.1.0.20"],
      ),
      node_slice_size: pick(["", "", ""], [5, "/26", "26", "/22", "/30", "/31", "x", "/", "/24"]),
      network_name: pick(["blue", ""], [5]),
      enable_overlapping_ranges: pick([true, false], ["true"]),
      leader_lease_duration: pick([1500], ["1500", 1.5]),
      addresses: pick(
        [[], [{ address: "10.1.0.5/24" }]],
        [[{ address: "10.1.0.5" }], [{}], [{ address: "10.1.0.5/24", gateway: "x" }], "x"],
      ),
      routes: pick(
        [[], [{ dst: "10.9.0.0/16" }]],
        [
          [{ dst: "x" }],
          {},
          [{ dst: "10.9.0.0/16", gw: "x" }],
          [{ dst: "10.9.0.0/16", gw: "10.1.0.254" }],
          [{ dst: "10.9.0.0/16", gw: "10.77.0.1" }],
          [{ dst: "fd09::/64" }],
        ],
      ),
      dns: pick([{}], [[], { nameservers: "x" }]),
      kubernetes: pick([{}], [[], { kubeconfig: 5 }]),
      log_file: pick([""], [5]),
    },
    ["type", "range"],
  );
}

/** NADs that take their addresses from whereabouts: half of good values only. */
export const whereaboutsConfiguration: fc.Arbitrary<string> = fc
  .oneof(ipam(onlyGood), ipam(sometimesBad))
  .map((addresses) =>
    JSON.stringify({ cniVersion: "1.0.0", type: "macvlan", master: "eth0", ipam: addresses }),
  );
