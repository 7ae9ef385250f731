import { beforeAll, expect, it } from "vitest";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { binary } from "../cluster/binaries.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { execute } from "../cluster/execute.ts";
import { TestInstall } from "../cluster/installs.ts";
import type { Kubectl } from "../cluster/kubectl.ts";
import { describeOn } from "../cluster/open-cluster.ts";
import {
  admissionObjects,
  network,
  printed,
  trustedCertificates,
  WRONG_MODE,
} from "../integration/admission-requests.ts";

/**
 * Admission as users have it: the chart's two replicas behind their Service, called by the API server.
 * @param operated a cluster with the operator; the chart is uninstalled at the end, a MultusInstall stays
 */
export function describeAdmission(operated: () => Kubectl): void {
  describeOn(["loadImage"], "admission on real nodes", () => {
    let kubectl: Kubectl;

    beforeAll(() => {
      kubectl = operated();
    });

    async function setMode(admission: string): Promise<void> {
      await new TestInstall(kubectl).apply({ version: "v4.3.0", attachments: { admission } });
    }

    const applied = (object: object) => printed(kubectl, object, "apply", "--dry-run=server");
    const left = () => admissionObjects(kubectl);

    async function rolledOut(): Promise<void> {
      const deployment = ["deployment/multus-operator", "-n", "multus-operator"];
      await kubectl.run("rollout", "status", ...deployment, "--timeout=120s");
    }

    async function operatorPods(): Promise<string[]> {
      const label = "app.kubernetes.io/name=multus-operator";
      const names = await kubectl.run("get", "pods", "-n", "multus-operator", "-l", label, "-o", "name");
      return names.split("\n").filter((name) => name !== "");
    }

    it("warns by default, with both replicas trusted", async () => {
      await new TestInstall(kubectl).apply({ version: "v4.3.0" });
      await new TestInstall(kubectl).ready();
      await waitUntil("a warning", async () =>
        (await applied(network(WRONG_MODE))).includes(
          "Warning: NetworkAttachmentDefinition net: spec.config: mode must be one of",
        ),
      );
      await waitUntil(
        "both certificates",
        async () => (await trustedCertificates(kubectl)).match(/BEGIN/g)?.length === 2,
      );
      expect(await applied(network(WRONG_MODE))).toContain('did you mean "bridge"?) (line 4, column 11)');
    });

    it("rejects, and goes on rejecting while the operator's pods are replaced one after another", async () => {
      await setMode("Deny");
      await waitUntil("the rejection", async () =>
        (await applied(network(WRONG_MODE))).includes("denied the request"),
      );
      const admin = new KubeClient(connect({ kubeconfig: kubectl.kubeconfig }));
      const path = "/apis/k8s.cni.cncf.io/v1/namespaces/default/network-attachment-definitions";
      let calls = 0;
      let loading = true;
      const accepted: number[] = [];
      const load = Array.from({ length: 2 }, async () => {
        while (loading) {
          const call = calls++;
          // Only the webhook rejects this one: an answer that is no rejection is a call that failed.
          await admin
            .json({ method: "POST", path, query: { dryRun: "All" }, body: network(WRONG_MODE) })
            .then(
              () => accepted.push(call),
              () => {},
            );
        }
      });
      await kubectl.run("rollout", "restart", "deployment/multus-operator", "-n", "multus-operator");
      await rolledOut();
      await waitUntil("the old pods to be gone", async () => (await operatorPods()).length === 2);
      loading = false;
      await Promise.all(load);
      expect(calls).toBeGreaterThan(50);
      expect(accepted).toEqual([]);
    });

    it("rejects the worst with no operator at all, and lets the rest pass", async () => {
      await kubectl.run("scale", "deployment/multus-operator", "-n", "multus-operator", "--replicas=0");
      await waitUntil("the pods to be gone", async () => (await operatorPods()).length === 0);
      expect(await applied(network(WRONG_MODE))).toContain("net created");
      expect(await applied(network('{"type":"../../tmp/x"}'))).toContain('a "type" with "../" in it');
      await kubectl.run("scale", "deployment/multus-operator", "-n", "multus-operator", "--replicas=2");
      await rolledOut();
      await waitUntil("the rejection", async () =>
        (await applied(network(WRONG_MODE))).includes("denied the request"),
      );
    });

    it("never asked for something that the chart's role does not allow", async () => {
      const logs = await kubectl.run(
        "logs",
        "-n",
        "multus-operator",
        "-l",
        "app.kubernetes.io/name=multus-operator",
        "--tail=-1",
      );
      expect(logs.split("\n").filter((line) => line.includes("Forbidden"))).toEqual([]);
    });

    it("leaves nothing behind when the chart is uninstalled, the MultusInstall still there", async () => {
      expect(await left()).toHaveLength(5);
      await execute(await binary("helm"), [
        "uninstall",
        "--no-hooks", // the chart's hook fails while there is a MultusInstall
        "multus-operator",
        "--namespace",
        "multus-operator",
        "--kubeconfig",
        kubectl.kubeconfig,
        "--wait",
      ]);
      await waitUntil("the garbage collector", async () => (await left()).length === 0);
    });
  });
}
