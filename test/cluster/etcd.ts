/** Etcd's JSON gateway (etcd.io/docs/v3.6/dev-guide/api_grpc_gateway): numbers are strings, keys are base64. */
async function call(clientUrl: string, path: string, body: object): Promise<unknown> {
  const response = await fetch(`${clientUrl}${path}`, { method: "POST", body: JSON.stringify(body) });
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
