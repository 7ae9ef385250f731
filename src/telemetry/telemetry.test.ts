import { afterEach, expect, it } from "vitest";
import { HealthServer } from "./health.ts";
import { createLogger } from "./logger.ts";
import { Metrics } from "./metrics.ts";

let server: HealthServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

function logged(write: (log: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger("info", { write: (line: string) => void lines.push(line) }));
  return lines.join("");
}

it("writes level names, ISO times and errors under err", () => {
  const line = JSON.parse(logged((log) => log.error({ err: new Error("broken") }, "failed")));
  expect(line).toMatchObject({ level: "error", msg: "failed", err: { message: "broken" } });
  expect(new Date(line.time).toISOString()).toBe(line.time);
});

it("lets no credential through, at the depths in which requests and users hold them", () => {
  const text = logged((log) => {
    log.info({ authorization: "Bearer s3cret", token: "s3cret" });
    log.info({ headers: { authorization: "Bearer s3cret" }, user: { token: "s3cret" } });
    log.info({ request: { headers: { authorization: "Bearer s3cret" } }, a: { user: { token: "s3cret" } } });
  });
  expect(text).not.toContain("s3cret");
});

it("answers 503 with the name of the check that failed, and 200 once it passes", async () => {
  let problem: string | undefined = "a watch has been silent for 700 s";
  server = await HealthServer.start({
    port: 0,
    metrics: new Metrics(),
    live: {
      watches: () => problem,
    },
    ready: {
      throws: () => {
        throw new Error("no");
      },
    },
  });
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${server?.port}${path}`);
    return [response.status, await response.text()];
  };
  expect(await get("/healthz")).toEqual([503, "[-] watches: a watch has been silent for 700 s\n"]);
  problem = undefined;
  expect(await get("/healthz")).toEqual([200, "[+] watches ok\n"]);
  expect((await get("/readyz"))[0]).toBe(503);
  expect((await get("/else"))[0]).toBe(404);
});

it("serves requests and leadership under the names of client-go", async () => {
  const metrics = new Metrics();
  metrics.requestEnded("GET", 200, "10.96.0.1:443");
  metrics.requestEnded("GET", 0, "10.96.0.1:443");
  let leads = true;
  metrics.leadership("multus-operator", () => leads);
  metrics.watches(() => new Map([["nodes", 70]]));
  metrics.droppedEvents("multus-install").tooMany(3);
  server = await HealthServer.start({ port: 0, metrics, live: {}, ready: {} });
  const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
  expect(text).toContain('rest_client_requests_total{method="GET",code="200",host="10.96.0.1:443"} 1');
  expect(text).toContain('rest_client_requests_total{method="GET",code="<error>",host="10.96.0.1:443"} 1');
  expect(text).toContain('leader_election_master_status{name="multus-operator"} 1');
  expect(text).toContain('multus_operator_watch_staleness_seconds{resource="nodes"} 70');
  expect(text).toContain(
    'multus_operator_events_dropped_total{controller="multus-install",cause="too-many"} 3',
  );
  expect(text).toContain(
    'multus_operator_events_dropped_total{controller="multus-install",cause="failed"} 0',
  );
  leads = false;
  expect(await metrics.registry.metrics()).toContain(
    'leader_election_master_status{name="multus-operator"} 0',
  );
});
