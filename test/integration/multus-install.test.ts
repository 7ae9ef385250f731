import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { MULTUS_INSTALL } from "../../src/crds/multus-install/multus-install.ts";
import type { InstallOperator } from "../../src/install-operator.ts";
import type { RequestInfo } from "../../src/kube/client.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { untilQuiet, waitUntil } from "../cluster/daemon.ts";
import { TestInstall } from "../cluster/installs.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { applyInstallDefinition, startInstallController } from "./install-controller.ts";

/** The install controller against a real API server and a real DaemonSet controller, without nodes. */

let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let controller: InstallOperator;
const requests: RequestInfo[] = [];
/** All requests that were answered, with the status of the answer. */
const answers: { request: RequestInfo; status: number }[] = [];
/** What happens right before the operator adds its finalizer to a MultusInstall of this name. */
let beforeFinalizer: { name: string; act: () => Promise<unknown> } | undefined;
/** What happens right before the operator writes a status. */
let beforeStatus: ((status: object) => Promise<void>) | undefined;

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true });
  kubectl = new Kubectl(plane.kubeconfig);
  await applyInstallDefinition(kubectl);
  controller = await startInstallController(plane.kubeconfig, {
    hooks: {
      before: async (request) => {
        requests.push(request);
        if (request.method === "PATCH" && request.path.endsWith(`/multusinstalls/${beforeFinalizer?.name}`)) {
          const { act } = beforeFinalizer ?? {};
          beforeFinalizer = undefined;
          await act?.();
        }
        if (isStatusWrite(request)) await beforeStatus?.((request.body as { status: object }).status);
      },
      after: (request, status) => void answers.push({ request, status }),
    },
  });
});

afterAll(async () => {
  await controller?.stop();
  await plane?.stop();
});

beforeEach(async () => {
  await kubectl.run("delete", "multusinstall", "--all", "--timeout=120s");
});

const isStatusWrite = ({ method, path }: RequestInfo) =>
  method === "PATCH" && path.endsWith("/multusinstalls/multus/status");
const isObjectWrite = ({ method, path, query }: RequestInfo) =>
  ["PATCH", "POST"].includes(method) &&
  query?.dryRun === undefined &&
  !/\/(multusinstalls|events|networkattachmentreports)(\/|$)/.test(path);

interface Install {
  metadata: { generation: number; finalizers?: string[] };
  status?: {
    conditions?: {
      type: string;
      status: string;
      reason: string;
      message: string;
      observedGeneration: number;
    }[];
    inventory?: { kind: string; name: string }[];
  };
}

const installNamed = (name = "multus") => new TestInstall(kubectl, name);
const apply = async (spec: object = {}, name?: string) => await installNamed(name).apply(spec);
const reason = async (type: string, expected: string, name?: string) =>
  await installNamed(name).reason(type, expected);

const OWNED = [
  ["customresourcedefinition", "network-attachment-definitions.k8s.cni.cncf.io"],
  ["serviceaccount", "multus"],
  ["clusterrole", "multus"],
  ["clusterrolebinding", "multus"],
  ["configmap", "multus-daemon-config"],
  ["daemonset", "kube-multus-ds"],
] as const;

const exists = async (kind: string, name: string) =>
  (await kubectl.run("get", kind, name, "-n", "kube-system", "--ignore-not-found", "-o", "name")) !== "";

it("applies every object of the install, and is not Ready while no node has Multus", async () => {
  await apply({ mode: "Thick" });
  expect(await reason("Ready", "NoMatchingNodes")).toContain("nodeSelector");
  for (const [kind, name] of OWNED) expect(await exists(kind, name), `${kind} ${name}`).toBe(true);
  const { metadata, status } = await new TestInstall(kubectl).now<Install>();
  expect(metadata.finalizers).toContain("multus-operator.dev/cleanup");
  expect(status?.inventory?.map(({ kind }) => kind.toLowerCase()).toSorted()).toEqual(
    OWNED.map(([kind]) => kind).toSorted(),
  );
});

