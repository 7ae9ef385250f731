import { formatPath, show } from "../cni/finding.ts";
import { isObject } from "../cni/section.ts";
import { closest } from "../crds/suggestion.ts";
import { DEFAULT_NETWORK } from "../networks/pod-request/default-network.ts";
import { NETWORKS } from "../networks/pod-request/request.ts";
import type { ObjectFinding, Path } from "./finding.ts";

/** Fields of ObjectMeta (k8s.io/apimachinery). The API server rejects others of what kubectl sends. */
const FIELDS = [
  "name",
  "generateName",
  "namespace",
  "selfLink",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "labels",
  "annotations",
  "ownerReferences",
  "finalizers",
  "managedFields",
];
const LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
const DNS_LABEL = new RegExp(`^${LABEL}$`);
const DNS_NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
/** These have findings of their own, in the words of what Multus reads. */
const CHECKED_AS_REQUESTS = [NETWORKS, DEFAULT_NETWORK];

/** What the API server rejects in an object's metadata, or in that of a pod template, which stands `at`. */
export function checkMetadata(metadata: unknown, at: Path): ObjectFinding[] {
  if (!isObject(metadata)) return [];
  const findings: ObjectFinding[] = [];
  const error = (path: Path, code: string, message: string) =>
    findings.push({
      path: formatPath([...at, ...path]),
      severity: "error",
      code,
      message,
      at: [...at, ...path],
    });
  const word = (field: string, pattern: RegExp, most: number, rule: string) => {
    const value = metadata[field];
    if (value === undefined || value === null || value === "") return;
    if (typeof value !== "string") error([field], "WRONG_TYPE", notText(value));
    else if (value.length > most || !pattern.test(field === "generateName" ? `${value}x` : value))
      error([field], "INVALID_VALUE", `must be ${rule} (it is ${show(value)})`);
  };
  const dnsName = "a lowercase DNS name of at most 253 characters: a-z, 0-9, - and .";
  word("name", DNS_NAME, 253, dnsName);
  word("generateName", DNS_NAME, 253, dnsName);
  word("namespace", DNS_LABEL, 63, "a lowercase DNS label of at most 63 characters: a-z, 0-9 and -");
  for (const field of ["labels", "annotations"]) {
    const map = metadata[field];
    if (map === undefined || map === null) continue;
    if (!isObject(map)) error([field], "WRONG_TYPE", `must be an object (it is ${show(map)})`);
    else
      for (const [key, value] of Object.entries(map))
        if (typeof value !== "string" && value !== null && !CHECKED_AS_REQUESTS.includes(key))
          error([field, key], "WRONG_TYPE", notText(value));
  }
  for (const key of Object.keys(metadata).filter((name) => !FIELDS.includes(name)))
    error([key], "UNKNOWN_FIELD", `unknown field; ${hintFor(key)}`);
  return findings;
}

function notText(value: unknown): string {
  if (typeof value === "boolean")
    return `must be a string; kubectl uses YAML 1.1, which reads it as ${value}: put it in quotes`;
  return `must be a string (it is ${show(value)})${typeof value === "number" ? ": put it in quotes" : ""}`;
}

function hintFor(key: string): string {
  if (key.includes("/")) return "it belongs below annotations or labels: indent it";
  const near = closest(key, FIELDS);
  return near ? `did you mean ${near}?` : "metadata does not have this field";
}
