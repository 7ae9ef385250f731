import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Admission } from "../../src/controllers/admission/admission.ts";
import { DepartedReplicas } from "../../src/controllers/admission/departed-replicas.ts";
import { Caches } from "../../src/controllers/shared/caches.ts";
import {
  MULTUS_INSTALL_API_VERSION,
  parseMultusInstall,
} from "../../src/crds/multus-install/multus-install.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { EventRecorder } from "../../src/kube/events.ts";
import { networkDefinition } from "../../src/render/definition.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { untilQuiet, waitUntil } from "../cluster/daemon.ts";
import { untilEstablished } from "../cluster/established.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { admissionObjects, network, printed, trustedCertificates, WRONG_MODE } from "./admission-requests.ts";
import { appliedExample } from "./guide-examples.ts";

/**
 * Admission against a real API server, which calls the webhook of this process, with the rights that the
 * chart's role gives: what kubectl shows, what is rejected, certificates, and what is left afterwards.
 */

const NAMESPACE = "multus-operator";
const DAY = 86_400_000;
const RIGHT = '{"cniVersion":"0.3.1","type":"macvlan","mode":"bridge"}';
const WITH_PATH = '{"cniVersion":"0.3.1","type":"../../tmp/x"}';

const GUIDE = "docs/guides/admission.md";

let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let operatorKubeconfig: string;
/** The operator's time, ms. It begins so long ago that a certificate made then is due now, and still valid. */
let clock = Date.now() - 61 * DAY;
const running: Admission[] = [];
/** How many requests of all replicas have changed something, or were meant to. */
let writes = 0;
const cachesOf = new WeakMap<Admission, Caches>();

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true });
  kubectl = new Kubectl(plane.kubeconfig);
  await kubectl.run("apply", "--server-side", "-f", "manifests/install.yaml");
  // It holds the webhook to its Service, which leads to pods; here it is this process, reached by a URL.
  await kubectl.run("delete", "validatingadmissionpolicybinding", "multus-operator-webhook");
  await untilEstablished(kubectl, "multusinstalls.multus-operator.dev");
  const install = parseMultusInstall(installOf({}));
  if (!install.ok) throw new Error("the default install is not valid");
  await apply(networkDefinition(install.value));
  await untilEstablished(kubectl, "network-attachment-definitions.k8s.cni.cncf.io");
  await kubectl.run("create", "namespace", "tenant");
  for (const namespace of ["default", "tenant", "kube-system"])
    await waitUntil("the service account", async () => {
      await kubectl.run("get", "serviceaccount", "default", "-n", namespace);
      return true;
    });
  operatorKubeconfig = await plane.kubeconfigForServiceAccount(NAMESPACE, NAMESPACE);
});

afterAll(async () => {
  for (const admission of [...running]) await stopReplica(admission);
  await plane?.stop();
});

function installOf(spec: object) {
  return {
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: "MultusInstall",
    metadata: { name: "multus" },
    spec,
  };
}

async function apply(object: object): Promise<void> {
  await kubectl.runWithInput(JSON.stringify(object), "apply", "-f", "-");
}

const setMode = (admission: string, spec: object = {}, denyCodes?: readonly string[]) =>
  apply(installOf({ ...spec, attachments: { admission, ...(denyCodes ? { denyCodes } : {}) } }));

async function startReplica(name: string, leads: boolean): Promise<Admission> {
  const client = new KubeClient(connect({ kubeconfig: operatorKubeconfig }), {
    before: ({ method, query }) => {
      if (method !== "GET" && query?.dryRun === undefined) writes++;
    },
  });
  const log = pino({ level: process.env.TEST_LOG ?? "silent" });
  const caches = new Caches(client, log);
  const admission = new Admission({
    client,
    caches,
    log,
    metrics: new Metrics(),
    events: new EventRecorder(client, log, { controller: "multus-operator.dev/admission", instance: name }),
    namespace: NAMESPACE,
    webhook: { port: 0, host: "127.0.0.1", url: "https://127.0.0.1", replica: name },
    now: () => new Date(clock),
  });
  running.push(admission);
  cachesOf.set(admission, caches);
  await admission.serve();
  if (leads) admission.lead();
  return admission;
}

async function stopReplica(admission: Admission): Promise<void> {
  running.splice(running.indexOf(admission), 1);
  await Promise.all([admission.stop(), cachesOf.get(admission)?.stop()]);
  await admission.close();
}

/** What kubectl prints on both outputs; `apply` where no arguments are given. */
const shown = (object: object, ...args: string[]) =>
  printed(kubectl, object, ...(args.length > 0 ? args : ["apply"]));

