import { expect, it } from "vitest";
import { seenEvent } from "./kubelet-events.ts";
import { missingSecrets } from "./missing-secrets.ts";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const event = (uid: string, names: string, lastTimestamp: string) => ({
  involvedObject: { uid },
  // k8s.io/kubernetes v1.36.3 pkg/kubelet/kubelet_pods.go
  message: `Unable to retrieve some image pull secrets (${names}); attempting to pull the image may not succeed.`,
  lastTimestamp,
});

it("reads from the kubelet's events which secrets it did not find, and forgets old ones", () => {
  const found = missingSecrets(
    [
      event("a", "harbor", "2026-11-24T11:59:50Z"),
      event("b", "harbor, other", "2026-11-24T11:58:00Z"),
      event("c", "harbor", "2026-11-24T11:50:00Z"),
      { involvedObject: { uid: "d" }, message: "another event", lastTimestamp: "2026-11-24T11:59:50Z" },
    ].map((object) => seenEvent(object, ({ at }) => (NOW - at) / 1000)),
  );
  expect(Object.fromEntries(found)).toEqual({ a: ["harbor"], b: ["harbor", "other"] });
});
