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

/** The value of a key as it is stored; undefined if there is none. */
export async function get(clientUrl: string, key: string): Promise<Buffer | undefined> {
  const answer = (await call(clientUrl, "/v3/kv/range", { key: encoded(key) })) as {
    kvs?: { value: string }[];
  };
  const value = answer.kvs?.[0]?.value;
  return value === undefined ? undefined : Buffer.from(value, "base64");
}

/** Deletes keys and writes values, in transactions of at most 128 operations. */
export async function put(
  clientUrl: string,
  values: readonly (readonly [string, Buffer])[],
  deleted: readonly string[] = [],
): Promise<void> {
  const operations = [
    ...deleted.map((key) => ({ request_delete_range: { key: encoded(key) } })),
    ...values.map(([key, value]) => ({
      request_put: { key: encoded(key), value: value.toString("base64") },
    })),
  ];
  for (let n = 0; n < operations.length; n += MAX_OPERATIONS)
    await call(clientUrl, "/v3/kv/txn", { success: operations.slice(n, n + MAX_OPERATIONS) });
}
