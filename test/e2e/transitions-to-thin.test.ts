import { describeTransitions, THICK, THIN, V3 } from "./transitions.ts";

describeTransitions("one Multus replaced by another: to v4 thin", THICK, [
  { to: "v4 thin", spec: THIN },
  { to: "v3.4", spec: V3 },
  { to: "v4 thin", spec: THIN },
]);
