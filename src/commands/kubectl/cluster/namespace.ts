import { NAMESPACES } from "../../../kube/resource.ts";
import { UsageError } from "../errors.ts";
import type { PermittedReader } from "./permitted-reader.ts";

/** Throws a UsageError if the namespace does not exist: an empty answer about it would hide a typing error. */
export async function requireNamespace(reader: PermittedReader, name: string | undefined): Promise<void> {
  if (name === undefined) return;
  const permissions = new Set(reader.missingPermissions);
  const answer = await reader.tryRead(async () => ({
    namespace: await reader.client.get({ type: NAMESPACES, name }),
  }));
  // Users of one namespace need not be allowed to read it.
  for (const permission of reader.missingPermissions)
    if (!permissions.has(permission)) reader.missingPermissions.delete(permission);
  if (answer && !answer.namespace) throw new UsageError(`namespace ${name} does not exist`);
}
