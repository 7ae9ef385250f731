import { show } from "../../cni/finding.ts";
import { compareReleases } from "../../crds/multus-install/release.ts";
import { keyOf, type NetworkRequest } from "../pod-request/request.ts";
import type { RequestProblem } from "./request-problems.ts";

/** In the short form, of interfaces too before v4.1.0 (parsePodNetworkObjectName of pkg/k8sclient). */
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const MAX_REPORTED = 8;

/**
 * What an earlier release makes of requests that the newest reads (parseNetworks).
 * @param version of the Multus that runs; nothing is reported if it is not known
 */
export function problemsOfRelease(
  annotation: string,
  requests: readonly NetworkRequest[],
  version: string | undefined,
): RequestProblem[] {
  if (version === undefined) return [];
  const isBefore = (release: string) => compareReleases(version, release) < 0;
  const isShort = !/[[{"]/.test(annotation);
  return requests
    .flatMap((request): RequestProblem[] => [
      ...(isShort && isBefore("v4.1.0") ? ofShortForm(request, version) : []),
      ...(request.infinibandGuid !== undefined && isBefore("v3.6")
        ? [unread(request, "infiniband-guid", version, "v3.6")]
        : []),
      ...(request.deviceId !== undefined && isBefore("v3.7")
        ? [unread(request, "deviceID", version, "v3.7")]
        : []),
      ...(request.defaultRoute?.length === 0 && isBefore("v3.9") ? [emptyRoute(request, version)] : []),
    ])
    .slice(0, MAX_REPORTED);
}

function ofShortForm({ name, interface: device }: NetworkRequest, version: string): RequestProblem[] {
  if (device === undefined || LABEL.test(device)) return [];
  return [
    {
      severity: "error",
      code: "BAD_INTERFACE",
      message: `requests the interface ${show(device)}, which Multus ${version} rejects in the short form: before v4.1.0, it must have only lowercase letters, digits and -, and must not begin or end with -; use the JSON form, [{"name": ${show(name)}, "interface": ${show(device)}}]`,
    },
  ];
}

function unread(request: NetworkRequest, key: string, version: string, first: string): RequestProblem {
  return {
    severity: "warning",
    code: "UNKNOWN_FIELD",
    message: `requests "${key}" of ${show(keyOf(request))}, which Multus ${version} does not read: ${first} or later is required`,
  };
}

/** LoadDelegateNetConf of pkg/types appends an empty list to none. */
function emptyRoute(request: NetworkRequest, version: string): RequestProblem {
  return {
    severity: "warning",
    code: "IGNORED",
    message: `has an empty "default-route" for ${show(keyOf(request))}, which has no effect in Multus ${version}: before v3.9, name the gateway`,
  };
}