const pod = (request: string, namespace = "default", spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "pod", namespace, annotations: { "k8s.v1.cni.cncf.io/networks": request } },
  spec: { containers: [{ name: "c", image: "i" }], ...spec },
});

const dryRun = ["apply", "--dry-run=server"];
const warned = async () =>
  (await shown(network(WRONG_MODE), ...dryRun)).includes(
    "Warning: NetworkAttachmentDefinition net: spec.config: mode",
  );
const denied = async () => (await shown(network(WRONG_MODE), ...dryRun)).includes("denied the request");
const policyNames = () => admissionObjects(kubectl);

describe("admission", () => {
  let first: Admission;

  it("warns by default, and kubectl shows field, value, suggestion and place", async () => {
    await apply(installOf({}));
    first = await startReplica("replica-1", true);
    await waitUntil("the webhook to be called", warned);
    expect(first.notReady()).toBeUndefined();
    const answer = await shown(network(WRONG_MODE));
    expect(answer).toContain("Warning: NetworkAttachmentDefinition net: spec.config: mode must be one of");
    expect(answer).toContain('did you mean "bridge"?) (line 4, column 11)');
    expect(answer).toContain("networkattachmentdefinition.k8s.cni.cncf.io/net created");
    expect(await shown(network(RIGHT))).toBe("networkattachmentdefinition.k8s.cni.cncf.io/net configured\n");
    await kubectl.run("delete", "net-attach-def", "net");
    const example = await appliedExample(kubectl, GUIDE, "net.yaml");
    expect(example.printed).toBe(example.shown);
  });

  it("leaves to the policies what they report, so that it is reported once", async () => {
    // The API server learns of a policy a moment after it is there.
    let answer = "";
    await waitUntil("the policy to warn", async () => {
      answer = await shown(network(WITH_PATH), ...dryRun);
      return answer.includes(
        "Warning: Validation failed for ValidatingAdmissionPolicy 'multus-operator-networks'",
      );
    });
    expect(answer.match(/Warning: /g)).toHaveLength(1);
    expect((await shown(network("x"), ...dryRun)).match(/Warning: /g)).toHaveLength(1);
  });

  it("rejects in mode Deny what cannot work, and warns about what is questionable", async () => {
    await setMode("Deny");
    await waitUntil("the rejection", denied);
    const answer = await shown(network(WRONG_MODE, "other"));
    expect(answer).toContain(
      'admission webhook "networks.admission.multus-operator.dev" denied the request: NetworkAttachmentDefinition other: spec.config: mode must be one of',
    );
    expect(await kubectl.run("get", "net-attach-def", "other", "--ignore-not-found")).toBe("");
    const doubtful = await shown(network(RIGHT.replace('"mode"', '"mode":"vepa","mode"'), "doubtful"));
    expect(doubtful).toContain(
      "Warning: NetworkAttachmentDefinition doubtful: spec.config: mode is a duplicate key",
    );
    expect(doubtful).toContain("doubtful created");
  });

  it("rejects in mode Warn a NAD that names a path of the node, when denyCodes has HOST_PATH", async () => {
    const nested = JSON.stringify({
      cniVersion: "1.0.0",
      type: "multus",
      logFile: "/etc/cron.d/tenant",
      delegates: [{ cniVersion: "1.0.0", name: "x", type: "macvlan" }],
    });
    await setMode("Warn");
    await waitUntil("the warning", warned);
    expect(await shown(network(nested, "nested"), ...dryRun)).toMatch(
      /Warning: NetworkAttachmentDefinition \S+: spec.config: logFile names a path of the node .*\n.*created/,
    );
    await setMode("Warn", {}, ["HOST_PATH"]);
    await waitUntil("the rejection", async () =>
      (await shown(network(nested, "nested"), ...dryRun)).includes("denied the request"),
    );
    expect(await shown(network(nested, "nested"))).toContain('(it is "/etc/cron.d/tenant") (line 1, column ');
    const example = await appliedExample(kubectl, GUIDE, "log.yaml");
    expect(example.printed).toBe(example.shown);
    const hidden = `{"cniVersion":"1.0.0","plugins":[{"type":"x","A":[{"DAEMON\\u017fOCKETPATH":"/tmp/s"}]}]}`;
    expect(await shown(network(hidden, "hidden"))).toContain("[HOST_PATH]");
    expect(await kubectl.run("get", "net-attach-def", "nested", "hidden", "--ignore-not-found")).toBe("");
    expect(await shown(network(WRONG_MODE, "other"), ...dryRun)).toContain("created");
    const off = await shown(
      installOf({ attachments: { admission: "Off", denyCodes: ["HOST_PATH"] } }),
      ...dryRun,
    );
    expect(off).toContain("spec.attachments.denyCodes");
    await setMode("Deny");
    await waitUntil("the rejection of what cannot work only", async () =>
      (await shown(network(nested, "nested"), ...dryRun)).includes("created"),
    );
  });

  it("bounds what it says, whatever is wrong", async () => {
    const plugins = Array.from({ length: 60 }, (_, i) => ({
      type: "macvlan",
      mode: `m${i}\u202e\u0007${"x".repeat(500)}`,
    }));
    // Not by `apply`, which shows the whole object beside the rejection.
    const answer = await shown(
      network(JSON.stringify({ cniVersion: "0.3.1", name: "n", plugins }), "many"),
      "create",
    );
    expect(answer).toContain("denied the request");
    expect(answer.length).toBeLessThan(4000);
    for (const character of ["\u202e", "\u0007"]) expect(answer).not.toContain(character);
    expect(answer).toMatch(/and \d+ more/);
  });

  it("lets an object that was wrong before be labelled and deleted", async () => {
    await setMode("Warn");
    await waitUntil("the warning", warned);
    await shown(network(WRONG_MODE, "old"));
    await setMode("Deny");
    await waitUntil("the rejection", denied);
    expect(await kubectl.run("label", "net-attach-def", "old", "team=a")).toContain("labeled");
    expect(await shown({ ...network(WRONG_MODE.replace("brige", "brigde"), "old") })).toContain(
      "denied the request",
    );
    expect(await kubectl.run("delete", "net-attach-def", "old")).toContain("deleted");
  });

  describe("of pods", () => {
    it("rejects a request that Multus cannot read, and lets others pass without a word", async () => {
      expect(await shown(pod('[{"name":"net"'), ...dryRun)).toContain("denied");
      expect(await shown(pod("a/b/c"), ...dryRun)).toContain("pods.admission.multus-operator.dev");
      expect(await shown(pod("net"), ...dryRun)).toBe("pod/pod created (server dry run)\n");
      expect(await shown({ ...pod(""), metadata: { name: "pod" } }, ...dryRun)).toBe(
        "pod/pod created (server dry run)\n",
      );
    });

    it("warns of a network that does not exist, and knows one that was made this moment", async () => {
      const missing = await shown(pod("none"), ...dryRun);
      expect(missing).toContain(
        "Warning: metadata.annotations[k8s.v1.cni.cncf.io/networks] requests default/none, which does not exist",
      );
      expect(missing).toContain("created");
      await kubectl.run("create", "-f", "manifests/samples/macvlan-conf.yaml");
      expect(await shown(pod("macvlan-conf"), ...dryRun)).toBe("pod/pod created (server dry run)\n");
      const port = '"portMappings": [{"hostPort": 8080, "containerPort": 80}]';
      expect(await shown(pod(`[{"name": "macvlan-conf", ${port}}]`), ...dryRun)).toMatch(
        /Warning: .*requests "portMappings" of "default\/macvlan-conf".*\n.*created/,
      );
      await kubectl.run("delete", "-f", "manifests/samples/macvlan-conf.yaml");
    });

    it("rejects a network of another namespace where isolation is on, but for global namespaces", async () => {
      await shown(network(RIGHT, "theirs", "tenant"));
      expect(await shown(pod("tenant/theirs"), ...dryRun)).toBe("pod/pod created (server dry run)\n");
      await setMode("Deny", { isolation: { enabled: true } });
      await waitUntil("isolation", async () =>
        (await shown(pod("tenant/theirs"), ...dryRun)).includes("denied"),
      );
      expect(await shown(pod("tenant/theirs"), ...dryRun)).toContain(
        "requests tenant/theirs, which namespace isolation forbids",
      );
      expect(await shown(pod("default/net", "tenant"), ...dryRun)).toContain("created");
      expect(await shown(pod("theirs", "tenant"), ...dryRun)).toContain("created");
      await setMode("Deny", { isolation: { enabled: true, globalNamespaces: ["tenant"] } });
      await waitUntil("the global namespace", async () =>
        (await shown(pod("tenant/theirs"), ...dryRun)).includes("created"),
      );
      expect(await shown(pod("default/net", "tenant"), ...dryRun)).toContain("denied");
      await setMode("Deny");
      await waitUntil("isolation to be off", async () =>
        (await shown(pod("default/net", "tenant"), ...dryRun)).includes("created"),
      );
    });

    it("warns of templates, of a Deployment's and of a CronJob's, and rejects none", async () => {
      const { metadata, spec } = pod("tenant/none");
      const labels = { app: "a" };
      const template = { metadata: { ...metadata, labels }, spec };
      const deployment = {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "d", namespace: "default" },
        spec: { selector: { matchLabels: labels }, template },
      };
      expect(await shown(deployment, ...dryRun)).toMatch(
        /^Warning: the template's .*tenant\/none, which does not exist/,
      );
      const job = { template: { ...template, spec: { ...spec, restartPolicy: "Never" } } };
      const cronJob = {
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata: { name: "c", namespace: "default" },
        spec: { schedule: "@daily", jobTemplate: { spec: job } },
      };
      const answer = await shown(cronJob, ...dryRun);
      expect(answer).toMatch(/^Warning: the template's .*tenant\/none, which does not exist/);
      expect(answer).toContain("created");
    });

    it("leaves system namespaces alone, and says when a request has no effect", async () => {
      expect(await shown(pod("[", "kube-system"), ...dryRun)).toContain("created");
      expect(await shown(pod("[", NAMESPACE), ...dryRun)).not.toContain("denied");
      const host = await shown(pod("net", "default", { hostNetwork: true }), ...dryRun);
      expect(host).toContain("has no effect: a pod with hostNetwork");
    });
  });

  it("trusts the certificates of all replicas, leading or not, and forgets none by another's writing", async () => {
    const second = await startReplica("replica-2", false);
    await waitUntil("both certificates to be trusted", async () => certificates(await bundle()).length === 2);
    expect(second.notReady()).toBeUndefined();
    for (const replica of [first, second]) await handshake(replica.port);
    await stopReplica(second);
  });

  it("changes the certificate under load without a call that fails", async () => {
    const before = await bundle();
    let calls = 0;
    let loading = true;
    const accepted: string[] = [];
    const admin = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
    const load = Array.from({ length: 4 }, async () => {
      while (loading) {
        // Only the webhook rejects this one: an answer that is not a rejection is a call that failed.
        await admin
          .json({
            method: "POST",
            path: "/apis/k8s.cni.cncf.io/v1/namespaces/default/network-attachment-definitions",
            query: { dryRun: "All" },
            body: network(WRONG_MODE, `load-${calls++}`),
          })
          .then(
            () => accepted.push(`call ${calls}`),
            () => {},
          );
      }
    });
    const serial = () => handshake(first.port);
    const old = await serial();
    // Any event leads to a look at the clock.
    const poke = async () => {
      const configMap = ["configmap", "multus-operator-webhook", "-n", NAMESPACE];
      await kubectl.run("annotate", ...configMap, "--overwrite", `test/poke=${clock}`);
    };
    clock += 60.5 * DAY; // two thirds of its life are over
    await poke();
    await waitUntil("the next certificate to be trusted", async () => {
      const now = await bundle();
      return certificates(now).length === 3 && certificates(before).every((one) => now.includes(one));
    });
    expect(await serial()).toBe(old);
    clock += 61_000;
    await poke();
    await waitUntil("the next certificate to be served", async () => (await serial()) !== old);
    await waitUntil("calls while it is served", () => calls > 25);
    clock += 61_000;
    await poke();
    await waitUntil(
      "the old certificate to be forgotten",
      async () => certificates(await bundle()).length === 2,
    );
    const enough = Math.max(50, calls + 10);
    await waitUntil("calls after that", () => calls > enough);
    loading = false;
    await Promise.all(load);
    expect(accepted).toEqual([]);
  });

  it("repairs what others change, and deletes", async () => {
    await kubectl.run("delete", "validatingwebhookconfiguration", "multus-operator");
    await kubectl.run("delete", "validatingadmissionpolicybinding", "multus-operator-requests");
    await kubectl.run(
      "patch",
      "validatingadmissionpolicy",
      "multus-operator-networks",
      "--type=merge",
      "-p",
      '{"spec":{"validations":[{"expression":"true"}]}}',
    );
    await waitUntil(
      "all of it to be back",
      async () =>
        (await policyNames()).length === 5 &&
        (await denied()) &&
        (await shown(network("null"), ...dryRun)).includes("must be a JSON object"),
    );
  });

  it("writes nothing at rest", async () => {
    // What it repaired in the test before may not be written to the end.
    await untilQuiet("the operator's writes", () => writes);
    const before = writes;
    await sleep(2000);
    expect(writes).toBe(before);
  });

  it("writes nothing while paused but the certificates that a new replica serves with", async () => {
    await setMode("Deny", { paused: true });
    const third = await startReplica("replica-3", false);
    await waitUntil("its certificate to be trusted", async () => third.notReady() === undefined);
    await handshake(third.port);
    expect(await denied()).toBe(true);
    await kubectl.run("delete", "validatingadmissionpolicybinding", "multus-operator-requests");
    await sleep(1000);
    expect(await policyNames()).toHaveLength(4);
    await stopReplica(third);
    await setMode("Deny", { paused: false });
    await waitUntil("it to be back", async () => (await policyNames()).length === 5);
  });

  it("forgets replicas whose pods are gone", async () => {
    const names = async () =>
      Object.keys(
        (await kubectl.get<{ data: object }>("configmap", "multus-operator-webhook", "-n", NAMESPACE)).data,
      );
    expect(await names()).toEqual(expect.arrayContaining(["replica-1", "replica-2", "replica-3"]));
    const departed = new DepartedReplicas({
      client: new KubeClient(connect({ kubeconfig: operatorKubeconfig })),
      view: { published: { "replica-1": "", "replica-2": "" } },
      namespace: NAMESPACE,
      arePods: true,
      now: () => new Date(),
    });
    await departed.forget(new AbortController().signal);
    await waitUntil(
      "the one that lives to be back",
      async () => (await names()).join() === "replica-1,replica-3",
    );
  });

  it("rejects only the worst while the operator is down, and all again when it is back", async () => {
    await stopReplica(first);
    try {
      expect(await shown(network(WRONG_MODE), ...dryRun)).toContain("configured");
      expect(await shown(network(WITH_PATH), ...dryRun)).toContain('a "type" with "../" in it');
      // Its binding came back a moment ago: the API server may not go by it yet.
      await waitUntil("the policy", async () =>
        (await shown(pod("[null]"), ...dryRun)).includes("which crashes Multus"),
      );
    } finally {
      first = await startReplica("replica-1", true); // what follows needs one
    }
    await waitUntil("the rejection", denied);
  });

  it("does nothing in mode Off, and nothing is left", async () => {
    await setMode("Off");
    await waitUntil("the objects to be gone", async () => (await policyNames()).length === 0);
    await waitUntil("the API server to know", async () =>
      (await shown(network(WITH_PATH), ...dryRun)).includes("configured"),
    );
  });

  it("takes over no policy that it did not create, and reports so in an event", async () => {
    const foreign = {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: "multus-operator-requests" },
      spec: {
        matchConstraints: {
          resourceRules: [
            { apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE"] },
          ],
        },
        validations: [{ expression: "true" }],
      },
    };
    await apply(foreign);
    await setMode("Deny");
    await waitUntil("the event", async () => {
      const events = await kubectl.run("get", "events", "-A", "-o", "jsonpath={.items[*].message}");
      return events.includes("attachments.admission: ") && events.includes("the operator did not create it");
    });
    const live = await kubectl.get<typeof foreign>("validatingadmissionpolicy", "multus-operator-requests");
    expect(live.spec.validations[0]?.expression).toBe("true");
    await kubectl.run("delete", "validatingadmissionpolicy", "multus-operator-requests");
    await waitUntil("the objects to be there", async () => (await policyNames()).length === 5);
  });

  it("leaves nothing behind when the MultusInstall is deleted", async () => {
    await setMode("Deny");
    await waitUntil("the objects to be there", async () => (await policyNames()).length === 5);
    await kubectl.run("delete", "multusinstall", "multus");
    await waitUntil("the objects to be gone", async () => (await policyNames()).length === 0);
  });

  it("leaves nothing behind when the chart is uninstalled with the MultusInstall still there", async () => {
    await setMode("Warn");
    await waitUntil("the objects to be there", async () => (await policyNames()).length === 5);
    await stopReplica(first);
    await kubectl.run("delete", "clusterrole", NAMESPACE);
    await waitUntil("the garbage collector", async () => (await policyNames()).length === 0);
  });
});

const bundle = () => trustedCertificates(kubectl);

const certificates = (pem: string) => pem.split(/(?<=-----END CERTIFICATE-----\n)/).filter(Boolean);

/** The serial number of the certificate that is served there. Throws where the API server would not trust it. */
async function handshake(port: number): Promise<string> {
  const ca = await bundle();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connectTls({ host: "127.0.0.1", port, ca, servername: "" }, () =>
    resolve(socket.getPeerCertificate().serialNumber),
  );
  socket.once("error", reject);
  return await promise.finally(() => socket.destroy());
}
