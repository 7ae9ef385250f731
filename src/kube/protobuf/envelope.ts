import type { ListMetadata } from "../streams.ts";
import { MessageReader } from "./message.ts";

/** How the API server names its protobuf (k8s.io/apimachinery/pkg/runtime/serializer/protobuf). */
export const PROTOBUF = "application/vnd.kubernetes.protobuf";

/** Whether an answer with these headers is in protobuf. */
export function isProtobuf(headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
  return String(headers["content-type"] ?? "").startsWith(PROTOBUF);
}

/** Each object begins with these bytes; then comes a runtime.Unknown with the object in `raw`. */
export const MAGIC = Buffer.from("k8s\0");
/** Numbers of fields of runtime.Unknown. */
export const RAW = 2;

/** The message inside of an object's envelope. Throws a SyntaxError if the bytes are not an object. */
export function unwrapped(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new SyntaxError("not an object of Kubernetes");
  const unknown = new MessageReader(bytes, MAGIC.length);
  let raw = bytes.subarray(0, 0);
  while (unknown.next()) if (unknown.field === RAW) raw = unknown.bytes();
  return raw;
}

/** A metav1.ListMeta. */
export function listMetadata(meta: MessageReader): ListMetadata {
  const found: ListMetadata = { resourceVersion: "" };
  while (meta.next()) {
    if (meta.field === 2) found.resourceVersion = meta.text();
    else if (meta.field === 3) found.continue = meta.text();
  }
  return found;
}

/** A metav1.Status as far as it is read here, as the JSON of one. */
export interface StatusObject {
  kind: "Status";
  metadata: object;
  message: string;
  reason: string;
  code: number;
  details: { name: string; kind: string; retryAfterSeconds?: number; causes: object[] };
}

/** The metav1.Status that the API server answers errors with. */
export function statusObject(message: Buffer): StatusObject {
  const status: StatusObject = {
    kind: "Status",
    metadata: {},
    message: "",
    reason: "",
    code: 0,
    details: { name: "", kind: "", causes: [] },
  };
  const reader = new MessageReader(message);
  while (reader.next()) {
    if (reader.field === 3) status.message = reader.text();
    else if (reader.field === 4) status.reason = reader.text();
    else if (reader.field === 5) readDetails(reader.message(), status.details);
    else if (reader.field === 6) status.code = reader.integer();
  }
  return status;
}

function readDetails(reader: MessageReader, details: StatusObject["details"]): void {
  while (reader.next()) {
    if (reader.field === 1) details.name = reader.text();
    else if (reader.field === 3) details.kind = reader.text();
    else if (reader.field === 4) details.causes.push(causeOf(reader.message()));
    else if (reader.field === 5) details.retryAfterSeconds = reader.integer();
  }
}

function causeOf(reader: MessageReader): object {
  const cause = { reason: "", message: "", field: "" };
  while (reader.next()) {
    if (reader.field === 1) cause.reason = reader.text();
    else if (reader.field === 2) cause.message = reader.text();
    else if (reader.field === 3) cause.field = reader.text();
  }
  return cause;
}