describe("a status that was changed a moment before the operator writes it (409)", () => {
  afterEach(() => {
    beforeStatus = undefined;
  });

  /** Runs an install in which another writes first, before these of the operator's writes, and returns what was answered. */
  async function conflicting(times: number, isMeant: (status: object) => boolean) {
    let left = times;
    beforeStatus = async (status) => {
      if (left === 0 || !isMeant(status)) return;
      left--;
      await kubectl.client.patch(
        { type: MULTUS_INSTALL, name: "multus" },
        { metadata: { annotations: { "example.org/left": String(left) } } },
      );
    };
    const from = answers.length;
    await apply({ mode: "Thick" });
    await reason("Ready", "NoMatchingNodes");
    const found = answers.slice(from);
    expect(found.filter(({ request, status }) => isStatusWrite(request) && status === 409)).toHaveLength(
      times,
    );
    const { metadata, status } = await new TestInstall(kubectl).now<Install>();
    expect(metadata.annotations).toEqual({ "example.org/left": "0" });
    expect(status?.inventory?.map(({ kind }) => kind.toLowerCase()).toSorted()).toEqual(
      OWNED.map(([kind]) => kind).toSorted(),
    );
    const failures = await kubectl.run(
      "get",
      "events",
      "-A",
      "--field-selector",
      "reason=ApplyFailed",
      "-o",
      "name",
    );
    expect(failures).toBe("");
    return found;
  }

  it("in mid-pass: nothing is created before the inventory that names it is written", async () => {
    const found = await conflicting(3, (status) => !("conditions" in status));
    const recorded = found.findIndex(({ request, status }) => isStatusWrite(request) && status === 200);
    const created = found.findIndex(({ request }) => isObjectWrite(request));
    expect(recorded).toBeGreaterThan(-1);
    expect(created).toBeGreaterThan(recorded);
  });

  it("at the end: it is written again, and no object is", async () => {
    const found = await conflicting(2, (status) => "conditions" in status);
    const written = found.filter(({ request }) => isObjectWrite(request)).map(({ request }) => request.path);
    expect(written.length).toBeGreaterThanOrEqual(OWNED.length - 1);
    expect(new Set(written).size).toBe(written.length);
  });
});

it("sends nothing at all while nothing changes", async () => {
  await apply();
  await reason("Ready", "NoMatchingNodes");
  await untilQuiet("the operator", () => requests.length);
  const before = requests.length;
  await sleep(4000);
  expect(requests.slice(before).map(({ method, path }) => `${method} ${path}`)).toEqual([]);
});

it.each(OWNED.filter(([kind]) => kind !== "customresourcedefinition"))(
  "creates a deleted %s %s again",
  async (kind, name) => {
    await apply({ mode: "Thick" });
    await reason("Ready", "NoMatchingNodes");
    await kubectl.run("delete", kind, name, "-n", "kube-system", "--wait=false");
    await waitUntil(`${kind} ${name} to be back`, async () => {
      const { metadata } = await kubectl.get<{ metadata: { deletionTimestamp?: string } }>(
        kind,
        name,
        "-n",
        "kube-system",
      );
      return metadata.deletionTimestamp === undefined;
    });
  },
);

it("sets a changed field back, and leaves the fields of other managers alone", async () => {
  await apply();
  await reason("Ready", "NoMatchingNodes");
  const patch = {
    metadata: { annotations: { "example.org/mine": "stays" } },
    spec: {
      template: { spec: { hostNetwork: false, containers: [{ name: "kube-multus", image: "evil:1" }] } },
    },
  };
  await kubectl.run(
    "patch",
    "daemonset",
    "kube-multus-ds",
    "-n",
    "kube-system",
    "--type=strategic",
    "-p",
    JSON.stringify(patch),
  );
  await waitUntil("the image to be set back", async () => {
    const { metadata, spec } = await kubectl.get<{
      metadata: { annotations: Record<string, string> };
      spec: { template: { spec: { hostNetwork?: boolean; containers: { image: string }[] } } };
    }>("daemonset", "kube-multus-ds", "-n", "kube-system");
    expect(metadata.annotations["example.org/mine"]).toBe("stays");
    return (
      spec.template.spec.containers[0]?.image === "ghcr.io/k8snetworkplumbingwg/multus-cni:v4.3.1" &&
      spec.template.spec.hostNetwork === true
    );
  });
});

it("takes an object back whose labels were stripped", async () => {
  await apply();
  await reason("Ready", "NoMatchingNodes");
  await kubectl.run(
    "label",
    "clusterrole",
    "multus",
    "app.kubernetes.io/managed-by-",
    "multus-operator.dev/install-",
  );
  await waitUntil("the labels to be back", async () =>
    (await kubectl.run("get", "clusterrole", "multus", "-o", "jsonpath={.metadata.labels}")).includes(
      "multus-operator.dev/install",
    ),
  );
});

