import { afterAll, beforeAll, expect, it } from "vitest";
import { NETWORK_ATTACHMENT_DEFINITIONS } from "../../src/crds/network-attachment-definition.ts";
import {
  NETWORK_ATTACHMENT_REPORT,
  type ReportStatus,
  reportStatus,
} from "../../src/crds/network-attachment-report/report.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import type { ApiObject } from "../../src/kube/resource.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import {
  macvlan,
  nad,
  range,
  startAttached,
  startBypassed,
  startDoubled,
  startExhausted,
  startForbidden,
  startMistyped,
  startOutdated,
} from "../cluster/network-scenarios.ts";
import { describeOn, type OpenCluster, openCluster } from "../cluster/open-cluster.ts";
import { installOperator } from "../cluster/walkthrough.ts";
import { describeAdmission } from "./admission.ts";

const lease = (start: number) => range(start, start + 4);
/** By the code of the finding that it leads to. */
const FAULTY: [code: string, nad: object][] = [
  ["BAD_JSON", nad("no-json", '{"type": "macvlan",}')],
  ["NOT_ONE_OF", nad("unknown-mode", macvlan(lease(100), { mode: "brige" }))],
  ["PATH_IN_TYPE", nad("path", macvlan(lease(105), { type: "../macvlan" }))],
  ["NOT_ONE_OF", nad("unknown-version", macvlan(lease(110), { cniVersion: "9.9.9" }))],
  ["REVERSED_RANGE", nad("reversed", macvlan(range(119, 115)))],
  ["PLUGIN_MISSING_ON_NODE", nad("no-program", macvlan({ type: "whereabouts", range: "192.168.9.0/24" }))],
  ["MASTER_MISSING_ON_NODE", nad("no-master", macvlan(lease(120), { master: "eth9" }))],
  ["DHCP_DAEMON_MISSING", nad("no-daemon", macvlan({ type: "dhcp" }))],
  ["RESOURCE_NOT_OFFERED", withResource(nad("no-device", macvlan(lease(125))), "vendor.example/vf")],
  ["ADDRESSES_PER_NODE", nad("per-node", macvlan(lease(130)))],
  ["RANGES_OVERLAP", nad("overlapping", macvlan(range(131, 133)))],
];

function withResource(object: object, resource: string): object {
  const { metadata, ...rest } = object as { metadata: object };
  const annotations = { "k8s.v1.cni.cncf.io/resourceName": resource };
  return { ...rest, metadata: { ...metadata, annotations } };
}

/** What is wrong with a network, as it is reported, and as the webhook answers who applies it: on one cluster. */

let cluster: OpenCluster;
let kubectl: Kubectl;

beforeAll(async () => {
  cluster = await openCluster({ nodes: 2, images: ["multus-v4.3.0", "operator"] });
  kubectl = new Kubectl(cluster.kubeconfig);
  await installOperator(kubectl);
});

afterAll(async () => {
  await cluster?.stop();
});

/** The classic cases on real nodes with real Multus: what the NADs' reports and the install's status say. */

