import { expect, it } from "vitest";
import { multusPodHealth } from "../../../diagnosis/multus-pod-health.ts";
import { agesByClock } from "../../../diagnosis/pod-ages.ts";
import { servedNodes } from "./served-nodes.ts";

const NOW = agesByClock(new Date("2026-01-01T00:01:00Z"));

function pod(node: string, readySince: string | undefined, metadata: object = {}) {
  const conditions = readySince
    ? [{ type: "Ready", status: "True", lastTransitionTime: readySince }]
    : [{ type: "Ready", status: "False" }];
  return multusPodHealth({
    metadata: { name: `pod-${node}`, namespace: "kube-system", ...metadata },
    spec: { nodeName: node },
    status: { conditions },
  });
}

it("counts a node as served when its pod has been Ready for some seconds, not before", () => {
  const found = servedNodes(
    [
      pod("long", "2026-01-01T00:00:30Z"),
      pod("just", "2026-01-01T00:00:58Z"),
      pod("later", "2026-01-01T00:00:59Z"),
      pod("not", undefined),
      pod("ending", "2026-01-01T00:00:30Z", { deletionTimestamp: "2026-01-01T00:00:50Z" }),
    ],
    NOW,
  );
  expect([...found.served]).toEqual(["long"]);
  expect(found.nextInSeconds).toBe(3);
});
