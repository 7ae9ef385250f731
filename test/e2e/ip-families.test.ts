import { afterAll, beforeAll, expect, it } from "vitest";
import {
  NETWORK_ATTACHMENT_REPORT,
  type ReportStatus,
  reportStatus,
} from "../../src/crds/network-attachment-report/report.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import type { IpFamily } from "../cluster/ip-families.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import {
  apply,
  macvlan,
  nad,
  podAsking,
  waitForRunning,
  waitForSandboxFailure,
} from "../cluster/network-scenarios.ts";
import { describeOn, type OpenCluster, openCluster } from "../cluster/open-cluster.ts";
import { kubectlMultus } from "../cluster/plugin.ts";
import { installOperator, networkStatus, ONE_REPLICA, pingOverNet1 } from "../cluster/walkthrough.ts";
import { printed } from "../integration/admission-requests.ts";

/**
 * Clusters with IPv6: nodes, pods and Services of both families, or of IPv6 alone. Everything that has an address in it is
 * on the way: the API server's URL in Multus' kubeconfig, the operator's connection and probes, the webhook, the reports.
 */

/** With the capability, pods request addresses themselves. Without a gateway, the plugin ignores what the kernel detects. */
const LAN = nad("lan", {
  cniVersion: "0.3.1",
  name: "lan",
  plugins: [{ ...macvlan({ type: "static" }), capabilities: { ips: true } }],
});
const IPV4 = { subnet: "192.168.1.0/24", rangeStart: "192.168.1.20", rangeEnd: "192.168.1.20" };
const IPV6 = { subnet: "fd00:1::/64", rangeStart: "fd00:1::20", rangeEnd: "fd00:1::20" };

let cluster: OpenCluster;
let kubectl: Kubectl;

async function start(mode: "Thin" | "Thick", ipFamilies: readonly IpFamily[]): Promise<void> {
  const multus = mode === "Thin" ? "multus-v4.3.0" : "multus-v4.3.0-thick";
  cluster = await openCluster({ nodes: 2, images: [multus, "operator"], ipFamilies });
  kubectl = new Kubectl(cluster.kubeconfig);
  await installOperator(kubectl, ONE_REPLICA);
  const install = new TestInstall(kubectl);
  await install.apply({ version: "v4.3.0", mode });
  await install.ready();
}

function requesting(name: string, node: string, ips: readonly string[], ...more: string[]): object {
  const requests = [{ name: "lan", ips }, ...more.map((network) => ({ name: network }))];
  return podAsking(name, JSON.stringify(requests), node);
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

/** An IPv6 address is tentative for a second, until the kernel has found no duplicate. */
async function answers(from: string, address: string): Promise<void> {
  await waitUntil(`${address} to answer ${from}`, async () =>
    (await pingOverNet1(kubectl, from, address)).includes("1 packets received"),
  );
}

describeOn(["nodeExec", "loadImage", "secondNetwork", "ipFamilies"], "a dual-stack cluster", () => {
  beforeAll(async () => await start("Thick", ["IPv4", "IPv6"]));
  afterAll(async () => await cluster?.stop());

  it("gives pods addresses of both families, and reports both", async () => {
    await apply(
      kubectl,
      LAN,
      nad("ranges", macvlan({ type: "host-local", ranges: [[IPV4], [IPV6]] })),
      requesting("first", "node-1", ["192.168.2.5/24", "fd00:2::5/64"], "ranges"),
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
    const { ranges } = await report("ranges", ({ pods }) => pods?.attached === 1);
    expect(ranges).toMatchObject([
      { range: "192.168.1.20", size: 1, used: 1 },
      { range: "fd00:1::20", size: 1, used: 1 },
    ]);

    await apply(kubectl, requesting("third", "node-2", ["192.168.2.5/24", "FD00:2:0:0::0005/64"]));
    await waitForRunning(kubectl, "third");
    const { duplicates } = await report("lan", ({ duplicatesTotal }) => duplicatesTotal === 2);
    const pods = ["default/first", "default/third"];
    expect(duplicates).toEqual([
      { address: "192.168.2.5", pods },
      { address: "fd00:2::5", pods },
    ]);
  });
});

describeOn(["nodeExec", "loadImage", "secondNetwork", "ipFamilies"], "a cluster of IPv6 alone", () => {
  beforeAll(async () => await start("Thin", ["IPv6"]));
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
      nad("ranges", macvlan({ type: "host-local", ranges: [[IPV6]] })),
      requesting("first", "node-1", ["fd00:2::5/64"], "ranges"),
      requesting("second", "node-2", ["fd00:2::6/64"]),
      requesting("third", "node-1", ["FD00:2:0:0::0005/64"]),
    );
    await waitForRunning(kubectl, "first", "second", "third");
    expect(await ips("first")).toEqual([await addressesOf("first"), ["fd00:2::5"], ["fd00:1::20"]]);
    expect(await addressesOf("second")).toEqual([expect.stringMatching(/^fd6d:6f:\d+:2::/)]);
    await answers("second", "fd00:2::5");
    const lan = await report("lan", ({ duplicatesTotal }) => duplicatesTotal === 1);
    expect(lan.pods).toMatchObject({ requesting: 3, attached: 3 });
    expect(lan.duplicates).toEqual([{ address: "fd00:2::5", pods: ["default/first", "default/third"] }]);
    const { ranges } = await report("ranges", (status) => status.ranges?.[0]?.used === 1);
    expect(ranges).toMatchObject([{ range: "fd00:1::20", node: "node-1" }]);
    const { stdout } = await kubectlMultus(cluster.kubeconfig, "explain", "third");
    expect(stdout).toContain("has the address fd00:2::5 of default/lan, which default/first has too");
  });

  it("explains that the kernel detected the address of a pod on another node", async () => {
    await apply(kubectl, podAsking("detected", "ranges", "node-2"));
    await waitForSandboxFailure(kubectl, "detected", /fd00:1::20 in DADFAILED state/);
    await waitUntil("the explanation of such an attempt", async () => {
      const { stdout } = await kubectlMultus(cluster.kubeconfig, "explain", "detected");
      expect(stdout).toContain("in the layer-2 network of default/ranges has the address fd00:1::20 already");
      return true;
    });
  });

  it("has the webhook called by the API server", async () => {
    const wrong = nad("wrong", macvlan({ type: "static" }, { mode: "brige" }));
    await waitUntil("a warning", async () =>
      (await printed(kubectl, wrong, "apply", "--dry-run=server")).includes("mode must be one of"),
    );
  });
});
