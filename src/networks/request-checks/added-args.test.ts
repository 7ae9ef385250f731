import { describe, expect, it } from "vitest";
import { readNetwork } from "../cross-checks/network.ts";
import { parseNetworks } from "../pod-request/request.ts";
import { problemsWithNetwork } from "./request-problems.ts";

const hostLocal = { type: "host-local", subnet: "10.1.0.0/24" };

function problems(cniArgs: unknown, ...plugins: object[]): string[] {
  const config = JSON.stringify(
    plugins.length === 1 ? { cniVersion: "1.0.0", ...plugins[0] } : { cniVersion: "1.0.0", plugins },
  );
  const network = readNetwork({ namespace: "apps", name: "lan", config });
  const parsed = parseNetworks(JSON.stringify([{ name: "lan", "cni-args": cniArgs }]), "apps");
  if (!parsed.ok) return [parsed.problem.message];
  return parsed.requests.flatMap((one) => problemsWithNetwork(one, network)).map(({ message }) => message);
}

describe("the cni-args of a request", () => {
  it("are read by the plugins as Multus adds them to their configuration", () => {
    const ptp = { type: "ptp", ipam: hostLocal };
    const tuning = { type: "tuning" };
    expect(
      problems({ ips: ["10.1.0.7"], mac: "02:00:00:00:00:01", other: { any: [1] } }, ptp, tuning),
    ).toEqual([]);
    expect(problems({ ips: ["10.9.0.7"] }, ptp)).toEqual([
      'requests "apps/lan", whose args.cni.ips[0] has no range that contains "10.9.0.7" (with the pod\'s "cni-args")',
    ]);
    expect(problems({ mtu: "1400" }, ptp, tuning)).toEqual([
      expect.stringMatching(/whose plugins\[1\]\.args\.cni\.mtu must be .*\(with the pod's "cni-args"\)$/),
    ]);
  });

  it("take the place of the configuration's own of that name, and leave the others", () => {
    const args = { cni: { mtu: "1400", mac: "02:00:00:00:00:01" } };
    expect(problems({ mtu: 1400 }, { type: "ptp", ipam: hostLocal }, { type: "tuning", args })).toEqual([]);
    expect(problems({ mac: "x" }, { type: "ptp", ipam: hostLocal }, { type: "tuning", args })).toHaveLength(
      1,
    );
  });

  it("change nothing if there are none, and do not hide the request's other faults if they are large", () => {
    expect(problems({}, { type: "ptp", ipam: hostLocal })).toEqual([]);
    expect(problems({ ips: ["10.9.0.7"], x: "x".repeat(70_000) }, { type: "ptp", ipam: hostLocal })).toEqual(
      [],
    );
    expect(problems({ __proto__: 1, constructor: [{}] }, { type: "ptp", ipam: hostLocal })).toEqual([]);
  });
});
