import { describe, expect, it } from "vitest";
import { nodeView } from "../../../diagnosis/node.ts";
import type { Observed } from "../observe/observe.ts";
import { installOf, observed, resolved, textOf } from "../observe/observed.fixture.ts";
import { decide } from "./decide.ts";

import { all, DAEMON_SET, plan, THICK, texts, WRITES } from "./plans.fixture.ts";

describe("a paused install", () => {
  const taint = "example.com/not-ready";
  const nodes = [
    nodeView({ metadata: { name: "node-1" }, spec: { taints: [{ key: taint, effect: "NoSchedule" }] } }),
    nodeView({ metadata: { name: "node-3" }, spec: { taints: [{ key: taint, effect: "NoSchedule" }] } }),
  ];
  const spec = { ...THICK, paused: true, nodes: { startupTaint: taint } };

  it("writes nothing but the removal of the startup taint where Multus runs", () => {
    const found = plan(spec, { nodes });
    const written = all(found).filter(({ kind }) => WRITES.includes(kind));
    expect([...new Set(written.map(textOf))]).toEqual([`RemoveTaint node-1 ${taint}`]);
  });

  it("goes on to approve certificates, and starts no task on a node", () => {
    const certified = { ...spec, daemon: { perNodeCertificate: { enabled: true } } };
    expect(plan(certified, { nodes }).actions).toContainEqual({
      kind: "ServeCertificates",
      namespace: "kube-system",
      required: true,
    });
    const tasks = ["AbandonLeftovers", "ForgetDaemons"];
    expect(texts(plan(spec, { nodes }))).toEqual(["ServeCertificates", ...tasks, "Inspect"]);
    const wanted = resolved(installOf(spec));
    const inspectionPlan = { request: {} } as unknown as Observed["inspectionPlan"];
    const found = decide(wanted, { ...observed(wanted), inspectionPlan });
    expect(texts(found)).toEqual(["ServeCertificates", ...tasks, "PauseInspections"]);
  });

  it("names what waits", () => {
    const wanted = resolved(installOf(spec));
    const [daemonSet] = wanted.rendered.objects.filter(({ kind }) => kind === "DaemonSet");
    if (!daemonSet) throw new Error("no DaemonSet was rendered");
    const found = decide(wanted, observed(wanted, { differing: new Set([daemonSet]) }));
    expect(found.unchanged.state).toMatchObject({ kind: "Paused", waiting: [`apply ${DAEMON_SET}`] });
  });
});
