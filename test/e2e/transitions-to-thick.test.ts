import { describeTransitions, THICK, THIN, V3 } from "./transitions.ts";

describeTransitions("one Multus replaced by another: to v4 thick", THIN, [
  { to: "v4 thin, configured differently", spec: { ...THIN, ...{ logging: { level: "verbose" } } } },
  { to: "v4 thick", spec: THICK },
  { to: "v3.4", spec: V3 },
  { to: "v4 thick", spec: THICK },
]);