it("prunes what the new spec has no more, and nothing else", async () => {
  await apply({ mode: "Thick" });
  await reason("Ready", "NoMatchingNodes");
  await kubectl.run("create", "configmap", "bystander", "-n", "kube-system");
  await apply({ version: "v3.4.2" });
  await reason("Ready", "NoMatchingNodes");
  expect(await exists("configmap", "multus-daemon-config")).toBe(false);
  await waitUntil("the old DaemonSet to be gone", async () => !(await exists("daemonset", "kube-multus-ds")));
  expect(await exists("daemonset", "kube-multus-ds-amd64")).toBe(true);
  expect(await exists("configmap", "bystander")).toBe(true);
  await kubectl.run("delete", "configmap", "bystander", "-n", "kube-system");
});

it("lets the oldest install act and reports it in the second one's status", async () => {
  await apply({}, "zebra");
  await reason("Ready", "NoMatchingNodes", "zebra");
  await sleep(1100); // creationTimestamp has whole seconds
  await apply({ mode: "Thick" }, "aardvark");
  expect(await reason("Stalled", "SecondInstall", "aardvark")).toContain("zebra");
  expect(await exists("configmap", "multus-daemon-config")).toBe(false);
  await kubectl.run("delete", "multusinstall", "zebra", "--timeout=120s");
  await reason("Ready", "NoMatchingNodes", "aardvark");
  expect(await exists("configmap", "multus-daemon-config")).toBe(true);
});

it("leaves Multus to the active install if one that was active for a moment is deleted", async () => {
  // The second one is created in the same second, and is the first by name, when the operator has begun with the other.
  for (let sameSecond = false; !sameSecond; ) {
    await kubectl.run("delete", "multusinstall", "--all", "--timeout=120s");
    await sleep(1000 - (Date.now() % 1000));
    beforeFinalizer = { name: "zebra", act: () => apply({ mode: "Thick" }, "aardvark") };
    await apply({ mode: "Thick" }, "zebra");
    await waitUntil("both to be there", async () => {
      const names = await kubectl.run("get", "multusinstall", "-o", "name");
      return names.includes("/zebra") && names.includes("/aardvark");
    });
    const [one, other] = await Promise.all(
      ["zebra", "aardvark"].map((name) =>
        kubectl.get<{ metadata: { creationTimestamp: string } }>("multusinstall", name),
      ),
    );
    sameSecond = one?.metadata.creationTimestamp === other?.metadata.creationTimestamp;
  }
  await reason("Ready", "NoMatchingNodes", "aardvark");
  expect(await reason("Stalled", "SecondInstall", "zebra")).toContain("Delete this one");
  const objects = async () =>
    await Promise.all(
      OWNED.map(([kind, name]) =>
        kubectl.run("get", kind, name, "-n", "kube-system", "-o", "jsonpath={.metadata.uid}"),
      ),
    );
  const before = await objects();
  await kubectl.run("delete", "multusinstall", "zebra", "--timeout=120s");
  expect(await objects()).toEqual(before);
  await reason("Ready", "NoMatchingNodes", "aardvark");
});

it("writes nothing while paused, says what differs, and repairs it afterwards", async () => {
  await apply();
  await reason("Ready", "NoMatchingNodes");
  await apply({ paused: true });
  await reason("Reconciling", "Paused");
  await kubectl.run("delete", "clusterrolebinding", "multus");
  await waitUntil("the status to name it", async () =>
    (await reason("Ready", "Paused")).includes("ClusterRoleBinding multus"),
  );
  expect(await exists("clusterrolebinding", "multus")).toBe(false);
  await apply({ paused: false });
  await waitUntil("it to be back", () => exists("clusterrolebinding", "multus"));
});

it("does not silently take over an object that it did not create", async () => {
  const foreign = {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "multus" },
    rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }],
  };
  await kubectl.runWithInput(JSON.stringify(foreign), "apply", "-f", "-");
  await apply();
  expect(await reason("Stalled", "OwnershipConflict")).toContain("owns rules");
  expect((await kubectl.get<{ rules: unknown[] }>("clusterrole", "multus")).rules).toEqual(foreign.rules);
  await kubectl.run("delete", "clusterrole", "multus");
  await reason("Ready", "NoMatchingNodes");
});

