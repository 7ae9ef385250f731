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
/** How a name is written. */
interface Rule {
  pattern: RegExp;
  most: number;
  rule: string;
}
const DNS_LABEL: Rule = {
  pattern: new RegExp(`^${LABEL}$`),
  most: 63,
  rule: "a lowercase DNS label of at most 63 characters: a-z, 0-9 and -",
};
const DNS_NAME: Rule = {
  pattern: new RegExp(`^${LABEL}(?:\\.${LABEL})*$`),
  most: 253,
  rule: "a lowercase DNS name of at most 253 characters: a-z, 0-9, - and .",
};
/** These have findings of their own, in the words of what Multus reads. */
const CHECKED_AS_REQUESTS = [NETWORKS, DEFAULT_NETWORK];

/** What the API server rejects of a field, which stands at the path in the metadata. */
interface Problem {
  path: Path;
  code: string;
  message: string;
}

/** What the API server rejects in an object's metadata, or in that of a pod template, which stands `at`. */
export function checkMetadata(metadata: unknown, at: Path): ObjectFinding[] {
  if (!isObject(metadata)) return [];
  const unknown = Object.keys(metadata).filter((name) => !FIELDS.includes(name));
  const problems = [
    ...ofWord("name", metadata.name, DNS_NAME),
    ...ofWord("generateName", metadata.generateName, DNS_NAME),
    ...ofWord("namespace", metadata.namespace, DNS_LABEL),
    ...ofMap("labels", metadata.labels),
    ...ofMap("annotations", metadata.annotations),
    ...unknown.map((key) => ({
      path: [key],
      code: "UNKNOWN_FIELD",
      message: `unknown field; ${hintFor(key)}`,
    })),
  ];
  return problems.map(({ path, code, message }) => ({
    path: formatPath([...at, ...path]),
    severity: "error",
    code,
    message,
    at: [...at, ...path],
  }));
}

function ofWord(field: string, value: unknown, { pattern, most, rule }: Rule): Problem[] {
  if (value === undefined || value === null || value === "") return [];
  if (typeof value !== "string") return [{ path: [field], code: "WRONG_TYPE", message: notText(value) }];
  // What Kubernetes appends to a generateName is a letter or a digit.
  if (value.length <= most && pattern.test(field === "generateName" ? `${value}x` : value)) return [];
  return [{ path: [field], code: "INVALID_VALUE", message: `must be ${rule} (it is ${show(value)})` }];
}

function ofMap(field: string, map: unknown): Problem[] {
  if (map === undefined || map === null) return [];
  if (!isObject(map))
    return [{ path: [field], code: "WRONG_TYPE", message: `must be an object (it is ${show(map)})` }];
  return Object.entries(map)
    .filter(
      ([key, value]) => typeof value !== "string" && value !== null && !CHECKED_AS_REQUESTS.includes(key),
    )
    .map(([key, value]) => ({ path: [field, key], code: "WRONG_TYPE", message: notText(value) }));
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
