import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AdmissionResponse } from "./admission-review.ts";
import { type AdmissionView, reviewed } from "./reviewer.ts";
import type { AdmissionSettings } from "./settings.ts";

const NETWORKS = { group: "k8s.cni.cncf.io", version: "v1", resource: "network-attachment-definitions" };
const PODS = { group: "", version: "v1", resource: "pods" };

const review = (resource: object, object: unknown, namespace = "team") => ({
  apiVersion: "admission.k8s.io/v1",
  kind: "AdmissionReview",
  request: { uid: "u-1", operation: "CREATE", resource, namespace, name: "", object },
});
const network = (config: unknown, name = "net") => review(NETWORKS, { metadata: { name }, spec: { config } });
const pod = (networks: string, more: Record<string, string> = {}, spec: object = {}) =>
  review(PODS, { metadata: { annotations: { "k8s.v1.cni.cncf.io/networks": networks, ...more } }, spec });

const NET = JSON.stringify({
  cniVersion: "1.0.0",
  type: "ipvlan",
  capabilities: { ips: true },
  ipam: { type: "whereabouts", range: "10.0.0.0/24" },
});

const DEVICE = '{"cniVersion":"1.0.0","type":"sriov"}';

function view(
  mode: AdmissionSettings["mode"],
  isolation: Partial<AdmissionSettings["isolation"]> = {},
  denyCodes: readonly string[] = [],
): AdmissionView {
  return {
    settings: {
      mode,
      denyCodes,
      isolation: { enabled: false, globalNamespaces: [], ...isolation },
      excludedNamespaces: [],
    },
    hasPolicies: false,
    network: (_, name) =>
      name === "unknown"
        ? undefined
        : name === "device"
          ? { nad: { namespace: "team", name, config: DEVICE, resourceName: "vendor.com/vf" } }
          : name === "net"
            ? { nad: { namespace: "team", name, config: NET } }
            : "absent",
  };
}

async function ask(
  body: unknown,
  as: AdmissionView = view("Deny"),
): Promise<AdmissionResponse & { verdict: string }> {
  const { body: answer, verdict } = await reviewed(body, as);
  expect(answer).toMatchObject({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: { uid: "u-1" },
  });
  return { ...(answer as { response: AdmissionResponse }).response, verdict };
}

const BROKEN = '{"cniVersion":"0.3.1","type":"macvlan","mode":"brige"}';
const DOUBTFUL = '{"cniVersion":"0.3.1","type":"macvlan","mode":"vepa","mode":"bridge"}';
const RIGHT = '{"cniVersion":"0.3.1","type":"macvlan","mode":"bridge"}';

