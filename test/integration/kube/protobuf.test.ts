import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { KubeClient } from "../../../src/kube/client.ts";
import { connect } from "../../../src/kube/connection.ts";
import { ApiError } from "../../../src/kube/errors.ts";
import { DecodedPod, podDecoder } from "../../../src/kube/protobuf/pod.ts";
import { type ApiObject, PODS } from "../../../src/kube/resource.ts";
import { Reflector } from "../../../src/kube/watch/reflector.ts";
import { PodViews } from "../../../src/networks/pod-view/pod-views.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../../cluster/daemon.ts";
import { World } from "../networks/world.ts";

/** Pods that a real API server sends in protobuf are those that it sends in JSON, and what is kept of them is the same. */

const ANNOTATIONS = ["k8s.v1.cni.cncf.io/networks", "k8s.v1.cni.cncf.io/network-status"];
let plane: BorrowedControlPlane;
let world: World;

beforeAll(async () => {
  plane = await borrowControlPlane();
  world = new World(plane.kubeconfig);
  await world.serviceAccount("default");
});
afterAll(async () => {
  await world?.connection.close();
  await plane?.stop();
});

function watch(protobuf: boolean, pods: Map<string, unknown>): Reflector<ApiObject> {
  return new Reflector<ApiObject>({
    client: new KubeClient(connect({ kubeconfig: plane.kubeconfig })),
    type: PODS,
    log: pino({ level: "silent" }),
    ...(protobuf ? { protobuf: podDecoder(ANNOTATIONS) } : {}),
    project: (object) => object,
    onChange: (key, object) => {
      if (object) pods.set(key, relevant(object));
      else pods.delete(key);
    },
  });
}

interface Pod extends ApiObject {
  spec: { nodeName?: string; hostNetwork?: boolean; containers: { command?: string[]; args?: string[] }[] };
  status: {
    phase?: string;
    podIP?: string;
    containerStatuses?: { state?: { running?: { startedAt: string } }; startedAt?: number }[];
  };
}

/** What the decoder keeps. */
function relevant(object: ApiObject) {
  const { metadata, spec, status } = object as Pod;
  const { name, namespace, uid, resourceVersion, deletionTimestamp, annotations = {} } = metadata;
  const managed = (metadata.managedFields ?? []) as {
    manager: string;
    time: string | number;
    fieldsV1: object;
  }[];
  const owns = (fieldsV1: object) =>
    ANNOTATIONS.some((key) => JSON.stringify(fieldsV1).includes(`"f:${key}"`));
  return {
    ...{ name, namespace, uid, resourceVersion, deletionTimestamp },
    annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => ANNOTATIONS.includes(key))),
    managed: managed
      .filter(({ fieldsV1 }) => owns(fieldsV1))
      .map(({ manager, time, fieldsV1 }) => ({ manager, time: Number(new Date(time)), fieldsV1 })),
    node: spec.nodeName ?? "",
    hostNetwork: spec.hostNetwork ?? false,
    containers: spec.containers.map(({ command = [], args = [] }) => [command, args]),
    ...{ phase: status.phase, podIP: status.podIP ?? "" },
    running: (status.containerStatuses ?? []).map(
      ({ state, startedAt = Date.parse(state?.running?.startedAt ?? "") }) => startedAt,
    ),
    view: object instanceof DecodedPod ? new PodViews().keepRead(object) : new PodViews().keep(object),
  };
}

async function change(): Promise<void> {
  await world.pod("plain");
  await world.pod("host", { hostNetwork: true, node: "n1", phase: "Running" });
  await world.pod("attached", {
    networks: "net, ünet",
    node: "n1",
    phase: "Running",
    status: [{ name: "default/net", interface: "net1", ips: ["10.0.0.5"] }],
    containers: [{ name: "c", image: "i", command: ["/dhcp"], args: ["daemon", "-x"] }],
  });
  const startedAt = "2026-11-24T11:00:00Z";
  const containerStatuses = [
    {
      ...{ name: "c", ready: true, restartCount: 0, image: "i", imageID: "i" },
      state: { running: { startedAt } },
    },
  ];
  const ref = { type: PODS, namespace: "default", name: "attached" };
  await world.client.patch(ref, { status: { containerStatuses } }, "status");
}

it("reads by list and by watch what JSON says, and follows deletions and bookmarks", async () => {
  const [json, protobuf] = [new Map<string, unknown>(), new Map<string, unknown>()];
  const early = [watch(false, json), watch(true, protobuf)];
  for (const each of early) each.start();
  await Promise.all(early.map((each) => each.whenSynced()));
  await change();
  await waitUntil("both to have three pods", () => json.size === 3 && protobuf.size === 3);
  const same = () => JSON.stringify([...json].toSorted()) === JSON.stringify([...protobuf].toSorted());
  await waitUntil("both to be equal", same).catch(() => {});
  expect(protobuf).toEqual(json);
  const listed = new Map<string, unknown>();
  const late = watch(true, listed);
  late.start();
  await late.whenSynced();
  expect(listed).toEqual(json);
  await world.removePod("plain");
  await waitUntil("the deletion", () => !protobuf.has("default/plain") && !listed.has("default/plain"));
  await Promise.all([...early, late].map((each) => each.stop()));
});

it("reads an error that is answered in protobuf", async () => {
  const error = await world.client
    .request({
      method: "GET",
      path: "/api/v1/namespaces/default/pods/none",
      accept: "application/vnd.kubernetes.protobuf",
    })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 404, reason: "NotFound", statusMessage: 'pods "none" not found' });
});
