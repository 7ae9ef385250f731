import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { MultusInstall } from "../../../crds/multus-install/multus-install.ts";
import { oneLine } from "../../../display/text.ts";
import type { KubeClient } from "../../../kube/client.ts";
import { ApiError, NetworkError } from "../../../kube/errors.ts";
import { type ApiObject, CORE_EVENTS, type ObjectRef, PODS, pathOf } from "../../../kube/resource.ts";
import { findOperator, operatorImage } from "../cluster/operator.ts";
import { PermittedReader } from "../cluster/permitted-reader.ts";
import { Interrupted, UsageError } from "../errors.ts";
import { deleteOrphanedLogPods } from "./orphaned-log-pods.ts";
import { type LogRange, READER_CONTAINER, readerPod } from "./reader-pod.ts";

export interface NodeLogRequest {
  install: MultusInstall;
  node: string;
  /** Both as paths on the host. */
  file: string;
  directory: string;
  /** Of the reader pod; undefined: the operator's own. */
  image: string | undefined;
  startTimeoutMs: number;
  range: LogRange;
  write: (chunk: Buffer) => void;
}

const POLL_INTERVAL_MS = 200;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Reads a log file of a node through a pod that runs there for it. The pod is gone when this returns or throws, also after Ctrl-C. */
export async function readLogOnNode(client: KubeClient, request: NodeLogRequest): Promise<void> {
  const { install, node, file, directory, range } = request;
  const image = request.image ?? (await imageOfOperator(client));
  const namespace = install.spec.namespace;
  await deleteOrphanedLogPods(client, namespace);
  const name = `multus-log-${randomBytes(5).toString("hex")}`;
  const pullSecrets = install.spec.image.pullSecrets;
  const pod = readerPod({ name, install, node, image, pullSecrets, directory, file, range });
  const ref: ObjectRef = { type: PODS, namespace, name };
  const interrupt = new AbortController();
  const onSignal = () => interrupt.abort();
  for (const signal of SIGNALS) process.on(signal, onSignal);
  process.stdout.on("error", onSignal); // the reader of a pipe has gone
  try {
    await client.create(PODS, pod); // not cut short: what may exist must be deleted
    await readWhenStarted(client, ref, request, interrupt.signal);
  } catch (error) {
    throw interrupt.signal.aborted ? new Interrupted() : error;
  } finally {
    await remove(client, ref);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

async function readWhenStarted(
  client: KubeClient,
  ref: ObjectRef,
  request: NodeLogRequest,
  signal: AbortSignal,
): Promise<void> {
  const { range, node, file, write } = request;
  const { terminated } = await readableState(client, ref, request, signal);
  if (terminated && terminated.exitCode !== 0)
    throw new UsageError(notRead(terminated, node, file, request.install));
  await podLog(client, ref, { container: READER_CONTAINER, follow: range.follow, signal, write });
}

/** Waits until the reader has ended or, with `follow`, runs. Throws a UsageError if it does not start. */
async function readableState(
  client: KubeClient,
  ref: ObjectRef,
  { range, node, startTimeoutMs }: NodeLogRequest,
  signal: AbortSignal,
): Promise<ContainerState> {
  const started = performance.now();
  for (;;) {
    const pod = await client.get<ApiObject & ReaderPodStatus>(ref, { signal });
    if (!pod) throw new UsageError(`the reader pod ${ref.name} was deleted before it finished`);
    const state = pod.status?.containerStatuses?.[0]?.state ?? {};
    if (state.terminated) return state;
    const rejected = whyNotStarted(state) ?? pod.status?.message;
    if (rejected !== undefined)
      throw new UsageError(`the reader pod does not start on ${node}: ${oneLine(rejected)}`);
    if (range.follow && state.running) return state;
    if (performance.now() - started > startTimeoutMs && !state.running)
      throw new UsageError(
        `the reader pod did not start on ${node} within ${startTimeoutMs / 1000} s: ${await lastEvent(client, ref)}`,
      );
    await sleep(POLL_INTERVAL_MS, undefined, { signal });
  }
}

/** Copies the log of a container, to its end or, with `follow`, until it ends. */
export async function podLog(
  client: KubeClient,
  ref: ObjectRef,
  options: {
    container: string;
    follow: boolean;
    tail?: number;
    signal?: AbortSignal;
    write: (chunk: Buffer) => void;
  },
): Promise<void> {
  const { container, follow, tail, signal, write } = options;
  const path = pathOf(ref, "log");
  const response = await client.request({
    method: "GET",
    path,
    query: {
      container,
      ...(follow ? { follow: "true" } : {}),
      ...(tail === undefined || tail < 0 ? {} : { tailLines: String(tail) }),
    },
    ...(follow ? { idleTimeoutMs: 0 } : {}), // a quiet node logs nothing for hours
    ...(signal ? { signal } : {}),
  });
  try {
    for await (const chunk of response.body) write(chunk);
  } catch (error) {
    throw new NetworkError({ method: "GET", path }, error); // the log was cut off
  }
}

interface ContainerState {
  waiting?: { reason?: string; message?: string };
  running?: object;
  terminated?: { exitCode: number; reason?: string; message?: string };
}
interface ReaderPodStatus {
  status?: { message?: string; containerStatuses?: { state?: ContainerState }[] };
}

/** A failure that the kubelet is not likely to overcome soon. */
function whyNotStarted({ waiting }: ContainerState): string | undefined {
  const reason = waiting?.reason ?? "";
  if (!/ImagePullBackOff|ErrImagePull|InvalidImageName|Create\w+Error|RunContainerError/.test(reason))
    return undefined;
  const image = /Image/.test(reason) ? ". Set an image that the node can pull with --image" : "";
  return `${reason}: ${waiting?.message ?? ""}${image}`;
}

function notRead(
  ended: { exitCode: number; reason?: string; message?: string },
  node: string,
  file: string,
  { spec }: MultusInstall,
): string {
  const message = oneLine(ended.message || `exit code ${ended.exitCode}, ${ended.reason ?? ""}`);
  if (!message.endsWith("does not exist")) return `the log on ${node} cannot be read: ${message}`;
  const level = spec.logging.level ?? "none";
  return `there is no ${file} on ${node} yet: Multus writes it when it has something to log (spec.logging.level is ${level}; verbose logs each attachment)`;
}

async function lastEvent(client: KubeClient, ref: ObjectRef): Promise<string> {
  try {
    const { items } = await client.list<ApiObject & { message?: string }>(CORE_EVENTS, {
      namespace: ref.namespace ?? "",
      fieldSelector: `involvedObject.name=${ref.name}`,
    });
    return oneLine(
      items.at(-1)?.message ?? "no event shows why; check that the node is Ready and its kubelet runs",
    );
  } catch (error) {
    if (error instanceof ApiError) return "its events cannot be read (no permission)";
    throw error;
  }
}

/** The pod runs as root on the node: a wrong image is an attack. Throws a UsageError unless exactly one can be meant. */
async function imageOfOperator(client: KubeClient): Promise<string> {
  const reader = new PermittedReader(client);
  const operator = await findOperator(reader);
  const image = operator.found === "one" ? operatorImage(operator) : undefined;
  if (image !== undefined) return image;
  const why =
    operator.found === "one"
      ? "its Deployment does not have exactly one container operator"
      : [operator.why, ...reader.missingPermissions].join("; missing permission: ");
  throw new UsageError(
    `the operator's image is not certain: ${why}. Set the image of the reader pod, which runs as root on the node, with --image`,
  );
}

/** Without a grace period: the reader has nothing to finish. */
async function remove(client: KubeClient, ref: ObjectRef): Promise<void> {
  try {
    await client.json({
      method: "DELETE",
      path: pathOf(ref),
      body: { gracePeriodSeconds: 0 },
    });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return;
    process.stderr.write(
      `warning: the reader pod could not be deleted: kubectl delete pod -n ${ref.namespace} ${ref.name} (${oneLine((error as Error).message)})\n`,
    );
  }
}