describe("a NetworkAttachmentDefinition", () => {
  it("that asks a device plugin for its device is let in without a word, and without it with a warning", async () => {
    const config = '{"cniVersion":"1.0.0","type":"sriov"}';
    const annotations = { "k8s.v1.cni.cncf.io/resourceName": "vendor.com/device" };
    const asking = review(NETWORKS, { metadata: { name: "net", annotations }, spec: { config } });
    expect(await ask(asking)).toMatchObject({ allowed: true, verdict: "allowed" });
    expect(await ask(network(config))).toMatchObject({ allowed: true, verdict: "warned" });
  });

  it("that cannot work is rejected in Deny, let in with a warning in Warn, and not looked at in Off", async () => {
    const denied = await ask(network(BROKEN));
    expect(denied).toMatchObject({
      allowed: false,
      verdict: "denied",
      status: { code: 422, reason: "Invalid" },
    });
    expect(denied.status?.message).toMatch(
      /^NetworkAttachmentDefinition net: spec\.config: mode must be one of .*did you mean "bridge"\?\) \(line 1, column \d+\)$/,
    );
    const warned = await ask(network(BROKEN), view("Warn"));
    expect(warned).toMatchObject({ allowed: true, verdict: "warned", warnings: [denied.status?.message] });
    const off = await ask(network(BROKEN), { ...view("Warn"), settings: undefined });
    expect(off).toEqual({ uid: "u-1", allowed: true, verdict: "allowed" });
  });

  it("that is doubtful gets a warning in either mode", async () => {
    for (const mode of ["Warn", "Deny"] as const)
      expect(await ask(network(DOUBTFUL), view(mode))).toMatchObject({
        allowed: true,
        warnings: [expect.stringContaining("mode is a duplicate key")],
      });
  });

  it("with a finding of denyCodes is rejected in either mode", async () => {
    const nested = '{"cniVersion":"1.0.0","type":"multus","logFile":"/etc/cron.d/x","delegates":[]}';
    for (const mode of ["Warn", "Deny"] as const) {
      expect(await ask(network(nested), view(mode))).toMatchObject({ allowed: true, verdict: "warned" });
      const denied = await ask(network(nested), view(mode, {}, ["HOST_PATH"]));
      expect(denied).toMatchObject({ allowed: false, verdict: "denied", status: { code: 422 } });
      expect(denied.status?.message).toMatch(/logFile names a path of the node .* \[HOST_PATH\]/);
      expect(await ask(network(RIGHT), view(mode, {}, ["HOST_PATH"]))).toMatchObject({ verdict: "allowed" });
    }
    const broken = await ask(network(BROKEN), view("Warn", {}, ["HOST_PATH"]));
    expect(broken).toMatchObject({ allowed: true, verdict: "warned" });
  });

  it("that a policy reports is not reported twice, and stays denied", async () => {
    const withPolicies = { ...view("Warn"), hasPolicies: true };
    for (const config of ["x", '{"type":"../x"}', '{"name":"x"}', '{"type":"a\u0001"}']) {
      expect(await ask(network(config), view("Warn"))).toMatchObject({ verdict: "warned" });
      expect(await ask(network(config), withPolicies)).toEqual({
        ...{ uid: "u-1", allowed: true, verdict: "allowed" },
      });
    }
    expect(await ask(network(BROKEN), withPolicies)).toMatchObject({ verdict: "warned" });
    const deny = { ...view("Deny"), hasPolicies: true };
    expect(await ask(network("x"), deny)).toMatchObject({ verdict: "denied" });
    const evil = '{"type":"multus","logFile":"/etc/cron.d/x","delegates":[{"type":"../x"}]}';
    const denying = { ...view("Warn", {}, ["HOST_PATH"]), hasPolicies: true };
    expect(await ask(network(evil), denying)).toMatchObject({ allowed: false, verdict: "denied" });
  });

  it("that is too long to be checked is rejected if anything is forbidden", async () => {
    const long = `{"type":"multus","a":"${"x".repeat(600_000)}"}`;
    expect(await ask(network(long), view("Warn"))).toMatchObject({ allowed: true });
    expect(await ask(network(long), view("Warn", {}, ["HOST_PATH"]))).toMatchObject({ allowed: false });
    const many = `{"type":"multus","a":[${"0,".repeat(5_000)}0],"logFile":"/etc/cron.d/x"}`;
    expect(await ask(network(many), view("Warn"))).toMatchObject({ allowed: true });
    expect(await ask(network(many), view("Warn", {}, ["HOST_PATH"]))).toMatchObject({ allowed: false });
  });

  it("that is right, or empty, passes without a word", async () => {
    for (const config of [RIGHT, "", undefined])
      expect(await ask(network(config))).toEqual({ uid: "u-1", allowed: true, verdict: "allowed" });
    expect(await ask(review(NETWORKS, { metadata: { name: "net" } }))).toMatchObject({ allowed: true });
  });

  it("whose configuration is no text is rejected", async () => {
    expect((await ask(network({ type: "macvlan" }))).status?.message).toContain(
      "must be a string that contains JSON",
    );
  });

  it("with a dot in its name is told how pods ask for it", async () => {
    expect((await ask(network(RIGHT, "a.b"))).warnings).toEqual([expect.stringContaining("JSON form")]);
  });

  it("of any size and content gets an answer of bounded length, on one line", async () => {
    const long = `{"plugins":[${Array(200)
      .fill(`{"type":"macvlan","mode":"\u202e\u2028${"x".repeat(300)}"}`)
      .join()}]}`;
    for (const text of [long, "x".repeat(3_000_000), `[${"[".repeat(100_000)}`]) {
      const { status, warnings = [] } = await ask(network(text));
      expect(status?.message.length).toBeLessThan(3200);
      expect(warnings.length).toBeLessThanOrEqual(12);
      expect(`${status?.message}${warnings.join("")}`).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
  });
});

