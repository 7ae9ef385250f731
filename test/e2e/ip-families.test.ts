import { afterAll, beforeAll, expect, it } from "vitest";
import { MULTUS_INSTALL_API_VERSION } from "../../src/crds/multus-install/multus-install.ts";
import {
  NETWORK_ATTACHMENT_REPORT,
  type ReportStatus,
  reportStatus,
} from "../../src/crds/network-attachment-report/report.ts";
import { waitUntil } from "../cluster/daemon.ts";
import type { IpFamily } from "../cluster/ip-families.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { apply, macvlan, nad, podAsking, waitForRunning } from "../cluster/network-scenarios.ts";
import { describeOn, type OpenCluster, openCluster } from "../cluster/open-cluster.ts";
import { kubectlMultus } from "../cluster/plugin.ts";
import { installOperator, networkStatus, pingOverNet1, waitForReady } from "../cluster/walkthrough.ts";
import { printed } from "../integration/admission-requests.ts";

/**
 * Clusters with IPv6: nodes, pods and Services of both families, or of IPv6 alone. Everything that has an address in it is
 * on the way: the API server's URL in Multus' kubeconfig, the operator's connection and probes, the webhook, the reports.
 */

/** A sandbox that is created a second time gets the next address of a range, so that only one address is a known one. */
const ONE_ADDRESS = {
  IPv4: { subnet: "192.168.1.0/24", rangeStart: "192.168.1.20", rangeEnd: "192.168.1.20" },
  IPv6: { subnet: "fd00:1::/64", rangeStart: "fd00:1::20", rangeEnd: "fd00:1::20" },
};
const RANGE = { subnet: "fd00:1::/64", rangeStart: "fd00:1::20", rangeEnd: "fd00:1::29" };
/** With the capability, pods request addresses themselves. */
const LAN = nad("lan", {
  cniVersion: "0.3.1",
  name: "lan",
  plugins: [{ ...macvlan({ type: "static" }), capabilities: { ips: true } }],
});

let cluster: OpenCluster;
let kubectl: Kubectl;

async function start(ipFamilies: readonly IpFamily[]): Promise<void> {
  cluster = await openCluster({
    nodes: 2,
    images: ["multus-v4.3.0", "multus-v4.3.0-thick", "operator"],
    ipFamilies,
  });
  kubectl = new Kubectl(cluster.kubeconfig);
  await installOperator(kubectl);
  await install("Thin");
}

async function install(mode: "Thin" | "Thick"): Promise<void> {
  await apply(kubectl, {
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: "MultusInstall",
    metadata: { name: "multus" },
    spec: { version: "v4.3.0", mode },
  });
  await waitForReady(kubectl);
}

/** Requests these addresses of lan for net1, and what hands out addresses for net2. */
function requesting(name: string, node: string, ips: readonly string[]): object {
  return podAsking(name, JSON.stringify([{ name: "lan", ips }, { name: "ranges" }]), node);
}

