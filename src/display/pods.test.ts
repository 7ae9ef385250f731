import { expect, it } from "vitest";
import { isFailing, podData, podsTable, type ShownPod } from "./pods.ts";

const lan = { namespace: "default", name: "lan" };
const web: ShownPod = {
  namespace: "shop",
  name: "web",
  node: "node-1",
  outcome: {
    kind: "partial",
    evidence: "no interface for default/lan",
    attachments: [
      {
        request: { ...lan, interface: "data", ips: ["192.168.1.5"] },
        entry: { name: "default/lan", interface: "data", ips: ["192.168.1.5"], default: false, gateway: [] },
      },
      { request: lan },
    ],
  },
};
const broken: ShownPod = {
  namespace: "shop",
  name: "broken",
  node: "",
  outcome: { kind: "failed", evidence: "cannot be read", attachments: [] },
};

it("puts requested and reported side by side, a line an attachment", () => {
  expect(podsTable([web, broken], { namespaces: false, wide: false })).toBe(
    `POD      NODE     OUTCOME   REQUESTED                      REPORTED
web      node-1   partial   default/lan@data 192.168.1.5   data 192.168.1.5
web      node-1   partial   default/lan                    -
broken   -        failed    cannot be read                 -
`,
  );
  expect(podsTable([web], { namespaces: true, wide: true })).toContain("no interface for default/lan\n");
});

it("shows which pods lack something", () => {
  expect([web, broken].every(isFailing)).toBe(true);
  for (const kind of ["attached", "pending", "not-applicable"] as const)
    expect(isFailing({ ...web, outcome: { ...web.outcome, kind } })).toBe(false);
});

it("gives scripts the same", () => {
  expect(podData(web)).toMatchObject({
    pod: "web",
    outcome: "partial",
    attachments: [
      {
        requested: { network: "default/lan", interface: "data", ips: ["192.168.1.5"] },
        reported: { interface: "data", ips: ["192.168.1.5"] },
      },
      { requested: { network: "default/lan" }, reported: null },
    ],
  });
});