it("rejects a spec that Multus would crash on, naming the field", async () => {
  await apply({ primaryNetwork: { source: "Inline", config: '{"name":"x","plugins":[]}' } });
  expect(await reason("Stalled", "InvalidSpec")).toContain("spec.primaryNetwork.config");
  expect(await exists("daemonset", "kube-multus-ds")).toBe(false);
});

it("warns of a tag that moves in a condition, until a release is named", async () => {
  await apply({ image: { tag: "snapshot" } });
  expect(await reason("Warning", "MovingTag")).toContain("spec.image.tag: snapshot moves");
  await apply({ image: { tag: "v4.3.0" } });
  expect(await reason("Warning", "Settled")).toBe("");
});

it("says what the API server rejects as invalid, and does not ask again and again", async () => {
  const name = "no-multus";
  const rule = {
    apiGroups: ["apps"],
    apiVersions: ["v1"],
    operations: ["CREATE"],
    resources: ["daemonsets"],
  };
  const kind = "ValidatingAdmissionPolicy";
  const policy = {
    matchConstraints: { resourceRules: [rule] },
    validations: [{ expression: "object.metadata.name != 'kube-multus-ds'", message: "not in this cluster" }],
  };
  const binding = { policyName: name, validationActions: ["Deny"] };
  for (const [suffix, spec] of Object.entries({ "": policy, Binding: binding }))
    await kubectl.runWithInput(
      JSON.stringify({
        apiVersion: "admissionregistration.k8s.io/v1",
        kind: kind + suffix,
        metadata: { name },
        spec,
      }),
      "apply",
      "-f",
      "-",
    );
  const probe = {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "kube-multus-ds", namespace: "kube-system" },
    spec: {
      selector: { matchLabels: { a: "b" } },
      template: { metadata: { labels: { a: "b" } }, spec: { containers: [{ name: "a", image: "a" }] } },
    },
  };
  const isRejected = async () => {
    const tried = kubectl.runWithInput(JSON.stringify(probe), "create", "--dry-run=server", "-f", "-");
    return await tried.then(
      () => false,
      (error: unknown) => String(error).includes("not in this cluster"),
    );
  };
  // Also if the test fails: the next ones have the same API server.
  onTestFinished(async () => {
    for (const each of [kind, `${kind}Binding`])
      await kubectl.run("delete", each, name, "--ignore-not-found");
    await waitUntil("the policy to be gone", async () => !(await isRejected()));
  });
  await waitUntil("the policy to be enforced", isRejected);
  await apply();
  expect(await reason("Stalled", "Rejected")).toContain("not in this cluster");
  await untilQuiet("the operator", () => requests.length);
  const before = requests.length;
  await sleep(3000);
  // The first retry comes after 5 s, the next one 5 s later: one at most may be in these 3 s, on a slow machine.
  const sent = requests.slice(before).map(({ method, path }) => `${method} ${path}`);
  expect(sent.filter((request, index) => sent.indexOf(request) !== index)).toEqual([]);
  await kubectl.run("delete", kind, name);
  await kubectl.run("delete", `${kind}Binding`, name);
  await waitUntil("the policy to be gone", async () => !(await isRejected()));
  await apply({ logging: { level: "error" } });
  await reason("Ready", "NoMatchingNodes");
});

it("removes what it applied, and the NAD CRD only when asked", async () => {
  await apply({ mode: "Thick" });
  await reason("Ready", "NoMatchingNodes");
  await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
  for (const [kind, name] of OWNED.slice(1)) expect(await exists(kind, name), `${kind} ${name}`).toBe(false);
  expect(await exists(...OWNED[0])).toBe(true);
  await apply({ uninstall: { networkDefinitions: "Delete" } });
  await reason("Ready", "NoMatchingNodes");
  await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
  await waitUntil("the CRD to be gone", async () => !(await exists(...OWNED[0])));
});

it("finds what to remove even when its inventory was lost", async () => {
  await apply({ mode: "Thick" });
  await reason("Ready", "NoMatchingNodes");
  await apply({ mode: "Thick", paused: true });
  await reason("Reconciling", "Paused");
  await kubectl.run(
    "patch",
    "multusinstall",
    "multus",
    "--subresource=status",
    "--type=merge",
    "-p",
    '{"status":{"inventory":null}}',
  );
  await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
  for (const [kind, name] of OWNED.slice(1)) expect(await exists(kind, name), `${kind} ${name}`).toBe(false);
});

