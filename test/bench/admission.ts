/**
 * How long the webhook takes to answer: AdmissionReviews over TLS on loopback, as an API server sends them, one
 * connection and eight at once. Prints percentiles, and the CPU time of a request with the client's own share,
 * which other programs on the machine do not change. The goal is a p99 of 5 ms.
 *
 *   node test/bench/admission.ts [COUNT]
 */
import { Agent, request } from "node:https";
import { Registry } from "@prometheus-io/client";
import { pino } from "pino";
import { selfSigned } from "../../src/admission/certificate.ts";
import { AdmissionMetrics } from "../../src/admission/metrics.ts";
import { WebhookServer } from "../../src/admission/server.ts";
import { ordinaryConfigs } from "./configs.ts";

const COUNT = Number(process.argv[2] ?? 5000);
const WARM_UP = 500;

const certificate = selfSigned(["localhost"], new Date(), 86_400_000);
const webhook = await WebhookServer.start({
  port: 0,
  host: "127.0.0.1",
  certificate,
  view: {
    settings: {
      mode: "Deny",
      denyCodes: [],
      isolation: { enabled: true, globalNamespaces: ["shared"] },
      excludedNamespaces: [],
    },
    hasPolicies: false,
    network: (_, name) => (name === "missing" ? "absent" : { nad: undefined }),
  },
  log: pino({ level: "silent" }),
  path: () => "/validate",
  metrics: new AdmissionMetrics(new Registry()),
});

const configs = ordinaryConfigs(COUNT);
/** A pod as controllers make them: most of an AdmissionReview is not looked at. */
const podSpec = {
  containers: Array.from({ length: 3 }, (_, i) => ({
    name: `c${i}`,
    image: "registry.example/app:1",
    env: Array.from({ length: 20 }, (_, n) => ({ name: `KEY_${n}`, value: "a value of some length" })),
  })),
};
const bodies = {
  "NAD, ordinary": (i: number) =>
    review("k8s.cni.cncf.io", "network-attachment-definitions", {
      metadata: { name: `net-${i}` },
      spec: { config: configs[i] },
    }),
  "NAD, 64 KiB": (i: number) =>
    review("k8s.cni.cncf.io", "network-attachment-definitions", {
      metadata: { name: `net-${i}` },
      spec: { config: `{"type":"macvlan","note":"${"x".repeat(65_000)}"}` },
    }),
  "pod, two networks": (i: number) =>
    review("", "pods", {
      metadata: {
        name: `pod-${i}`,
        annotations: { "k8s.v1.cni.cncf.io/networks": `net-${i % 100}@eth1,shared/b` },
      },
      spec: podSpec,
    }),
} as const;

for (const connections of [1, 8])
  for (const [name, body] of Object.entries(bodies)) {
    const count = name.includes("KiB") ? Math.ceil(COUNT / 10) : COUNT;
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    await ask(agent, WARM_UP, connections, body);
    const cpu = process.cpuUsage();
    const times = (await ask(agent, count, connections, body)).toSorted((a, b) => a - b);
    const { user, system } = process.cpuUsage(cpu);
    const at = (share: number) =>
      (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(2);
    process.stdout.write(
      `${name.padEnd(18)} ${connections} connection${connections > 1 ? "s" : " "}  ${count} requests  p50 ${at(0.5)} ms  p99 ${at(0.99)} ms  max ${at(1)} ms  CPU ${((user + system) / 1000 / count).toFixed(2)} ms\n`,
    );
    agent.destroy();
  }
await webhook.stop();

function review(group: string, resource: string, object: object): string {
  return JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: crypto.randomUUID(),
      resource: { group, version: "v1", resource },
      namespace: "team",
      object,
    },
  });
}

/** The time of each request in ms, with as many under way at a time as there are connections. */
async function ask(
  agent: Agent,
  count: number,
  connections: number,
  body: (i: number) => string,
): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < count) {
        const text = body(next++ % COUNT);
        const begun = performance.now();
        await post(agent, text);
        times.push(performance.now() - begun);
      }
    }),
  );
  return times;
}

async function post(agent: Agent, text: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const { port } = webhook;
    const options = {
      agent,
      host: "127.0.0.1",
      port,
      servername: "localhost",
      ca: certificate.certificate,
      path: "/validate",
      method: "POST",
    };
    const sent = request(options, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.resume().on("end", resolve);
    });
    sent.on("error", reject);
    sent.end(text);
  });
}
