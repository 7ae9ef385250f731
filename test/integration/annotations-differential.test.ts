/**
 * Our readers of the pods' annotations against Multus' own Go code, on generated annotations: the same are
 * rejected, and of the others the same is read, field by field. There are no exceptions.
 */
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { parseAddress } from "../../src/cni/address.ts";
import { mayUse } from "../../src/networks/pod-request/isolation.ts";
import {
  type NetworkStatusEntry,
  parseNetworkStatus,
} from "../../src/networks/pod-request/network-status.ts";
import { type NetworkRequest, parseNetworks } from "../../src/networks/pod-request/request.ts";
import { networkStatus, request } from "./networks/annotations.ts";
import { ask, askIsolation, buildReader, type RealNetwork, type RealStatus } from "./networks/reader.ts";

// The same cases each time, so that a red run is this change's; another seed explores.
const CASES = Number(process.env.MULTUS_OPERATOR_ANNOTATION_CASES ?? 4000);
const SEED = Number(process.env.MULTUS_OPERATOR_ANNOTATION_SEED ?? 6);

let reader = "";
beforeAll(async () => {
  reader = await buildReader();
});

it(`reads ${CASES} requests as Multus does (seed ${SEED})`, async () => {
  const annotations = fc.sample(request, { numRuns: CASES, seed: SEED });
  const answers = await ask(reader, "request", annotations);
  expect(answers).toHaveLength(CASES);
  let accepted = 0;
  const disagreements = annotations.flatMap((annotation, i) => {
    const { error = "no answer", networks = [] } = answers[i] ?? {};
    const ours = parseNetworks(annotation, "apps");
    if (error === "") accepted++;
    const read = ours.ok ? ours.requests.map(requestAsReal) : [];
    if (ours.ok === (error === "") && same(read, networks.map(realRequest))) return [];
    return [{ annotation, error, networks, ours }];
  });
  expect(disagreements.slice(0, 5)).toEqual([]);
  expect(Math.min(accepted, CASES - accepted)).toBeGreaterThan(CASES / 6);
});

it(`reads ${CASES} status annotations as Multus' client does (seed ${SEED})`, async () => {
  const annotations = fc.sample(networkStatus, { numRuns: CASES, seed: SEED });
  const answers = await ask(reader, "status", annotations);
  expect(answers).toHaveLength(CASES);
  let accepted = 0;
  const disagreements = annotations.flatMap((annotation, i) => {
    const { error = "no answer", status } = answers[i] ?? {};
    const ours = parseNetworkStatus(annotation);
    if (error === "") accepted++;
    const read = ours.ok ? ours.entries : [];
    if (ours.ok === (error === "") && same(read, (status ?? []).map(realEntry))) return [];
    return [{ annotation, error, status, ours }];
  });
  expect(disagreements.slice(0, 5)).toEqual([]);
  expect(Math.min(accepted, CASES - accepted)).toBeGreaterThan(CASES / 6);
});

it("forbids what Multus' isolation forbids, whatever namespaces are global", async () => {
  const names = ["apps", "default", "shared", "other", "kube-system", ""];
  const globals = [[], ["shared"], ["default"], ["shared", "other"], ["default", "kube-system"], ["nobody"]];
  const cases = globals.flatMap((globalNamespaces) =>
    names.map((namespace) => ({ namespace, globalNamespaces })),
  );
  const real = await askIsolation(
    reader,
    cases.map(({ namespace, globalNamespaces }) => ({
      namespace,
      globalNamespaces: globalNamespaces.join(","),
    })),
  );
  const ours = cases.map(({ namespace, globalNamespaces }) =>
    mayUse("apps", namespace || "apps", { enabled: true, globalNamespaces }),
  );
  expect(ours).toEqual(real);
  expect(new Set(real).size).toBe(2);
});

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** One form for both sides: Go's zero values, gateways by value, names sorted. */
function requestAsReal(ours: NetworkRequest): unknown {
  return [
    [
      ours.namespace,
      ours.name,
      ours.interface ?? "",
      ours.mac ?? "",
      ours.infinibandGuid ?? "",
      ours.deviceId ?? "",
    ],
    ours.ips ?? [],
    (ours.portMappings ?? []).map((m) => [m.hostPort, m.containerPort, m.protocol ?? "", m.hostIp ?? ""]),
    ours.bandwidth === undefined ? null : Object.entries(ours.bandwidth).toSorted(),
    ours.cniArgs ? [...ours.cniArgs.keys()].toSorted() : null,
    ours.defaultRoute?.map(hexadecimal) ?? null,
  ];
}

function realRequest(real: RealNetwork): unknown {
  return [
    [real.namespace, real.name, real.interface, real.mac, real.guid, real.deviceId],
    real.ips ?? [],
    (real.portMappings ?? []).map((m) => [m.hostPort, m.containerPort, m.protocol ?? "", m.hostIP ?? ""]),
    real.bandwidth === null ? null : Object.entries(real.bandwidth).toSorted(),
    real.cniArgs?.toSorted() ?? null,
    real.hasGateways ? (real.gateways ?? []) : null,
  ];
}

function hexadecimal(gateway: string): string {
  const address = parseAddress(gateway);
  if (!address) return "";
  const value = address.family === 4 ? 0xffff00000000n | address.value : address.value;
  return value.toString(16).padStart(32, "0");
}

function realEntry(real: RealStatus): NetworkStatusEntry {
  const dns = Object.fromEntries(
    ["nameservers", "search", "options", "domain"].flatMap((key) => {
      const value = (real.dns as Record<string, string | string[]> | undefined)?.[key];
      return value && value.length > 0 ? [[key, value]] : [];
    }),
  );
  const info = real["device-info"];
  const part = (name: string, key: string) =>
    (info?.[name] as Record<string, string> | undefined)?.[key] || undefined;
  const device =
    part("pci", "pci-address") ??
    part("vdpa", "pci-address") ??
    part("vdpa", "path") ??
    part("vhost-user", "path") ??
    part("memif", "path");
  return {
    name: real.name,
    ips: real.ips ?? [],
    default: real.default ?? false,
    gateway: (real.gateway ?? []).filter((gateway) => gateway !== "<nil>"),
    ...(real.interface ? { interface: real.interface } : {}),
    ...(real.mac ? { mac: real.mac } : {}),
    ...(real.mtu ? { mtu: real.mtu } : {}),
    ...(Object.keys(dns).length > 0 ? { dns } : {}),
    ...(info?.type ? { deviceType: info.type as string } : {}),
    ...(device ? { device } : {}),
  };
}