it("leaves a NAD CRD that was there before alone, also when the spec asks to delete the CRD", async () => {
  const name = OWNED[0][1];
  await kubectl.run("delete", "crd", name, "--ignore-not-found");
  const [group, plural] = ["k8s.cni.cncf.io", "network-attachment-definitions"];
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const foreign = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural, kind: "NetworkAttachmentDefinition", shortNames: ["theirs"] },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  };
  await kubectl.runWithInput(JSON.stringify(foreign), "create", "-f", "-");
  await apply({ uninstall: { networkDefinitions: "Delete" } });
  await reason("Ready", "NoMatchingNodes");
  const shortNames = async () =>
    await kubectl.run("get", "crd", name, "-o", "jsonpath={.spec.names.shortNames}");
  expect(await shortNames()).toBe('["theirs"]');
  await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
  expect(await shortNames()).toBe('["theirs"]');
  await kubectl.run("delete", "crd", name);
});

it("writes nothing for a namespace that does not exist, and can be deleted", async () => {
  await apply({ namespace: "nowhere" });
  expect(await reason("Stalled", "NamespaceMissing")).toContain("nowhere");
  expect(await exists("clusterrole", "multus")).toBe(false);
  await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
});

it("detects the distribution by its nodes, reports the evidence, and keeps the result", async () => {
  const volumes = async () =>
    await kubectl.run(
      ...["get", "daemonset", "kube-multus-ds", "-n", "kube-system", "--ignore-not-found"],
      ...["-o", "jsonpath={.spec.template.spec.volumes[*].hostPath.path}"],
    );
  const node = async (name: string, kubeletVersion: string) => {
    const object = { apiVersion: "v1", kind: "Node", metadata: { name } };
    await kubectl.runWithInput(JSON.stringify(object), "create", "-f", "-");
    const nodeInfo = { kubeletVersion, operatingSystem: "linux", osImage: "Debian" };
    const patch = JSON.stringify({ status: { nodeInfo } });
    await kubectl.run("patch", "node", name, "--subresource=status", "--type=merge", "-p", patch);
  };
  await node("first", "v1.36.1+k3s1");
  await apply();
  await waitUntil("Multus in K3s' directories", async () =>
    (await volumes()).includes("/var/lib/rancher/k3s/agent/etc/cni/net.d"),
  );
  const shown = async () =>
    await kubectl.run("get", "multusinstall", "multus", "-o", "jsonpath={.status.distribution}");
  await waitUntil("the status to say so", async () => (await shown()) !== "");
  expect(JSON.parse(await shown())).toEqual({
    name: "K3s",
    evidence: "kubelet v1.36.1+k3s1 on the only node",
  });
  await kubectl.run("delete", "node", "first");
  await node("second", "v1.36.1");
  await apply({ workload: { labels: { seen: "anew" } } });
  await waitUntil("the new spec to be seen", async () =>
    (await kubectl.run("get", "daemonset", "kube-multus-ds", "-n", "kube-system", "-o", "yaml")).includes(
      "seen: anew",
    ),
  );
  expect(await volumes()).toContain("/var/lib/rancher/k3s/agent/etc/cni/net.d");
  await apply({ distribution: "Kubernetes" });
  await waitUntil("Multus in the usual directories", async () => !(await volumes()).includes("rancher"));
  await apply({ cni: { confDir: "/var/snap/microk8s/current/args/cni-network" } });
  expect(await reason("Stalled", "InvalidSpec")).toContain("spec.cni.confDir");
  await kubectl.run("delete", "node", "second");
});

it("is found whole by the next install of its name if the finalizer was stripped", async () => {
  await apply({ mode: "Thick" });
  await reason("Ready", "NoMatchingNodes");
  await apply({ mode: "Thick", paused: true }); // else the finalizer is back at once
  await reason("Reconciling", "Paused");
  const strip = '{"metadata":{"finalizers":null}}';
  await kubectl.run("patch", "multusinstall", "multus", "--type=merge", "-p", strip);
  await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
  for (const [kind, name] of OWNED.slice(1)) expect(await exists(kind, name), `${kind} ${name}`).toBe(true);
  await apply({ mode: "Thick" });
  await reason("Ready", "NoMatchingNodes");
  await kubectl.run("delete", "multusinstall", "multus", "--timeout=120s");
  for (const [kind, name] of OWNED.slice(1)) expect(await exists(kind, name), `${kind} ${name}`).toBe(false);
});
