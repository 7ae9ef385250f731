import { expect, test } from "vitest";
import { missingDevices } from "./missing-devices.ts";

const found = (spec: object) =>
  missingDevices([{ namespace: "apps", name: "vf" }], spec, () => "vendor.example/vf").map(
    ({ code }) => code,
  );

test("a network that needs a device which no container requests", () => {
  expect(found({ containers: [{}] })).toEqual(["MISSING_DEVICE"]);
  expect(found({ containers: [{ resources: { limits: { "vendor.example/vf": "1" } } }] })).toEqual([]);
});

// Multus takes the devices of a pod's resource claims too (pkg/draclient, GetPodResourceMap).
test("the device may come with a resource claim of the pod", () => {
  const claims = [{ name: "vf", resourceClaimTemplateName: "vf" }];
  expect(found({ containers: [{}], resourceClaims: claims })).toEqual([]);
  expect(found({ containers: [{}], resourceClaims: [] })).toEqual(["MISSING_DEVICE"]);
});