describe("a pod", () => {
  it("whose request cannot be read is rejected", async () => {
    for (const request of ["[", '{"name":"net"}', "a/b/c", "[null]", "Net"])
      expect(await ask(pod(request))).toMatchObject({ allowed: false, verdict: "denied" });
  });

  it("whose request a policy reports gets no second warning, but those on the other annotation", async () => {
    const key = "v1.multus-cni.io/default-network";
    const withPolicies = { ...view("Warn"), hasPolicies: true };
    expect((await ask(pod("[", { [key]: "a,b" }), view("Warn"))).warnings).toHaveLength(2);
    expect((await ask(pod("[", { [key]: "a,b" }), withPolicies)).warnings).toEqual([
      expect.stringContaining("names 2 networks"),
    ]);
  });

  it("that asks for a network that does not exist gets a warning, but none where that is not known", async () => {
    const { allowed, warnings } = await ask(pod("net,other/missing,net"));
    expect(allowed).toBe(true);
    expect(warnings).toEqual([expect.stringContaining("requests other/missing, which does not exist")]);
    expect(await ask(pod("net,unknown"))).toEqual({ uid: "u-1", allowed: true, verdict: "allowed" });
  });

  it("that asks for a network which isolation forbids is rejected", async () => {
    const isolated = view("Deny", { enabled: true, globalNamespaces: ["shared"] });
    const denied = await ask(pod("other/net"), isolated);
    expect(denied.status?.message).toContain(
      "requests other/net, which namespace isolation forbids: pods in team may use networks in their own namespace and in shared",
    );
    for (const request of ["net", "team/net", "shared/net"])
      expect(await ask(pod(request), isolated)).toMatchObject({ allowed: true, verdict: "allowed" });
  });

  it("with hostNetwork is told that its request has no effect", async () => {
    const { warnings } = await ask(pod("[", {}, { hostNetwork: true }));
    expect(warnings).toEqual([expect.stringContaining("has no effect")]);
  });

  it("may name one first network", async () => {
    const key = "v1.multus-cni.io/default-network";
    expect(await ask(pod("", { [key]: "net" }))).toMatchObject({ allowed: true, verdict: "allowed" });
    expect((await ask(pod("", { [key]: "a,b" }))).status?.message).toContain("names 2 networks");
    for (const wrong of ["a/b/c", "", "[]"])
      expect((await ask(pod("", { [key]: wrong }))).allowed).toBe(false);
  });

  it("gets no warning of a first network that is in the namespace where Multus searches", async () => {
    const of = view("Warn");
    const elsewhere = pod("", { "v1.multus-cni.io/default-network": "net" });
    const network = (namespace: string) => (namespace === "kube-system" ? "absent" : { nad: undefined });
    const seen = { ...of, network } as typeof of;
    expect((await ask(elsewhere, seen)).warnings).toEqual([
      expect.stringContaining("(kube-system), not the"),
    ]);
    const thick = { ...seen, settings: { ...of.settings, multusNamespace: "multus" } } as typeof of;
    expect(await ask(elsewhere, thick)).toMatchObject({ verdict: "allowed" });
  });

  it("is checked for the release that runs, and its first network for what that never gets", async () => {
    const of = view("Warn");
    const old = { ...of, settings: { ...of.settings, version: "v3.4.2" } } as typeof of;
    expect((await ask(pod("net@net_1"), old)).warnings).toEqual([
      expect.stringContaining("Multus v3.4.2 rejects"),
    ]);
    expect((await ask(pod("net@net_1"))).allowed).toBe(true);
    const first = pod("", { "v1.multus-cni.io/default-network": "kube-system/net@net1" });
    expect((await ask(first)).warnings).toEqual([expect.stringContaining("instead of eth0")]);
  });

  it("whose default network has no ipam is rejected: it would never start", async () => {
    const key = "v1.multus-cni.io/default-network";
    const of = (config: string) => ({
      ...view("Deny"),
      network: () => ({ nad: { namespace: "team", name: "net", config } }),
    });
    const layer2 = '{"cniVersion":"1.0.0","type":"bridge"}';
    const { status } = await ask(pod("", { [key]: "team/net" }), of(layer2));
    expect(status?.message).toContain('requests "team/net", which has no ipam');
    expect((await ask(pod("", { [key]: "team/net" }), of(NET))).allowed).toBe(true);
    expect((await ask(pod("team/net"), of(layer2))).allowed).toBe(true);
  });

  it("that requests a second default route is rejected, also of its default network", async () => {
    const route = (gateway: string) => `[{"name":"net","namespace":"team","default-route":["${gateway}"]}]`;
    const both = (gateway: string) =>
      pod(route("10.0.0.1"), { "v1.multus-cni.io/default-network": route(gateway) });
    expect((await ask(both("10.0.0.2"))).status?.message).toContain(
      "together with that of v1.multus-cni.io/default-network",
    );
    expect((await ask(both("fd00::1"))).allowed).toBe(true);
    const two = route('10.0.0.1","10.0.0.2');
    const alone = await ask(pod("", { "v1.multus-cni.io/default-network": two }), view("Warn"));
    expect(alone).toMatchObject({
      allowed: true,
      warnings: [expect.stringContaining("sets the first only")],
    });
  });

  it("that names an interface twice is rejected, also by the position of another network", async () => {
    const { status } = await ask(pod("net,net@net1"));
    expect(status?.message).toContain('names the interface "net1" more than once');
    expect((await ask(pod("net@net2,net@net1"))).allowed).toBe(true);
  });

  it("that asks for what no plugin of the NAD takes is told so, once each", async () => {
    const asks = (more: object) => ({ name: "net", ...more });
    const port = { portMappings: [{ hostPort: 80, containerPort: 80 }] };
    const requests = [
      asks({ ips: ["10.0.0.5/24"] }),
      asks({ ...port, mac: "02:00:00:00:00:01" }),
      asks(port),
    ];
    const { allowed, warnings = [] } = await ask(pod(JSON.stringify(requests)));
    expect(allowed).toBe(true);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('requests "mac" of "team/net", but none of its plugins');
    expect(warnings[1]).toContain('add "capabilities": {"portMappings": true} to the NAD');
    for (const text of warnings) expect(text).not.toContain("…");
    expect(await ask(pod('[{"name": "unknown", "mac": "02:00:00:00:00:01"}]'))).toMatchObject({
      verdict: "allowed",
    });
  });

  it("that requests fewer devices than its networks need gets a warning", async () => {
    const containers = (amount: number) => ({
      containers: [{ name: "c", resources: { limits: { "vendor.com/vf": `${amount}` } } }],
    });
    const { allowed, warnings } = await ask(pod("device@a,device@b", {}, containers(1)));
    expect(allowed).toBe(true);
    expect(warnings).toEqual([
      expect.stringContaining(
        'requires 2 of "vendor.com/vf" for "team/device", but the containers request 1',
      ),
    ]);
    expect(await ask(pod("device@a,device@b", {}, containers(2)))).toMatchObject({ verdict: "allowed" });
    const claiming = { ...containers(0), resourceClaims: [{ name: "vf", resourceClaimName: "vf" }] };
    expect(await ask(pod("device", {}, claiming))).toMatchObject({ verdict: "allowed" });
    const isolated = view("Warn", { enabled: true });
    const forbidden = await ask(pod("other/device", {}, containers(0)), isolated);
    expect(forbidden.warnings).toEqual([expect.stringContaining("isolation forbids")]);
  });

  it("is looked up for no more than 64 networks", async () => {
    let asked = 0;
    const counting = { ...view("Warn"), network: () => (asked++ < 0 ? undefined : ("absent" as const)) };
    const { warnings = [] } = await ask(
      pod(Array.from({ length: 500 }, (_, i) => `n${i}`).join(",")),
      counting,
    );
    expect(asked).toBe(64);
    expect(warnings).toHaveLength(12);
    expect(warnings.at(-1)).toBe("and 53 more");
  });
});

