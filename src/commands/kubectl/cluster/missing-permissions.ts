import { UsageError } from "../errors.ts";
import type { PermittedReader } from "./permitted-reader.ts";

/** What a command needs. Throws a UsageError that names the missing permission. */
export function requireReadable<T>(reader: PermittedReader, value: T | undefined): T {
  if (value !== undefined) return value;
  const wanted = [...reader.missingPermissions].join(", ");
  throw new UsageError(
    wanted === ""
      ? "this cluster does not have the CRD of NetworkAttachmentDefinition: Multus is not installed. With multus-operator: kubectl apply -f manifests/samples/multusinstall.yaml"
      : `not allowed. Ask for the permissions ${wanted}; the ClusterRole multus-operator-view grants what reading needs`,
  );
}

/** Warns on standard error of what could not be read, so that the answer is not taken to be complete. */
export function warnMissingPermissions(reader: PermittedReader): void {
  if (reader.missingPermissions.size === 0) return;
  process.stderr.write(
    `warning: not read, because permissions are missing: ${[...reader.missingPermissions].join(", ")}\n`,
  );
}