describeOn(["loadImage", "secondNetwork"], "the reports of networks on real nodes", () => {
  beforeAll(async () => {
    // A pod that asks for a network before there is Multus: nobody tells its user.
    await startBypassed(kubectl);
    await new TestInstall(kubectl).apply({ version: "v4.3.0", isolation: { enabled: true } });
    await new TestInstall(kubectl).ready();
  });

  /** Waits until the report of a NAD says so. */
  async function report(
    name: string,
    holds: (status: ReportStatus) => boolean,
    namespace = "default",
  ): Promise<ReportStatus> {
    let status: ReportStatus = {};
    await waitUntil(
      `the report of ${namespace}/${name}`,
      async () => {
        const text = await kubectl.run(
          "get",
          "nar",
          name,
          "-n",
          namespace,
          "--ignore-not-found",
          "-o",
          "json",
        );
        status =
          text === "" ? {} : reportStatus.parse((JSON.parse(text) as { status?: object }).status ?? {});
        return holds(status);
      },
      { everyMs: 200 },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}; it is ${JSON.stringify(status)}`);
    });
    return status;
  }

  const message = (status: ReportStatus, pod: string) =>
    status.samples?.find((sample) => sample.pod === `default/${pod}`)?.message;
  const available = ({ conditions = [] }: ReportStatus) =>
    conditions.find(({ type }) => type === "Available");

  it("attached, and bypassed: a pod that was started before Multus", async () => {
    await startAttached(kubectl);
    const status = await report("plain", ({ pods }) => pods?.attached === 1 && pods.bypassed === 1);
    expect(message(status, "bypassed")).toContain("Multus reported nothing");
    expect(status.ranges).toMatchObject([{ ipam: "host-local", size: 41, used: 1, node: "node-1" }]);
    const reasons = await kubectl.run("get", "events", "--field-selector", "involvedObject.name=bypassed");
    expect(reasons).toContain("NetworkBypassed");
  });

  it("failed, with the plugin's own error", async () => {
    await startMistyped(kubectl);
    // An attempt before may have failed for another reason.
    await report(
      "mistyped",
      (status) =>
        status.pods?.failed === 1 &&
        (message(status, "mistyped")?.includes('failed to find plugin "macvlam"') ?? false),
    );
  });

  it("forbidden by namespace isolation", async () => {
    await startForbidden(kubectl);
    const status = await report("theirs", ({ pods }) => pods?.forbidden === 1, "others");
    // The pod is of another namespace than the NAD: it is counted and not named.
    expect(status).toMatchObject({ otherSamples: 1 });
    expect(message(status, "forbidden")).toBeUndefined();
  });

  it("a range that is used up", async () => {
    await startExhausted(kubectl);
    const status = await report(
      "narrow",
      (found) =>
        available(found)?.reason === "RangeUsedUp" &&
        found.pods?.failed === 1 &&
        /no IP addresses available/.test(message(found, "exhausted") ?? ""),
    );
    expect(available(status)?.message).toContain("all 1 addresses of 192.168.1.81");
  });

  it("a restart that a changed NAD asks for, and what differs", async () => {
    await startOutdated(kubectl);
    const status = await report("changing", ({ pods }) => pods?.restartNeeded === 1);
    expect(message(status, "outdated")).toContain("mtu: 1500 → 1400");
  });

  it("the same address on two nodes", async () => {
    await startDoubled(kubectl);
    const status = await report("doubled", ({ duplicatesTotal }) => duplicatesTotal === 1);
    expect(status.duplicates).toEqual([
      { address: "192.168.1.91", pods: ["default/first", "default/second"] },
    ]);
  });

  it("all of it at a glance, in the install's status and with kubectl get nar", async () => {
    interface Install {
      status?: { networks?: object; pods?: { samples?: { pod: string; outcome: string }[] } };
    }
    await waitUntil("the summary", async () => {
      const { status } = await new TestInstall(kubectl).now<Install>();
      expect(status?.networks).toMatchObject({ total: 6, rangesUsedUp: 1, duplicateAddresses: 1 });
      expect(status?.pods).toMatchObject({
        requesting: 9,
        failing: 4,
        bypassed: 1,
        failed: 2,
        forbidden: 1,
        attached: 5,
        restartNeeded: 1,
      });
      return status?.pods?.samples?.length === 5;
    });
    const table = await kubectl.run("get", "nar", "-A");
    expect(table).toMatch(/default +plain +True +True +Attachable +macvlan\/host-local +2 +1 +0 +1 /);
    expect(table).toMatch(/default +narrow +True +False +RangeUsedUp /);
  });

  it("has the report of a NAD with each kind of fault", async () => {
    const connection = connect({ kubeconfig: cluster.kubeconfig });
    const client = new KubeClient(connection);
    try {
      for (const [code, object] of FAULTY) {
        const { metadata } = await client.create<ApiObject>(
          NETWORK_ATTACHMENT_DEFINITIONS,
          object as ApiObject,
        );
        const ref = { type: NETWORK_ATTACHMENT_REPORT, namespace: "default", name: metadata.name };
        await waitUntil(
          `${code} in the report of ${metadata.name}`,
          async () => {
            const status = reportStatus.parse((await client.get(ref))?.status ?? {});
            return status.findings?.some((finding) => finding.code === code) ?? false;
          },
          { everyMs: 20 },
        );
      }
    } finally {
      await connection.close();
    }
  });

  it("deletes the reports of networks that are deleted", async () => {
    const reports = () => kubectl.client.list(NETWORK_ATTACHMENT_REPORT);
    expect((await reports()).items.length).toBeGreaterThan(FAULTY.length);
    await kubectl.run("delete", "pods", "--all", "--force", "--grace-period=0");
    await kubectl.run("delete", NETWORK_ATTACHMENT_DEFINITIONS.plural, "--all", "-A");
    await waitUntil("the reports to be deleted", async () => (await reports()).items.length === 0);
  });
});

describeAdmission(() => kubectl);
