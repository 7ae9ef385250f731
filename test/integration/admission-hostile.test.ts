import { once } from "node:events";
import { request } from "node:https";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Admission } from "../../src/controllers/admission/admission.ts";
import { Caches } from "../../src/controllers/shared/caches.ts";
import {
  MULTUS_INSTALL_API_VERSION,
  parseMultusInstall,
} from "../../src/crds/multus-install/multus-install.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { type Connection, connect } from "../../src/kube/connection.ts";
import { EventRecorder } from "../../src/kube/events.ts";
import { networkDefinition } from "../../src/render/definition.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { untilEstablished } from "../cluster/established.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import { network, printed, WRONG_MODE } from "./admission-requests.ts";

/**
 * A pod that reaches the webhook's port and nothing else, while the API server calls it: admission in mode Deny goes on
 * rejecting, the process stays small, and the caller learns nothing.
 */

const NAMESPACE = "multus-operator";
const MIB = 1024 * 1024;
/** Another address than the API server's. */
const TENANT = "127.0.0.66";

let plane: BorrowedControlPlane;
let kubectl: Kubectl;
let connection: Connection;
let admission: Admission;
let caches: Caches;
/** The path that the API server calls. */
let path: string;
const sockets: Socket[] = [];

beforeAll(async () => {
  plane = await borrowControlPlane({ controllerManager: true });
  kubectl = new Kubectl(plane.kubeconfig);
  await kubectl.run("apply", "--server-side", "-f", "manifests/install.yaml");
  // It holds the webhook to its Service, which leads to pods; here it is this process, reached by a URL.
  await kubectl.run("delete", "validatingadmissionpolicybinding", "multus-operator-webhook");
  await untilEstablished(kubectl, "multusinstalls.multus-operator.dev");
  const object = {
    apiVersion: MULTUS_INSTALL_API_VERSION,
    kind: "MultusInstall",
    metadata: { name: "multus" },
    spec: { attachments: { admission: "Deny" } },
  };
  const install = parseMultusInstall(object);
  if (!install.ok) throw new Error("the install is not valid");
  for (const each of [networkDefinition(install.value), object])
    await kubectl.runWithInput(JSON.stringify(each), "apply", "-f", "-");
  await untilEstablished(kubectl, "network-attachment-definitions.k8s.cni.cncf.io");
  connection = connect({ kubeconfig: await plane.kubeconfigForServiceAccount(NAMESPACE, NAMESPACE) });
  const client = new KubeClient(connection);
  const log = pino({ level: process.env.TEST_LOG ?? "silent" });
  caches = new Caches(client, log);
  admission = new Admission({
    client,
    caches,
    log,
    metrics: new Metrics(),
    events: new EventRecorder(client, log, {
      controller: "multus-operator.dev/admission",
      instance: "replica",
    }),
    namespace: NAMESPACE,
    webhook: { port: 0, host: "127.0.0.1", url: "https://127.0.0.1", replica: "replica" },
  });
  await admission.serve();
  admission.lead();
  await waitUntil("admission to reject", isDenied);
  const url = await kubectl.run(
    "get",
    "validatingwebhookconfiguration",
    "multus-operator",
    "-o",
    "jsonpath={.webhooks[0].clientConfig.url}",
  );
  path = new URL(url).pathname;
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

afterAll(async () => {
  await Promise.all([admission?.stop(), caches?.stop()]);
  await admission?.close();
  await connection?.close();
  await plane?.stop();
});

/** Whether the API server asks the webhook, and rejects what it rejects. */
async function isDenied(): Promise<boolean> {
  const answer = await printed(kubectl, network(WRONG_MODE), "apply", "--dry-run=server");
  return answer.includes('admission webhook "networks.admission.multus-operator.dev" denied the request');
}

/** A TCP connection on which nothing is sent. */
async function idle(localAddress: string): Promise<Socket> {
  const socket = connectTcp({ host: "127.0.0.1", port: admission.port, localAddress });
  socket.on("error", () => {});
  socket.resume(); // the end is seen only by whoever reads
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

/** A TLS connection on which `text` is sent. */
async function opened(text: string): Promise<Socket> {
  const { port } = admission;
  const tcp = await idle(TENANT);
  const socket = connectTls({ socket: tcp, host: "127.0.0.1", port, rejectUnauthorized: false });
  socket.on("error", () => {});
  socket.resume(); // the end is seen only by whoever reads
  sockets.push(socket);
  await once(socket, "secureConnect");
  socket.write(text);
  return socket;
}

interface Answer {
  status: number;
  body: string;
}

/** One POST of the tenant's; status 0 if the connection is cut without an answer. */
async function post(to: string, body: string): Promise<Answer> {
  return await new Promise((resolve) => {
    const options = {
      host: "127.0.0.1",
      port: admission.port,
      localAddress: TENANT,
      path: to,
      method: "POST",
      agent: false,
      rejectUnauthorized: false,
    };
    const sent = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("close", () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    sent.on("error", () => resolve({ status: 0, body: "" }));
    sent.end(body);
  });
}

const review = (name: string) =>
  JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "u",
      resource: { group: "", version: "v1", resource: "pods" },
      namespace: "default",
      object: { metadata: { annotations: { "k8s.v1.cni.cncf.io/networks": name } } },
    },
  });

describe("a tenant that reaches the webhook's port", () => {
  it.each([
    ["of another address", [TENANT]],
    ["of the API server's address", ["127.0.0.1"]],
    ["of many addresses", Array.from({ length: 64 }, (_, n) => `127.0.7.${n + 1}`)],
  ])("does not switch admission off with 600 idle connections %s", async (_, addresses) => {
    await Promise.all(Array.from({ length: 600 }, (_, n) => idle(addresses[n % addresses.length] as string)));
    expect(await isDenied()).toBe(true);
    expect(await isDenied()).toBe(true);
  });

  it("has connections on which nothing comes cut within seconds", async () => {
    const started = performance.now();
    const socket = await idle(TENANT);
    const unfinished = await opened("");
    const half = await opened(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-le`);
    await Promise.all([socket, unfinished, half].map((each) => each.closed || once(each, "close")));
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it("cannot find out which NADs exist, or anything else, without the path that only the API server is told", async () => {
    await kubectl.runWithInput(
      JSON.stringify(network('{"cniVersion":"0.3.1","type":"macvlan"}', "secret-net")),
      "apply",
      "-f",
      "-",
    );
    const answers = await Promise.all([
      post("/validate", review("secret-net")),
      post("/validate", review("no-such-net")),
      post("/validate", "{"),
      post("/", review("secret-net")),
      post(path.replace(/.$/, "_"), review("secret-net")),
    ]);
    for (const answer of answers) expect(answer).toEqual({ status: 404, body: '{"message":"not found"}' });
  });

  it("does not grow the process with bodies, whether it knows the path or not", async () => {
    const bomb = `{"a":[${"{},".repeat(2.7 * MIB)}{}]}`; // 8 MiB, a gigabyte once it is parsed
    const blanks = " ".repeat(8 * MIB);
    let peak = 0;
    const before = process.memoryUsage.rss();
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss() - before);
    }, 20);
    const bodies = Array.from({ length: 40 }, (_, n) => (n % 2 ? bomb : blanks));
    const answers = await Promise.all(bodies.map((body, n) => post(n % 4 < 2 ? "/validate" : path, body)));
    clearInterval(watch);
    expect(answers.map(({ status }) => status).filter((status) => ![0, 404, 413].includes(status))).toEqual(
      [],
    );
    expect(await isDenied()).toBe(true);
    console.info(
      `40 bodies of 8 MiB: ${Math.round(peak / MIB)} MiB more, of this process that sends them too`,
    );
  });

  it("does not hold memory with requests that never end", async () => {
    const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${3 * MIB}\r\n\r\n`;
    await Promise.all(Array.from({ length: 60 }, () => opened(head + " ".repeat(2 * MIB))));
    expect(await isDenied()).toBe(true);
  });
});
