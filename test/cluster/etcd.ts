import { setTimeout as sleep } from "node:timers/promises";

/** Etcd's JSON gateway (etcd.io/docs/v3.6/dev-guide/api_grpc_gateway): numbers are strings, keys are base64. */
async function call(clientUrl: string, path: string, body: object, attempts = 10): Promise<unknown> {
  const response = await fetch(`${clientUrl}${path}`, { method: "POST", body: JSON.stringify(body) });
  // Etcd answers so while its disk is busy with others' writes; each of these calls can be repeated.
  if (response.status === 503 && attempts > 1) {
    await sleep(1000);
    return await call(clientUrl, path, body, attempts - 1);
  }
  if (!response.ok) throw new Error(`etcd ${path}: ${response.status} ${await response.text()}`);
  return await response.json();
}

/** Forgets every revision before the present one, and returns it: reads of older ones then fail. */
export async function compact(clientUrl: string): Promise<string> {
  const answer = await call(clientUrl, "/v3/kv/range", {
    key: Buffer.from("/").toString("base64"),
    limit: 1,
  });
  const { revision } = (answer as { header: { revision: string } }).header;
  await call(clientUrl, "/v3/kv/compaction", { revision, physical: true });
  return revision;
}

const encoded = (text: string | Buffer) => Buffer.from(text).toString("base64");
/** Operations in one transaction (etcd's --max-txn-ops is 128). */
const MAX_OPERATIONS = 128;
/** Requests at a time. */
const MAX_REQUESTS = 8;

/** The value of a key as it is stored; undefined if there is none. */
export async function get(clientUrl: string, key: string): Promise<Buffer | undefined> {
  const answer = (await call(clientUrl, "/v3/kv/range", { key: encoded(key) })) as {
    kvs?: { value: string }[];
  };
  const value = answer.kvs?.[0]?.value;
  return value === undefined ? undefined : Buffer.from(value, "base64");
}

type Value = readonly [key: string, value: Buffer];

/**
 * Writes values fast, in transactions of at most 128. All of a transaction have one revision, which the API server never
 * does: a list or a watch that begins between two of their events misses the second, and never gets it. So this is for
 * what is there before anyone lists it.
 */
export async function putTogether(clientUrl: string, values: readonly Value[]): Promise<void> {
  for (let n = 0; n < values.length; n += MAX_OPERATIONS)
    await call(clientUrl, "/v3/kv/txn", {
      success: values.slice(n, n + MAX_OPERATIONS).map(([key, value]) => ({
        request_put: { key: encoded(key), value: value.toString("base64") },
      })),
    });
}

/** Writes values and deletes keys, each with its own revision, as the API server does. The order is not defined. */
export async function putEach(
  clientUrl: string,
  values: readonly Value[],
  deleted: readonly string[] = [],
): Promise<void> {
  const requests = [
    ...deleted.map((key) => () => call(clientUrl, "/v3/kv/deleterange", { key: encoded(key) })),
    ...values.map(
      ([key, value]) =>
        () =>
          call(clientUrl, "/v3/kv/put", { key: encoded(key), value: value.toString("base64") }),
    ),
  ];
  const work = async () => {
    for (let next = requests.shift(); next; next = requests.shift()) await next();
  };
  await Promise.all(Array.from({ length: MAX_REQUESTS }, work));
}

export interface Entry {
  value: Buffer;
  /** Etcd's revision of the last write. */
  revision: string;
}

/** All keys that begin with `prefix`; without values they are empty, and the answer is short. */
export async function entries(
  clientUrl: string,
  prefix: string,
  withValues: boolean,
): Promise<Map<string, Entry>> {
  const end = Buffer.from(prefix);
  end[end.length - 1] = (end.at(-1) ?? 0) + 1;
  const answer = (await call(clientUrl, "/v3/kv/range", {
    key: encoded(prefix),
    range_end: encoded(end),
    keys_only: !withValues,
  })) as { kvs?: { key: string; value?: string; mod_revision: string }[] };
  return new Map(
    (answer.kvs ?? []).map(({ key, value = "", mod_revision }) => [
      Buffer.from(key, "base64").toString(),
      { value: Buffer.from(value, "base64"), revision: mod_revision },
    ]),
  );
}
