import { describe, expect, it } from "vitest";
import { type MultusInstallSpecInput, multusInstallSpec } from "../crds/multus-install/spec.ts";
import { type NodeInspection, nodeInspection } from "../crds/node-inspection.ts";
import { differingNodes, joined, nodeIssue, primaryNetworkStatus, rejectedToken } from "./node-checks.ts";
import type { UnhealthyReason } from "./unhealthy-reasons.ts";

const NOW = new Date("2026-11-24T12:00:00Z");
const MULTUS = { name: "00-multus.conf", networkName: "multus-cni-network", pluginTypes: ["multus"] };
const CALICO = {
  name: "10-calico.conflist",
  networkName: "k8s-pod-network",
  pluginTypes: ["calico", "portmap"],
};

const spec = (input: MultusInstallSpecInput = {}) => multusInstallSpec.parse(input);
const inspect = (more: Partial<NodeInspection> = {}) =>
  nodeInspection.parse({
    node: "node-1",
    at: "2026-11-24T11:59:00Z",
    architecture: "amd64",
    confFiles: [MULTUS, CALICO],
    primary: { file: CALICO.name, networkName: "k8s-pod-network" },
    binaries: [],
    interfaces: [],
    multusFiles: [],
    leftovers: [],
    kubeconfig: { expires: "2026-11-25T12:00:00Z" },
    ...more,
  });
const without = ({ primary: _, ...rest }: NodeInspection, more: Partial<NodeInspection> = {}) => ({
  ...rest,
  ...more,
});

it("does not take the configuration of a previous mode for that of the Multus which runs", () => {
  const thick = spec({ mode: "Thick" });
  expect(nodeIssue(thick, inspect(), NOW, true)).toMatchObject({
    reason: "ConfigurationMissing",
    message: expect.stringContaining("00-multus.conf calls multus, of the previous Multus"),
  });
  const shim = inspect({ confFiles: [{ ...MULTUS, pluginTypes: ["multus-shim"] }, CALICO] });
  expect(nodeIssue(thick, shim, NOW, true)).toBeUndefined();
  // A node whose turn in the rollout has not come.
  expect(nodeIssue(thick, inspect(), NOW, false)).toBeUndefined();
});

describe("the trouble that a look shows", () => {
  it("is none on a node as it should be", () => expect(nodeIssue(spec(), inspect(), NOW)).toBeUndefined());

  it.each([
    ["NoPrimaryNetwork", without(inspect(), { confFiles: [MULTUS] }), {}, "spec.distribution"],
    [
      "NoPrimaryNetwork",
      inspect(),
      { primaryNetwork: { source: "File", file: "10-flannel.conflist" } },
      "existing files: 00-multus.conf, 10-calico.conflist",
    ],
    [
      "CiliumExclusive",
      inspect({ confFiles: [CALICO], leftovers: ["/etc/cni/net.d/00-multus.conf.cilium_bak"] }),
      {},
      "cni.exclusive: false",
    ],
    [
      "AnotherConfigurationFirst",
      inspect({ confFiles: [{ name: "00-a.conf", pluginTypes: ["x"] }, MULTUS, CALICO] }),
      {},
      "00-a.conf",
    ],
    [
      "CompetingConfigurations",
      inspect({ confFiles: [MULTUS, { ...MULTUS, name: "00-multus.conflist" }, CALICO] }),
      {},
      "00-multus.conf and 00-multus.conflist",
    ],
    ["ConfigurationMissing", inspect({ confFiles: [CALICO] }), {}, "/etc/cni/net.d"],
    [
      "ConfigurationMissing",
      inspect({ confFiles: [{ ...MULTUS, name: "00-multus.conflist-guard.conf" }, CALICO] }),
      {},
      "/etc/cni/net.d",
    ],
    [
      "KubeconfigExpired",
      inspect({ kubeconfig: { expires: "2026-11-24T11:00:00Z" } }),
      {},
      "2026-11-24T11:00:00Z",
    ],
  ] as const)("is %s", (reason, found, input, words) => {
    const issue = nodeIssue(spec(input as MultusInstallSpecInput), found, NOW);
    expect(issue?.reason).toBe(reason);
    expect(issue?.message).toContain(words);
  });

  it.each([
    ["v4", {}, "Keep spec.entrypoint.refreshKubeconfig true"],
    [
      "v4 without it",
      { entrypoint: { refreshKubeconfig: false } },
      "Set spec.entrypoint.refreshKubeconfig to true",
    ],
    ["v4 with Inline", { primaryNetwork: { source: "Inline", preset: "Calico" } }, "use Auto or File"],
    ["v3", { version: "v3.4.2" }, "change to v4"],
  ] as const)("is an expired token, with what renews it: %s", (_, input, words) => {
    const expired = inspect({ kubeconfig: { expires: "2026-11-24T11:00:00Z" } });
    const issue = nodeIssue(spec(input as MultusInstallSpecInput), expired, NOW);
    expect(issue).toMatchObject({ reason: "KubeconfigExpired", message: expect.stringContaining(words) });
  });

  it.each([
    ["Inline needs no file", { primaryNetwork: { source: "Inline", preset: "Calico" } }],
    ["a renamed file", { version: "v3.4.2", entrypoint: { renameConfFile: true } }],
  ] as const)("is none where there need be no primary network's file: %s", (_, input) =>
    expect(
      nodeIssue(spec(input as MultusInstallSpecInput), without(inspect(), { confFiles: [MULTUS] }), NOW),
    ).toBeUndefined(),
  );

  it("says nothing of a list that was cut", () =>
    expect(
      nodeIssue(spec(), without(inspect(), { confFiles: [MULTUS], truncated: ["confFiles"] }), NOW),
    ).toBeUndefined());
});

