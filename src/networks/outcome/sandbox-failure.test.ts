import { expect, test } from "vitest";
import { sandboxFailureOf } from "./sandbox-failure.ts";

const KUBELET = "Failed to create pod sandbox: rpc error: code = Unknown desc = ";
const SANDBOX = `${KUBELET}failed to setup network for sandbox "0af3": `;

const of = (note: string) => sandboxFailureOf("FailedCreatePodSandBox", note);

test("the thin plugin's, with the network and the plugin's own words", () => {
  expect(
    of(
      `${SANDBOX}plugin type="multus" name="multus-cni-network" failed (add): [default/p/12-34:macvlan-conf]: error adding container to network "macvlan-conf": failed to find plugin "macvlam" in path [/opt/cni/bin]`,
    ),
  ).toEqual({
    byMultus: true,
    network: "macvlan-conf",
    message: 'failed to find plugin "macvlam" in path [/opt/cni/bin]',
  });
});

test("the shim's, which quotes the daemon's answer and the whole request", () => {
  expect(
    of(
      `${SANDBOX}plugin type="multus-shim" name="multus-cni-network" failed (add): CmdAdd (shim): CNI request failed with status 400: 'ContainerID:"0af3" Netns:"/var/run/netns/x" IfName:"eth0" Args:"K8S_POD_NAME=p" Path:"" ERRORED: error configuring pod [default/p] networking: [default/p/12-34:net]: error adding container to network "net": Link not found\n': StdinData: {"cniVersion":"0.3.1"}`,
    ),
  ).toEqual({ byMultus: true, network: "net", message: "Link not found" });
});

test("Multus' own rejection, before any plugin", () => {
  const found = of(
    `${SANDBOX}plugin type="multus" name="multus-cni-network" failed (add): Multus: [default/p/12-34]: error loading k8s delegates k8s args: TryLoadPodDelegates: error in getting k8s network for pod: GetNetworkDelegates: failed getting the delegate: getKubernetesDelegate: cannot find a network-attachment-definition (gone) in namespace (default)`,
  );
  expect(found).toMatchObject({ byMultus: true, message: expect.stringContaining("cannot find a network") });
  expect(found?.network).toBeUndefined();
});

test("another plugin's, and another event's", () => {
  expect(of(`${SANDBOX}plugin type="calico" failed (add): no addresses`)).toEqual({
    byMultus: false,
    message: 'plugin type="calico" failed (add): no addresses',
  });
  expect(of(`(combined from similar events): ${SANDBOX}no`)?.message).toBe("no");
  expect(of(`${SANDBOX}failed to find plugin "multus-rollout-guard"`)?.message).toContain(
    "replaced on its node",
  );
  expect(sandboxFailureOf("FailedScheduling", "0/3 nodes")).toBeUndefined();
});

test("one bounded line", () => {
  const found = of(`${KUBELET}\u001b[31mno\n${"x".repeat(5000)}`);
  expect(found?.message).not.toMatch(/\p{Cc}/u);
  expect(found?.message.length).toBe(512);
});