async function report(name: string, holds: (status: ReportStatus) => boolean): Promise<ReportStatus> {
  let status: ReportStatus = {};
  await waitUntil(
    `the report of ${name}`,
    async () => {
      const ref = { type: NETWORK_ATTACHMENT_REPORT, namespace: "default", name };
      status = reportStatus.parse((await kubectl.client.get(ref))?.status ?? {});
      return holds(status);
    },
    { everyMs: 100 },
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}; it is ${JSON.stringify(status)}`);
  });
  return status;
}

async function addressesOf(pod: string): Promise<string[]> {
  interface Pod {
    status: { podIPs: { ip: string }[] };
  }
  return (await kubectl.get<Pod>("pod", pod)).status.podIPs.map(({ ip }) => ip);
}

async function ips(pod: string): Promise<(string[] | undefined)[]> {
  return (await networkStatus(kubectl, pod)).map((entry) => entry.ips);
}

/** IPv6 addresses are tentative for a second: the kernel searches for duplicates. */
async function answers(from: string, address: string): Promise<void> {
  await waitUntil(`${address} to answer ${from}`, async () =>
    (await pingOverNet1(kubectl, from, address)).includes("1 packets received"),
  );
}

describeOn(["nodeExec", "loadImage", "secondNetwork", "ipFamilies"], "a dual-stack cluster", () => {
  beforeAll(async () => await start(["IPv4", "IPv6"]));
  afterAll(async () => await cluster?.stop());

  it("gives pods addresses of both families, and reports both", async () => {
    const ipam = { type: "host-local", ranges: [[ONE_ADDRESS.IPv4], [ONE_ADDRESS.IPv6]] };
    await apply(
      kubectl,
      LAN,
      nad("ranges", macvlan(ipam)),
      requesting("first", "node-1", ["192.168.2.5/24", "fd00:2::5/64"]),
      requesting("second", "node-2", ["192.168.2.6/24", "fd00:2::6/64"]),
    );
    await waitForRunning(kubectl, "first", "second");
    expect(await ips("first")).toEqual([
      await addressesOf("first"),
      ["192.168.2.5", "fd00:2::5"],
      ["192.168.1.20", "fd00:1::20"],
    ]);
    expect((await addressesOf("first")).map((address) => address.includes(":"))).toEqual([false, true]);
    for (const address of ["192.168.2.6", "fd00:2::6"]) await answers("first", address);

    const pods = ["default/first", "default/second"];
    // host-local keeps its leases per node: both nodes hand out the same addresses.
    const { ranges, duplicates } = await report("ranges", ({ duplicatesTotal }) => duplicatesTotal === 2);
    expect(ranges).toMatchObject([
      { range: "192.168.1.20", size: 1, used: 1 },
      { range: "fd00:1::20", size: 1, used: 1 },
    ]);
    expect(duplicates).toEqual([
      { address: "192.168.1.20", pods },
      { address: "fd00:1::20", pods },
    ]);
  });
});

describeOn(["nodeExec", "loadImage", "secondNetwork", "ipFamilies"], "a cluster of IPv6 alone", () => {
  beforeAll(async () => await start(["IPv6"]));
  afterAll(async () => await cluster?.stop());

  it("has Multus reach the API server, whose address is in brackets", async () => {
    for (const node of cluster.nodes)
      expect(await node.readFile("/etc/cni/net.d/multus.d/multus.kubeconfig")).toMatch(
        /server: https:\/\/\[fd6d:6f:ffff::1\]:443/,
      );
  });

  it("gives pods IPv6 addresses, and reports one that two pods requested in different notations", async () => {
    await apply(
      kubectl,
      LAN,
      nad("ranges", macvlan({ type: "host-local", ranges: [[RANGE]] })),
      requesting("first", "node-1", ["fd00:2::5/64"]),
      requesting("second", "node-2", ["fd00:2::6/64"]),
      requesting("third", "node-1", ["FD00:2:0:0::0005/64"]),
    );
    await waitForRunning(kubectl, "first", "second", "third");
    expect(await ips("second")).toEqual([
      await addressesOf("second"),
      ["fd00:2::6"],
      [expect.stringMatching(/^fd00:1::2\d$/)],
    ]);
    expect(await addressesOf("second")).toEqual([expect.stringMatching(/^fd6d:6f:\d+:2::/)]);
    await answers("second", "fd00:2::5");
    const lan = await report("lan", ({ duplicatesTotal }) => duplicatesTotal === 1);
    expect(lan.pods).toMatchObject({ requesting: 3, attached: 3 });
    expect(lan.duplicates).toEqual([{ address: "fd00:2::5", pods: ["default/first", "default/third"] }]);
    const { ranges } = await report("ranges", (status) => status.ranges?.[0]?.used === 2);
    expect(ranges).toMatchObject([{ range: "fd00:1::20-fd00:1::29", used: 2, node: "node-1" }]);
    const { stdout } = await kubectlMultus(cluster.kubeconfig, "explain", "pod", "third");
    expect(stdout).toContain("has the address fd00:2::5 of default/lan, which default/first has too");
  });

  it("has the webhook called by the API server", async () => {
    const wrong = nad("wrong", macvlan({ type: "static" }, { mode: "brige" }));
    await waitUntil("a warning", async () =>
      (await printed(kubectl, wrong, "apply", "--dry-run=server")).includes("mode must be one of"),
    );
  });

  it("runs Multus as a daemon too", async () => {
    await install("Thick");
    await apply(kubectl, requesting("fourth", "node-2", ["fd00:2::7/64"]));
    await waitForRunning(kubectl, "fourth");
    expect((await ips("fourth"))[1]).toEqual(["fd00:2::7"]);
    await answers("fourth", "fd00:2::5");
  });
});
