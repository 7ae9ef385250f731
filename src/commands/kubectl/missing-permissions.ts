import { UsageError } from "./failure.ts";
import type { PermittedReader } from "./permitted-reader.ts";

/** What a command cannot do without. Throws a UsageError that names the permission. */
export function requireReadable<T>(reader: PermittedReader, value: T | undefined): T {
  if (value !== undefined) return value;
  const wanted = [...reader.missingPermissions].join(", ");
  throw new UsageError(
    wanted === ""
      ? "this cluster does not know NetworkAttachmentDefinition: Multus is not installed. With multus-operator: kubectl apply -f manifests/samples/multusinstall.yaml"
      : `not allowed. Ask for the permissions ${wanted}; the ClusterRole multus-operator-view holds those that looking needs`,
  );
}

/** Says on standard error what could not be looked at, so that an answer is not taken for whole. */
export function warnMissingPermissions(reader: PermittedReader): void {
  if (reader.missingPermissions.size === 0) return;
  process.stderr.write(
    `warning: not looked at, for want of permissions: ${[...reader.missingPermissions].join(", ")}\n`,
  );
}
