import type { ApiObject } from "../resource.ts";
import { MessageReader } from "./message.ts";

/**
 * The part of a pod that is decoded, mostly as its JSON has it; times are milliseconds since 1970, NaN if unknown. Its fields
 * have these types: nothing else is to check them.
 */
export class DecodedPod implements ApiObject {
  [key: string]: unknown;
  readonly apiVersion = "v1";
  readonly kind = "Pod";
  readonly metadata: DecodedMetadata = {
    name: "",
    namespace: "",
    uid: "",
    annotations: {},
    managedFields: [],
  };
  readonly spec = { nodeName: "", hostNetwork: false, containers: [] as Container[] };
  readonly status = {
    phase: "",
    podIP: "",
    initContainerStatuses: [] as ContainerStatus[],
    containerStatuses: [] as ContainerStatus[],
  };
}

interface DecodedMetadata {
  name: string;
  namespace: string;
  uid: string;
  resourceVersion?: string;
  deletionTimestamp?: string;
  annotations: Record<string, string>;
  managedFields: ManagedFields[];
  [key: string]: unknown;
}
interface ManagedFields {
  manager: string;
  subresource: string;
  time: number;
  fieldsV1: unknown;
}
interface Container {
  command: string[];
  args: string[];
}
/** Only a running container has begun at a time that counts. */
interface ContainerStatus {
  startedAt: number;
}

/**
 * Decodes core/v1 Pods, as far as their networks are concerned: metadata without labels and owners, where they run, what
 * their containers execute, and since when. Field numbers are those of k8s.io/api/core/v1/generated.proto, which never
 * change. Of annotations, those are kept that `annotations` names; of the managed fields, the entries that own one of
 * `owned` that the pod has: that of a pod's creator lists every field of the pod, and is not parsed for nothing.
 */
export function podDecoder(
  annotations: readonly string[],
  owned: readonly string[] = annotations,
): (message: Buffer) => DecodedPod {
  const wanted = new Set(annotations);
  const names = owned.map((annotation) => ({ annotation, field: Buffer.from(`"f:${annotation}"`) }));
  return (message) => {
    const pod = new DecodedPod();
    const reader = new MessageReader(message);
    while (reader.next()) {
      if (reader.field === 1) {
        readMetadata(reader.message(), pod.metadata, wanted);
        const present = names.filter(({ annotation }) => annotation in pod.metadata.annotations);
        if (present.length > 0) readManagedFields(reader.message(), pod.metadata.managedFields, present);
      } else if (reader.field === 2) readSpec(reader.message(), pod.spec);
      else if (reader.field === 3) readStatus(reader.message(), pod.status);
    }
    return pod;
  };
}

function readMetadata(reader: MessageReader, metadata: DecodedMetadata, wanted: ReadonlySet<string>): void {
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
        metadata.deletionTimestamp = textOf(timeOf(reader.message()));
        break;
      case 12:
        readAnnotation(reader.message(), metadata.annotations, wanted);
    }
  }
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

interface OwnedField {
  annotation: string;
  /** Its name in the JSON of managed fields. */
  field: Buffer;
}

/** The managed fields in the metadata that may own one of these. */
function readManagedFields(
  metadata: MessageReader,
  into: ManagedFields[],
  owned: readonly OwnedField[],
): void {
  while (metadata.next()) {
    if (metadata.field !== 17) continue;
    const fields = fieldsOf(metadata.message());
    if (owned.some(({ field }) => fields.includes(field)))
      into.push({ ...writeOf(metadata.message()), fieldsV1: JSON.parse(fields.toString("utf8")) });
  }
}

/** The JSON of the fields in an entry of the managed fields. */
function fieldsOf(entry: MessageReader): Buffer {
  let fields: Buffer = NOTHING;
  while (entry.next()) if (entry.field === 7) fields = rawOf(entry.message());
  return fields;
}

/** Who wrote the fields of an entry, and when. */
function writeOf(entry: MessageReader): Omit<ManagedFields, "fieldsV1"> {
  const write = { manager: "", subresource: "", time: Number.NaN };
  while (entry.next())
    if (entry.field === 1) write.manager = entry.text();
    else if (entry.field === 4) write.time = timeOf(entry.message());
    else if (entry.field === 8) write.subresource = entry.text();
  return write;
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

/** A metav1.Time; NaN for one that no Date can have, which a tenant may have written. */
function timeOf(reader: MessageReader): number {
  let seconds = 0;
  while (reader.next()) if (reader.field === 1) seconds = reader.integer();
  return seconds > MAX_SECONDS ? Number.NaN : seconds * 1000;
}

/** The time as in JSON; empty if it is not known. */
function textOf(time: number): string {
  return Number.isNaN(time) ? "" : new Date(time).toISOString().replace(".000Z", "Z");
}

function readSpec(reader: MessageReader, spec: DecodedPod["spec"]): void {
  while (reader.next()) {
    if (reader.field === 2) spec.containers.push(containerOf(reader.message()));
    else if (reader.field === 10) spec.nodeName = reader.text();
    else if (reader.field === 11) spec.hostNetwork = reader.integer() !== 0;
  }
}

function containerOf(reader: MessageReader): Container {
  const container: Container = { command: [], args: [] };
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

function containerStatusOf(reader: MessageReader): ContainerStatus {
  let startedAt = Number.NaN;
  while (reader.next()) {
    if (reader.field !== 2) continue;
    const state = reader.message();
    while (state.next()) {
      if (state.field !== 2) continue;
      const running = state.message();
      while (running.next()) if (running.field === 1) startedAt = timeOf(running.message());
    }
  }
  return { startedAt };
}
