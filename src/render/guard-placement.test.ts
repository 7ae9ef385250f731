import { expect, it } from "vitest";
import { guardPlacement } from "./guard-placement.ts";

const hasLabel = (key: string) => ({ key, operator: "Exists" });
const requiring = (...terms: object[]) => ({
  nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
});
const pool = (value: string) => ({ key: "pool", operator: "In", values: [value] });

it("is that of the Multus that is replaced, if the next one runs on the same nodes", () => {
  const running = { nodeSelector: { pool: "a" }, affinity: { podAntiAffinity: {} }, containers: [] };
  const { containers: _, ...placement } = running;
  expect(guardPlacement(running, [{ ...placement }])).toEqual(placement);
  expect(guardPlacement({ nodeSelector: { pool: "a" } }, [])).toEqual({ nodeSelector: { pool: "a" } });
});

it("is only where both run: a node that loses Multus must not be left with a guard alone", () => {
  expect(guardPlacement({}, [{ nodeSelector: { pool: "a" } }])).toEqual({
    affinity: requiring({ matchExpressions: [pool("a")] }),
  });
  // Both terms of the one and of the other: terms are alternatives.
  expect(
    guardPlacement(
      { nodeSelector: { zone: "1" }, affinity: requiring({ matchExpressions: [hasLabel("x")] }) },
      [{ affinity: requiring({ matchFields: [pool("y")] }, { matchExpressions: [hasLabel("z")] }) }],
    ),
  ).toEqual({
    nodeSelector: { zone: "1" },
    affinity: requiring(
      { matchExpressions: [hasLabel("x")], matchFields: [pool("y")] },
      { matchExpressions: [hasLabel("x"), hasLabel("z")] },
    ),
  });
});

it("is wherever one of several next ones runs, and not restricted by one that runs everywhere", () => {
  const arch = (value: string) => ({ nodeSelector: { arch: value } });
  expect(guardPlacement({}, [arch("amd64"), arch("arm64")])).toEqual({
    affinity: requiring(
      { matchExpressions: [{ key: "arch", operator: "In", values: ["amd64"] }] },
      { matchExpressions: [{ key: "arch", operator: "In", values: ["arm64"] }] },
    ),
  });
  expect(guardPlacement({ nodeSelector: { pool: "a" } }, [arch("amd64"), {}])).toEqual({
    nodeSelector: { pool: "a" },
  });
});
