import { expect, test } from "vitest";
import type { Condition } from "../../crds/conditions.ts";
import { nadView } from "../../networks/nad-view.ts";
import { emitConditionEvents } from "./nad-events.ts";
import type { EventOutbox } from "./pod-events.ts";

const nad = nadView({ metadata: { namespace: "apps", name: "net", uid: "u" }, spec: { config: "" } });
const condition = (type: string, status: Condition["status"], reason: string): Condition => ({
  ...{ type, status, reason, message: "" },
  lastTransitionTime: "2026-11-24T12:00:00Z",
});
/** The reasons of the events of one condition that went from one state to another. */
function reasons(before: Condition | undefined, after: Condition): string[] {
  const sent: string[] = [];
  const outbox = { send: (_: unknown, { reason }: { reason: string }) => sent.push(reason) };
  emitConditionEvents(nad, before ? [before] : [], [after], outbox as unknown as EventOutbox);
  return sent;
}

test("a condition that becomes False is reported, and when it is True again", () => {
  const failing = condition("Available", "False", "PodsFailing");
  const well = condition("Available", "True", "Attachable");
  expect(reasons(undefined, failing)).toEqual(["PodsFailing"]);
  expect(reasons(failing, failing)).toEqual([]);
  expect(reasons(failing, well)).toEqual(["AvailableAgain"]);
  expect(reasons(undefined, well)).toEqual([]);
});

test("a condition that is no longer known is not called well again", () => {
  const invalid = condition("Valid", "False", "Invalid");
  expect(reasons(invalid, condition("Valid", "Unknown", "TooLarge"))).toEqual([]);
  const failing = condition("Available", "False", "PodsFailing");
  expect(reasons(failing, condition("Available", "Unknown", "NotSeen"))).toEqual([]);
});
