import { checkNetworkConfig } from "../../cni/check.ts";
import { pathAndMessage, show } from "../../cni/finding.ts";
import { hasNoSeparators, isOfOneStation } from "../../cni/kinds.ts";
import { PRIMARY_ONLY } from "../../cni/plugins/plugins.ts";
import type { Network } from "../cross-checks/network.ts";
import { capabilitiesOf, keyOf, type NetworkRequest } from "../pod-request/request.ts";
import { withCniArgs } from "./added-args.ts";
import { passedBy } from "./passed-capabilities.ts";
import { rejectedValues } from "./rejected-values.ts";

/** What is wrong or doubtful with one network that a pod requests. */
export interface RequestProblem {
  severity: "error" | "warning";
  code: string;
  /** What follows the annotation's name: "requests …". One line. */
  message: string;
}

/** Plugins and problems of one request that are reported. */
const MOST = 8;

/** Of the request alone, whatever the NAD is: what Multus' reader takes and what then cannot work, or is doubtful. */
export function problemsOfRequest(request: NetworkRequest): RequestProblem[] {
  return [...ofName(request), ...ofInterface(request), ...ofMac(request), ...ofGuid(request)];
}

/**
 * Of the request together with its NAD: what no plugin takes (dropped without a word), and what a plugin rejects.
 * Empty if the configuration cannot be read.
 */
export function problemsWithNetwork(request: NetworkRequest, network: Network): RequestProblem[] {
  const key = show(keyOf(request));
  const passes = passedBy(network);
  if (!passes) return [];
  const dropped = capabilitiesOf(request)
    .filter((capability) => !passes.has(capability))
    .map(
      (capability): RequestProblem => ({
        severity: "warning",
        code: "MISSING_CAPABILITY",
        message: `requests "${capability}" of ${key}, but none of its plugins declares this in "capabilities": Multus drops it; add "capabilities": {"${capability}": true} to the NAD`,
      }),
    );
  const primary = network.plugins.find(({ type }) => PRIMARY_ONLY.includes(type));
  const second: RequestProblem[] = primary
    ? [
        {
          severity: "warning",
          code: "PRIMARY_PLUGIN",
          message: `requests ${key}, whose plugin ${show(primary.type)} attaches a pod only once, as its primary network; use v1.multus-cni.io/default-network for it`,
        },
      ]
    : [];
  const rejected = rejectedValues(request, network).map(
    (problem): RequestProblem => ({ severity: "error", ...problem }),
  );
  return [...dropped, ...second, ...rejectedByPlugins(request, network), ...rejected];
}

/** The NAD is checked as it is for this pod; what is wrong with the NAD itself is not the pod's. */
function rejectedByPlugins(request: NetworkRequest, { nad }: Network): RequestProblem[] {
  const { ips, mac } = request;
  const options = { networkName: nad.name, resourceName: nad.resourceName };
  const errors = (config: string, more: { request?: { ips: typeof ips; mac: typeof mac } }) =>
    checkNetworkConfig(config, { ...options, ...more }).filter(({ severity }) => severity === "error");
  const own = new Set(errors(nad.config, {}).map(({ path, code }) => `${code} ${path}`));
  const config = withCniArgs(nad.config, request) ?? nad.config;
  return errors(config, { request: { ips, mac } })
    .filter(({ path, code }) => !own.has(`${code} ${path}`))
    .slice(0, MOST)
    .map(({ path, code, message }) => ({
      severity: "error",
      code,
      message: `requests ${show(keyOf(request))}, whose ${pathAndMessage({ path, message }, "configuration")}${/\bargs\.cni\b/.test(path) && config !== nad.config ? ' (with the pod\'s "cni-args")' : ""}`,
    }));
}

/** RFC 1123, as the API server names NADs and namespaces. */
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

function ofName({ namespace, name }: NetworkRequest): RequestProblem[] {
  if (name === "")
    return [{ severity: "error", code: "MISSING_NAME", message: "requests a network without a name" }];
  const parts = name.split("/");
  const [first, second] = parts;
  if (parts.length === 2 && first && second)
    return [
      {
        severity: "error",
        code: "BAD_NAME",
        message: `requests ${show(name)}: in the JSON form the namespace is a separate field: {"namespace": ${show(first)}, "name": ${show(second)}}`,
      },
    ];
  if (!SUBDOMAIN.test(name) || name.length > 253)
    return [
      {
        severity: "error",
        code: "BAD_NAME",
        message: `requests ${show(name)}, which is not a valid name of a NetworkAttachmentDefinition: it must be a lowercase DNS name`,
      },
    ];
  if (!LABEL.test(namespace) || namespace.length > 63)
    return [
      {
        severity: "error",
        code: "BAD_NAME",
        message: `requests ${show(name)} in the namespace ${show(namespace)}, which is not a valid name of a namespace: it must be a lowercase DNS label`,
      },
    ];
  return [];
}

/** Multus reads any interface of the JSON form, and checks that of the short form less than the kernel does. */
function ofInterface({ interface: device }: NetworkRequest): RequestProblem[] {
  if (device === undefined) return [];
  const fits =
    Buffer.byteLength(device) <= 15 && device !== "." && device !== ".." && !/[/:\s\0]/.test(device);
  if (fits) return [];
  return [
    {
      severity: "warning",
      code: "BAD_INTERFACE",
      message: `requests the interface ${show(device)}, which Multus accepts but the kernel rejects: it must have 1 to 15 bytes without / or : or white space, and must not be . or ..`,
    },
  ];
}

function ofMac({ mac }: NetworkRequest): RequestProblem[] {
  if (mac === undefined) return [];
  if (!isOfOneStation(mac))
    return [
      {
        severity: "warning",
        code: "BAD_MAC",
        message: `requests the MAC address ${show(mac)}, which is not valid for an interface: the first byte must be even, and not all bytes may be 0`,
      },
    ];
  return hasNoSeparators(mac) ? [withoutSeparators("BAD_MAC", `the MAC address ${show(mac)}`)] : [];
}

function ofGuid({ infinibandGuid: guid }: NetworkRequest): RequestProblem[] {
  if (guid === undefined || !hasNoSeparators(guid)) return [];
  return [withoutSeparators("BAD_GUID", `the InfiniBand GUID ${show(guid)}`)];
}

function withoutSeparators(code: string, what: string): RequestProblem {
  return {
    severity: "warning",
    code,
    message: `requests ${what}, which only programs built with Go 1.26 or later read, and Multus' images up to v4.3.0 are built with Go 1.25 and reject the pod: write it with colons`,
  };
}