describe("a primary network's cniVersion", () => {
  const written = (cniVersion: string | undefined) =>
    inspect({ confFiles: [MULTUS, { ...CALICO, ...(cniVersion ? { cniVersion } : {}) }] });
  const issueOf = (input: MultusInstallSpecInput, cniVersion?: string) =>
    nodeIssue(spec(input), written(cniVersion), NOW);

  it.each([
    [
      { version: "v3.4.2" },
      "1.0.0",
      "supports results up to 0.4.0: new pods fail on this node. Set spec.version to v4.0.0",
    ],
    [{ version: "v3.9.3" }, "1.0.0", "or cniVersion 0.4.0 in that file"],
    [{ version: "v4.0.2" }, "1.1.0", "Set spec.version to v4.1.0"],
    [{ cni: { version: "0.3.1" } }, "0.4.0", "the thin plugin does not start if they differ"],
    [{ mode: "Thick", cni: { version: "0.4.0" } }, "0.3.1", "the daemon does not start"],
    [{ mode: "Thick", cni: { version: "1.0.0" } }, undefined, "has cniVersion 0.1.0"],
  ] as const)("hinders %j at %s", (input, cniVersion, words) => {
    const issue = issueOf(input, cniVersion);
    expect(issue?.reason).toBe("PrimaryNetworkVersion");
    expect(issue?.message).toContain("/etc/cni/net.d/10-calico.conflist has cniVersion");
    expect(issue?.message).toContain(words);
  });

  it.each([
    [{ version: "v3.4.2" }, "0.4.0"],
    [{ version: "v4.3.0" }, "1.1.0"],
    [{ version: "v3.4.2", cni: { version: "0.4.0" } }, "0.3.1"],
    [{ cni: { version: "1.0.0" } }, "1.0.0"],
    [{ mode: "Thick", cni: { version: "0.3.1" } }, "0.3.1"],
    [{ mode: "Thick" }, undefined],
    [{}, "9.9.9"],
    [{ version: "v3.4.2", primaryNetwork: { source: "Inline", preset: "Calico" } }, "1.0.0"],
  ] as const)("is fine for %j at %s", (input, cniVersion) =>
    expect(issueOf(input, cniVersion)).toBeUndefined(),
  );
});

