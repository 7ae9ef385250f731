import fc from "fast-check";
import { expect, test } from "vitest";
import type { ApiObject } from "../resource.ts";
import type { WatchEvent } from "../streams.ts";
import { statusObject, unwrapped } from "./envelope.ts";
import { ProtobufListReader } from "./list-reader.ts";
import { podDecoder } from "./pod.ts";
import { ProtobufWatchReader } from "./watch-reader.ts";

/** Writes what the API server writes; the real one is read in test/integration/kube/protobuf.test.ts. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left % 128) | 0x80);
  }
}
const bytesField = (field: number, content: Buffer | string) => {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(field * 8 + 2), varint(bytes.length), bytes]);
};
const numberField = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)]);
const message = (...fields: Buffer[]) => Buffer.concat(fields);
const envelope = (raw: Buffer) =>
  message(Buffer.from("k8s\0"), bytesField(1, bytesField(1, "v1")), bytesField(2, raw), bytesField(4, ""));

const REQUEST = "example.com/request";
const decode = podDecoder([REQUEST]);
const annotation = (key: string, value: string) =>
  bytesField(12, message(bytesField(1, key), bytesField(2, value)));
const pod = (name: string) =>
  message(
    bytesField(
      1,
      message(
        bytesField(1, name),
        bytesField(3, "apps"),
        bytesField(5, "uid"),
        bytesField(6, "17"),
        numberField(7, 2 ** 40),
        bytesField(9, numberField(1, 1_700_000_000)),
        bytesField(11, message(bytesField(1, "app"), bytesField(2, "x"))),
        annotation("other", "no"),
        annotation(REQUEST, "nët"),
        bytesField(17, message(bytesField(1, "kubelet"), bytesField(7, bytesField(1, '{"f:status":{}}')))),
        bytesField(
          17,
          message(
            bytesField(1, "multus"),
            bytesField(4, numberField(1, 1_700_000_000)),
            bytesField(7, bytesField(1, `{"f:metadata":{"f:annotations":{"f:${REQUEST}":{}}}}`)),
            bytesField(8, "status"),
          ),
        ),
      ),
    ),
    bytesField(
      2,
      message(
        bytesField(2, message(bytesField(3, "dhcp"), bytesField(4, "daemon"))),
        bytesField(10, "n1"),
        numberField(11, 1),
      ),
    ),
    bytesField(
      3,
      message(
        bytesField(1, "Running"),
        bytesField(6, "10.0.0.1"),
        bytesField(8, bytesField(2, bytesField(2, bytesField(1, numberField(1, 1_700_000_000))))),
      ),
    ),
  );

test("a pod is decoded as its JSON, as far as it is asked for, with times as numbers", () => {
  const at = "2023-11-14T22:13:20Z";
  const time = Date.parse(at);
  expect(decode(pod("p"))).toEqual({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...{ name: "p", namespace: "apps", uid: "uid", resourceVersion: "17", deletionTimestamp: at },
      annotations: { [REQUEST]: "nët" },
      managedFields: [
        {
          ...{ manager: "multus", time, subresource: "status" },
          fieldsV1: { "f:metadata": { "f:annotations": { [`f:${REQUEST}`]: {} } } },
        },
      ],
    },
    spec: { nodeName: "n1", hostNetwork: true, containers: [{ command: ["dhcp"], args: ["daemon"] }] },
    status: {
      ...{ phase: "Running", podIP: "10.0.0.1", initContainerStatuses: [] },
      containerStatuses: [{ startedAt: time }],
    },
  });
});

const chunksOf = (bytes: Buffer, cuts: readonly number[]) => {
  const bounds = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return bounds.slice(1).map((to, n) => bytes.subarray(bounds[n], to));
};
const list = (names: readonly string[]) =>
  envelope(
    message(
      bytesField(1, message(bytesField(2, "12"), bytesField(3, "token"))),
      ...names.map((name) => bytesField(2, pod(name))),
    ),
  );

test("a list is read wherever its chunks are cut, and its metadata is known before its end", () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.array(fc.nat()), (names, cuts) => {
      const found: string[] = [];
      const reader = new ProtobufListReader((item) => found.push(decode(item).metadata.name));
      for (const chunk of chunksOf(list(names), cuts)) reader.push(chunk);
      expect(reader.end()).toEqual({ resourceVersion: "12", continue: "token" });
      expect(found).toEqual(names);
    }),
  );
  const reader = new ProtobufListReader(() => {});
  reader.push(list(["a", "b"]).subarray(0, 60));
  expect(reader.metadata?.continue).toBe("token");
});

test("a list that is cut off, or none, throws", () => {
  const whole = list(["a", "b"]);
  for (let length = 0; length < whole.length; length++) {
    const reader = new ProtobufListReader(() => {});
    expect(() => {
      reader.push(whole.subarray(0, length));
      // What comes after the list itself may be missing: nothing of it is read.
      if (length < whole.length - 2) reader.end();
      else throw new Error("complete");
    }).toThrow();
  }
  expect(() => new ProtobufListReader(() => {}).push(Buffer.from('{"kind":"PodList"}'))).toThrow(SyntaxError);
});

test("hostile bytes throw, and nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      for (const read of [
        () => decode(Buffer.from(bytes)),
        () =>
          new ProtobufListReader((item) => decode(item)).push(Buffer.concat([Buffer.from("k8s\0"), bytes])),
        () => new ProtobufWatchReader(decode, () => {}).push(Buffer.from(bytes)),
      ])
        try {
          read();
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
    }),
  );
});

test("a watch is read wherever its chunks are cut: objects and errors", () => {
  const frame = (type: string, raw: Buffer) => {
    const event = message(bytesField(1, type), bytesField(2, bytesField(1, envelope(raw))));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(event.length);
    return Buffer.concat([length, event]);
  };
  const status = message(bytesField(3, "too old"), bytesField(4, "Expired"), numberField(6, 410));
  const frames = Buffer.concat([
    frame("ADDED", pod("a")),
    frame("DELETED", pod("b")),
    frame("ERROR", status),
  ]);
  fc.assert(
    fc.property(fc.array(fc.nat()), (cuts) => {
      const events: WatchEvent[] = [];
      const reader = new ProtobufWatchReader(decode, (event) => events.push(event));
      for (const chunk of chunksOf(frames, cuts)) reader.push(chunk);
      expect(
        events.map(({ type, object }) => `${type} ${(object as ApiObject).metadata.name ?? object.reason}`),
      ).toEqual(["ADDED a", "DELETED b", "ERROR Expired"]);
      expect(events[2]?.object.code).toBe(410);
    }),
  );
});

test("an error's status is read with its details", () => {
  const cause = message(bytesField(1, "FieldValueInvalid"), bytesField(2, "no"), bytesField(3, "spec"));
  const details = message(bytesField(1, "p"), bytesField(3, "pods"), bytesField(4, cause), numberField(5, 7));
  const raw = message(
    bytesField(3, "m"),
    bytesField(4, "Invalid"),
    bytesField(5, details),
    numberField(6, 422),
  );
  expect(statusObject(unwrapped(envelope(raw)))).toMatchObject({
    ...{ message: "m", reason: "Invalid", code: 422 },
    details: {
      ...{ name: "p", kind: "pods", retryAfterSeconds: 7 },
      causes: [{ reason: "FieldValueInvalid", message: "no", field: "spec" }],
    },
  });
});