describe("a template of pods", () => {
  const template = (networks: string) => ({
    metadata: { annotations: { "k8s.v1.cni.cncf.io/networks": networks } },
  });
  const kinds = [
    ["apps", "deployments", { template: template("a/b/c") }],
    ["apps", "daemonsets", { template: template("a/b/c") }],
    ["apps", "statefulsets", { template: template("a/b/c") }],
    ["batch", "jobs", { template: template("a/b/c") }],
    ["batch", "cronjobs", { jobTemplate: { spec: { template: template("a/b/c") } } }],
  ] as const;

  it("whose pods all request one address gets a warning", async () => {
    const deployment = (replicas: number) =>
      review(
        { group: "apps", version: "v1", resource: "deployments" },
        {
          kind: "Deployment",
          spec: { replicas, template: template('[{"name":"net","ips":["10.0.0.5/24"]}]') },
        },
      );
    expect((await ask(deployment(3))).warnings).toEqual([
      expect.stringContaining('requests "10.0.0.5/24" of "team/net" for 3 pods'),
    ]);
    expect(await ask(deployment(1))).toMatchObject({ verdict: "allowed" });
    const set = {
      kind: "DaemonSet",
      spec: { template: template('[{"name":"net","mac":"02:00:00:00:00:01"}]') },
    };
    const answer = await ask(review({ group: "apps", version: "v1", resource: "daemonsets" }, set));
    expect(answer.warnings).toContainEqual(expect.stringContaining("for a pod on each node"));
  });

  it.each(kinds)(
    "of %s %s gets a warning in Deny too, and is never rejected",
    async (group, resource, spec) => {
      const { allowed, warnings } = await ask(review({ group, version: "v1", resource }, { spec }));
      expect(allowed).toBe(true);
      expect(warnings).toEqual([
        expect.stringMatching(/^the template's metadata\.annotations\[.*\] has more than one "\/"/),
      ]);
    },
  );

  it("that is right passes without a word", async () => {
    const object = { spec: { template: template("net") } };
    const deployments = { group: "apps", version: "v1", resource: "deployments" };
    expect(await ask(review(deployments, object))).toEqual({ uid: "u-1", allowed: true, verdict: "allowed" });
  });
});

describe("anything else", () => {
  it("that is an AdmissionReview is let in", async () => {
    const other = review({ group: "apps", version: "v1", resource: "replicasets" }, { metadata: {} });
    expect(await ask(other)).toMatchObject({ allowed: true, verdict: "allowed" });
  });

  it("is rejected with an error, whatever it is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        await expect(reviewed(value, view("Deny"))).rejects.toThrow();
      }),
    );
    await expect(reviewed(review(NETWORKS, "text"), view("Deny"))).rejects.toThrow();
    await expect(
      reviewed(review(PODS, { metadata: { annotations: { a: 1 } } }), view("Deny")),
    ).rejects.toThrow();
  });
});
