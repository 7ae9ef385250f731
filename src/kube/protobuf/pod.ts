import type { ApiObject } from "../resource.ts";
import { MessageReader } from "./message.ts";

/** The part of a pod that is decoded, as its JSON has it. */
interface DecodedPod extends ApiObject {
  spec: { nodeName: string; hostNetwork: boolean; containers: { command: string[]; args: string[] }[] };
  status: {
    phase: string;
    podIP: string;
    initContainerStatuses: object[];
    containerStatuses: object[];
  };
}

/**
 * Decodes core/v1 Pods, as far as their networks are concerned: metadata without labels and owners, where they run, what
 * their containers execute, and since when. Field numbers are those of k8s.io/api/core/v1/generated.proto, which never
 * change. Of annotations, those are kept that `annotations` names; of the managed fields, the entries that own one of
 * `owned`: that of a pod's creator lists every field of the pod, and is not parsed for nothing.
 */
export function podDecoder(
  annotations: readonly string[],
  owned: readonly string[] = annotations,
): (message: Buffer) => ApiObject {
  const wanted = new Set(annotations);
  const names = owned.map((name) => Buffer.from(`"f:${name}"`));
  return (message) => {
    const pod: DecodedPod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "" },
      spec: { nodeName: "", hostNetwork: false, containers: [] },
      status: { phase: "", podIP: "", initContainerStatuses: [], containerStatuses: [] },
    };
    const reader = new MessageReader(message);
    while (reader.next()) {
      if (reader.field === 1) readMetadata(reader.message(), pod.metadata, wanted, names);
      else if (reader.field === 2) readSpec(reader.message(), pod.spec);
      else if (reader.field === 3) readStatus(reader.message(), pod.status);
    }
    return pod;
  };
}

function readMetadata(
  reader: MessageReader,
  metadata: ApiObject["metadata"],
  wanted: ReadonlySet<string>,
  names: readonly Buffer[],
): void {
  const annotations: Record<string, string> = {};
  const managedFields: object[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        metadata.name = reader.text();
        break;
      case 3:
        metadata.namespace = reader.text();
        break;
      case 5:
        metadata.uid = reader.text();
        break;
      case 6:
        metadata.resourceVersion = reader.text();
        break;
      case 9:
        metadata.deletionTimestamp = timeOf(reader.message());
        break;
      case 12:
        readAnnotation(reader.message(), annotations, wanted);
        break;
      case 17: {
        const entry = managedFieldsOf(reader.message(), names);
        if (entry) managedFields.push(entry);
      }
    }
  }
  metadata.annotations = annotations;
  metadata.managedFields = managedFields;
}

function readAnnotation(
  reader: MessageReader,
  into: Record<string, string>,
  wanted: ReadonlySet<string>,
): void {
  let key = "";
  let value = "";
  while (reader.next()) {
    if (reader.field === 1) {
      key = reader.text();
      if (!wanted.has(key)) return;
    } else if (reader.field === 2) value = reader.text();
  }
  if (wanted.has(key)) into[key] = value;
}

/** Undefined if the entry owns none of the annotations. */
function managedFieldsOf(reader: MessageReader, names: readonly Buffer[]): object | undefined {
  let manager = "";
  let subresource = "";
  let time: MessageReader | undefined;
  let fieldsV1: Buffer | undefined;
  while (reader.next()) {
    if (reader.field === 1) manager = reader.text();
    else if (reader.field === 4) time = reader.message();
    else if (reader.field === 8) subresource = reader.text();
    else if (reader.field === 7) {
      const raw = rawOf(reader.message());
      if (!names.some((name) => raw.includes(name))) return undefined;
      fieldsV1 = raw;
    }
  }
  if (fieldsV1 === undefined) return undefined;
  return {
    ...(manager === "" ? {} : { manager }),
    ...(subresource === "" ? {} : { subresource }),
    ...(time === undefined ? {} : { time: timeOf(time) }),
    fieldsV1: JSON.parse(fieldsV1.toString("utf8")),
  };
}

const NOTHING = Buffer.alloc(0);

/** The JSON in a metav1.FieldsV1. */
function rawOf(reader: MessageReader): Buffer {
  let raw: Buffer = NOTHING;
  while (reader.next()) if (reader.field === 1) raw = reader.bytes();
  return raw;
}

/** The last second that a Date can have. */
const MAX_SECONDS = 8.64e12;

/** A metav1.Time as in JSON; empty for one that no Date can have, which a tenant may have written. */
function timeOf(reader: MessageReader): string {
  let seconds = 0;
  while (reader.next()) if (reader.field === 1) seconds = reader.integer();
  if (seconds > MAX_SECONDS) return "";
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

function readSpec(reader: MessageReader, spec: DecodedPod["spec"]): void {
  while (reader.next()) {
    if (reader.field === 2) spec.containers.push(containerOf(reader.message()));
    else if (reader.field === 10) spec.nodeName = reader.text();
    else if (reader.field === 11) spec.hostNetwork = reader.integer() !== 0;
  }
}

function containerOf(reader: MessageReader): DecodedPod["spec"]["containers"][number] {
  const container = { command: [] as string[], args: [] as string[] };
  while (reader.next()) {
    if (reader.field === 3) container.command.push(reader.text());
    else if (reader.field === 4) container.args.push(reader.text());
  }
  return container;
}

function readStatus(reader: MessageReader, status: DecodedPod["status"]): void {
  while (reader.next()) {
    if (reader.field === 1) status.phase = reader.text();
    else if (reader.field === 6) status.podIP = reader.text();
    else if (reader.field === 8) status.containerStatuses.push(containerStatusOf(reader.message()));
    else if (reader.field === 10) status.initContainerStatuses.push(containerStatusOf(reader.message()));
  }
}

/** Only a running container has begun at a time that counts. */
function containerStatusOf(reader: MessageReader): object {
  let startedAt: string | undefined;
  while (reader.next()) {
    if (reader.field !== 2) continue;
    const state = reader.message();
    while (state.next()) {
      if (state.field !== 2) continue;
      const running = state.message();
      while (running.next()) if (running.field === 1) startedAt = timeOf(running.message());
    }
  }
  return startedAt === undefined ? {} : { state: { running: { startedAt } } };
}
