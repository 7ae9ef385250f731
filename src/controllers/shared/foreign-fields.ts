import { type FieldOfOthers, fieldsOfOthers } from "../../kube/managed-fields.ts";
import { type ApiObject, describe, refOf } from "../../kube/resource.ts";
import { FIELD_MANAGER, isOwn } from "./ownership.ts";

/** A field of one of the operator's objects that another manager set. The operator's applies leave it as it is. */
export interface ForeignField extends FieldOfOthers {
  /** "DaemonSet kube-system/kube-multus-ds" */
  object: string;
}

/** Kubernetes' own programs: what they write follows from the object. */
const KUBERNETES = ["kube-controller-manager", "kube-apiserver"];
/** Notes that kubectl and the API server leave on an object; the second restarts pods and changes nothing else. */
const NOTES =
  /\.annotations\[(kubectl\.kubernetes\.io\/(last-applied-configuration|restartedAt)|deprecated\.daemonset\.template\.generation)\]$/;

/** What others have added to an object of the operator's. A pod template that was adopted as it was is not an addition. */
export function foreignFields(live: ApiObject): ForeignField[] {
  if (!isOwn(live)) return [];
  const found = fieldsOfOthers(live, FIELD_MANAGER).filter(
    ({ field, manager }) => !KUBERNETES.includes(manager) && !NOTES.test(field),
  );
  return found.map((field) => ({ ...field, object: describe(refOf(live)) }));
}

/** An annotation of the object itself, where tools keep their notes, has no effect on Multus. */
export function hasEffect({ field }: ForeignField): boolean {
  return !field.startsWith("metadata.annotations");
}

/** `spec.template.spec.nodeSelector {"foo":"bar"} (kubectl-patch)`, bounded, since anybody may have written it. */
export function foreignFieldText({ field, value, manager }: ForeignField): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return `${cut(field, 200)}: ${cut(text, 120)} (set by ${cut(manager, 60)})`;
}

function cut(text: string, most: number): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}]/gu, " ");
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean;
}