describe("status.primaryNetwork", () => {
  it("counts the nodes per file, most first, with the time of the oldest inspection", () => {
    const flannel = { file: "10-flannel.conflist", networkName: "cbr0" };
    const status = primaryNetworkStatus(spec(), [
      inspect({ node: "a", primary: flannel }),
      inspect({ node: "b" }),
      inspect({ node: "c", at: "2026-11-24T09:30:00Z" }),
    ]);
    expect(status).toEqual({
      files: [
        { file: "10-calico.conflist", networkName: "k8s-pod-network", nodes: 2 },
        { ...flannel, nodes: 1 },
      ],
      nodesInspected: 3,
      oldestInspection: "2026-11-24T09:00:00Z",
    });
    expect(differingNodes(status)).toEqual([expect.stringContaining("10-flannel.conflist (cbr0) on 1")]);
  });

  it("names the file of the spec, if it sets one", () => {
    const named = spec({ primaryNetwork: { source: "File", file: "10-calico.conflist" } });
    expect(primaryNetworkStatus(named, [inspect()])?.files).toEqual([
      { file: "10-calico.conflist", networkName: "k8s-pod-network", nodes: 1 },
    ]);
  });

  it("is absent for Inline, and before the first look", () => {
    expect(primaryNetworkStatus(spec(), [])).toBeUndefined();
    expect(
      primaryNetworkStatus(spec({ primaryNetwork: { source: "Inline", preset: "Calico" } }), [inspect()]),
    ).toBeUndefined();
    expect(differingNodes(undefined)).toEqual([]);
  });
});

it("joins what pods say with what looks show, one entry a node", () => {
  const entry = (node: string, reason: UnhealthyReason) => ({ node, reason, message: "" });
  const byPods = [
    entry("a", "CrashLoopBackOff"),
    entry("b", "ImagePullBackOff"),
    entry("c", "CrashLoopBackOff"),
  ];
  const byInspections = [
    entry("a", "NoPrimaryNetwork"),
    entry("b", "NoPrimaryNetwork"),
    entry("c", "ConfigurationMissing"),
    entry("d", "KubeconfigExpired"),
  ];
  expect(joined(byPods, byInspections).map(({ node, reason }) => `${node} ${reason}`)).toEqual([
    "b ImagePullBackOff",
    "c CrashLoopBackOff",
    "a NoPrimaryNetwork",
    "d KubeconfigExpired",
  ]);
});

describe("a token that has expired", () => {
  const reasonAt = (seen: string, now: string) =>
    nodeIssue(spec(), inspect({ at: seen, kubeconfig: { expires: "2026-11-24T12:00:00Z" } }), new Date(now))
      ?.reason;

  it("is reported if the inspection saw it after that", () => {
    expect(reasonAt("2026-11-24T12:00:00Z", "2026-11-24T12:00:01Z")).toBe("KubeconfigExpired");
  });

  it("is not if it was seen before: Multus may have renewed it since", () => {
    expect(reasonAt("2026-11-24T11:20:00Z", "2026-11-24T12:10:00Z")).toBeUndefined();
  });

  it("is not by a clock that is an hour ahead, the node's or the operator's", () => {
    expect(reasonAt("2026-11-24T12:30:00Z", "2026-11-24T11:30:00Z")).toBeUndefined();
    expect(reasonAt("2026-11-24T11:30:00Z", "2026-11-24T12:30:00Z")).toBeUndefined();
  });
});

describe("a token that the API server rejects", () => {
  const READY = "2026-11-24T11:50:00Z";
  const rejected = (at: string | undefined, ready = READY) =>
    rejectedToken(
      spec(),
      "node-1",
      at === undefined ? undefined : { at: Date.parse(at), age: NOW.getTime() - Date.parse(at) },
      ready,
    );

  it("is told while pods say so, and for how long that holds", () => {
    const found = rejected("2026-11-24T11:59:00Z");
    expect(found?.issue).toMatchObject({ node: "node-1", reason: "TokenRejected" });
    expect(found?.issue.message).toMatch(/multus\.kubeconfig \(Unauthorized\).*Delete the Multus pod/);
    expect(found?.seconds).toBe(240);
  });

  it("is by the time since it was observed, whatever the clocks of the node and of the operator show", () => {
    const ahead = { at: Date.parse("2026-11-24T13:00:00Z"), age: 1000 };
    expect(rejectedToken(spec(), "node-1", ahead, "2026-11-24T12:50:00Z")?.seconds).toBe(299);
    expect(rejectedToken(spec(), "node-1", { ...ahead, age: 300_000 }, READY)).toBeUndefined();
  });

  it("is not where nobody says so, has said so for long, or where Multus is new since", () => {
    expect(rejected(undefined)).toBeUndefined();
    expect(rejected("2026-11-24T11:55:00Z")).toBeUndefined();
    expect(rejected("2026-11-24T11:58:00Z", "2026-11-24T11:59:00Z")).toBeUndefined();
  });
});
