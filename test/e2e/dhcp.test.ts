import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Daemon, waitUntil } from "../cluster/daemon.ts";
import { execute } from "../cluster/execute.ts";
import { PLUGINS_IMAGE } from "../cluster/images.ts";
import { macvlan, nad, podAsking, waitForRunning } from "../cluster/network-scenarios.ts";
import { describeOn } from "../cluster/open-cluster.ts";
import { snapshots } from "./node-snapshot.ts";
import { UninstallCluster } from "./uninstall-cluster.ts";

/** A network whose addresses come from a DHCP server: the operator runs the daemon that the plugin needs. */

interface Status {
  status?: { dhcp?: { desired: number; available: number } };
}

describeOn(["nodeExec", "ownNodes", "loadImage", "secondNetwork"], "a network with DHCP", () => {
  let on: UninstallCluster;
  let server: Daemon;
  let before: string[];

  beforeAll(async () => {
    on = await UninstallCluster.start("multus-v4.3.0", "cni-plugins");
    before = await snapshots(on.cluster.nodes);
    // On the second node's eth1: macvlan does not reach its own node's interface, so the pods are on the first.
    const { slot } = on.cluster.network;
    const namespace = `mo${slot}-node-2`;
    await execute("ip", ["-n", namespace, "address", "add", "192.168.77.1/24", "dev", "eth1"]);
    const directory = on.cluster.directory;
    const [file, leases] = [join(directory, "udhcpd.conf"), join(directory, "leases")];
    writeFileSync(leases, "");
    writeFileSync(
      file,
      [
        ...["start 192.168.77.100", "end 192.168.77.110", "interface eth1", `lease_file ${leases}`],
        ...[
          `pidfile ${join(directory, "udhcpd.pid")}`,
          "option subnet 255.255.255.0",
          "option lease 600",
          "",
        ],
      ].join("\n"),
    );
    server = Daemon.start({
      name: "udhcpd",
      command: "ip",
      args: ["netns", "exec", namespace, "/bin/busybox", "udhcpd", "-f", file],
      logFile: join(directory, "udhcpd.log"),
    });
  });

  afterAll(async () => {
    await server?.kill();
    await on?.stop();
  });

  const daemon = async () =>
    await on.kubectl.run(
      "get",
      "daemonset",
      "multus-dhcp",
      "-n",
      "kube-system",
      "--ignore-not-found",
      "-o",
      "name",
    );

  it("has no daemon while no network needs one", async () => {
    await on.install({ dhcp: { daemon: "Auto" }, plugins: { install: "Missing", image: PLUGINS_IMAGE } });
    expect(await daemon()).toBe("");
  });

  it("gets the daemon and the plugin, and its pods an address of the server, which the report shows", async () => {
    await on.kubectl.runWithInput(
      JSON.stringify(nad("leased", macvlan({ type: "dhcp" }))),
      "apply",
      "-f",
      "-",
    );
    await waitUntil("the daemon on both nodes", async () => {
      const dhcp = (await on.multus.now<Status>()).status?.dhcp;
      return dhcp?.desired === 2 && dhcp.available === 2;
    });
    await on.kubectl.runWithInput(JSON.stringify(podAsking("client", "leased")), "apply", "-f", "-");
    await waitForRunning(on.kubectl, "client");
    const addresses = await on.kubectl.run("exec", "client", "--", "ip", "-4", "-o", "addr", "show", "net1");
    expect(addresses).toMatch(/inet 192\.168\.77\.1[01][0-9]\/24/);
    await waitUntil("the report", async () => {
      const report = ["get", "nar", "leased", "-o", "jsonpath={.status.pods.attached}"];
      return (await on.kubectl.run(...report)) === "1";
    });
    const report = await on.kubectl.run("get", "nar", "leased", "-o", "json");
    expect(report).not.toContain("DHCP_DAEMON_MISSING");
    await on.multus.ready();
  });

  it("starts its daemon again after it was killed, although its socket is left", async () => {
    await on.kubectl.run("delete", "pod", "client", "--force", "--grace-period=0");
    const pid = await on.cluster.nodes[0]?.exec("pgrep", "-f", "^/opt/cni/bin/dhcp daemon");
    await on.cluster.nodes[0]?.exec("sh", "-c", `kill -9 ${pid?.trim().split("\n").join(" ")}`);
    await on.kubectl.runWithInput(JSON.stringify(podAsking("second", "leased")), "apply", "-f", "-");
    await waitForRunning(on.kubectl, "second");
  });

  it("keeps its daemon while a pod may have a lease, and loses it with the MultusInstall", async () => {
    await on.kubectl.run("delete", "net-attach-def", "leased");
    expect(await daemon()).not.toBe("");
    await on.deletePods();
    await on.multus.remove();
    expect(await daemon()).toBe("");
    expect(await snapshots(on.cluster.nodes)).toEqual(before);
    const log = (await on.operatorLog()).split("\n");
    expect(log.filter((line) => line.includes("denied request") || line.includes("Forbidden"))).toEqual([]);
  });
});
