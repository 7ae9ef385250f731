/** One request of an operator by what it is about: the same in each run of a workload. */

export interface RequestLine {
  method: string;
  /** Path and query. */
  url: string;
  /** Of a write. */
  body?: unknown;
}

export interface Request {
  verb: "get" | "list" | "watch" | "create" | "apply" | "patch" | "replace" | "delete";
  plural: string;
  namespace: string | undefined;
  /** Of one object; of a collection the name that its field selector has. */
  name: string | undefined;
  subresource: string | undefined;
  labelSelector: string | undefined;
  isDryRun: boolean;
}

const WRITES = { POST: "create", PUT: "replace", DELETE: "delete" } as const;

/** What a request line asks for; what is not about a resource (/apis, /version) is a `get` of its path. */
export function parseRequest({ method, url, body }: RequestLine): Request {
  const { pathname, searchParams } = new URL(url, "http://proxy");
  const match =
    /^\/(?:api|apis\/[^/]+)\/[^/]+\/(?:namespaces\/([^/]+)\/)?([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
      pathname,
    );
  if (!match) return discovery(pathname);
  const [, namespace, plural = "", inPath, subresource] = match;
  const selected = /^metadata\.name=([^,]+)$/.exec(searchParams.get("fieldSelector") ?? "")?.[1];
  const created = (body as { metadata?: { name?: string } } | undefined)?.metadata?.name;
  const name = inPath ?? selected ?? (method === "POST" ? created : undefined);
  return {
    verb: verbOf(method, searchParams, inPath, body),
    plural,
    namespace,
    name: name === undefined ? undefined : decodeURIComponent(name),
    subresource,
    labelSelector: searchParams.get("labelSelector") ?? undefined,
    isDryRun: searchParams.has("dryRun"),
  };
}

function discovery(pathname: string): Request {
  const [namespace, name, subresource, labelSelector] = [undefined, undefined, undefined, undefined];
  const plural = pathname.slice(1).replaceAll("/", "-");
  return { verb: "get", plural, namespace, name, subresource, labelSelector, isDryRun: false };
}

function verbOf(
  method: string,
  query: URLSearchParams,
  name: string | undefined,
  body: unknown,
): Request["verb"] {
  if (method === "GET") {
    if (query.get("watch") === "true") return "watch";
    return name === undefined ? "list" : "get";
  }
  if (method === "PATCH") return query.has("fieldManager") && !Array.isArray(body) ? "apply" : "patch";
  return WRITES[method as keyof typeof WRITES];
}

/** Digests in the names of tasks and probes, and what the DaemonSet controller adds to its pods' names. */
const RANDOM = /-[0-9a-f]{16}$|(?<=^(kube-multus-ds|multus-rollout-guard))-[a-z0-9]{5}$/;

/**
 * "apply-daemonsets-kube-multus-ds", "list-pods-app=multus", "get-nodes-node-1": the name of a request in the id of a
 * plan. What is different in each run is left out.
 */
export function placeOf({ verb, plural, name, subresource, labelSelector, isDryRun }: Request): string {
  const isEvent = plural === "events";
  const parts = [
    isDryRun ? "dryrun" : verb,
    plural,
    name === undefined || isEvent ? undefined : name.replace(RANDOM, ""),
    labelSelector?.replace("multus-operator.dev/", ""),
    subresource,
  ];
  return parts.filter((part) => part !== undefined).join("-");
}

/** A write that changes something: no dry run. */
export function isWrite({ verb, isDryRun }: Request): boolean {
  return !isDryRun && !["get", "list", "watch"].includes(verb);
}

/** A write of what the install consists of: neither its status nor an event. */
export function isChange(request: Request): boolean {
  return (
    isWrite(request) &&
    request.plural !== "events" &&
    request.plural !== "leases" &&
    request.subresource !== "status"
  );
}

/** Resources of which the install controller keeps copies that its decisions rest on. */
export function isDecisive(request: Request): boolean {
  const { plural, name, labelSelector } = request;
  if (plural === "nodes" || plural === "multusinstalls") return true;
  if (plural === "pods") return labelSelector === "app=multus";
  return (
    name !== undefined &&
    plural !== "events" &&
    plural !== "leases" &&
    plural !== "certificatesigningrequests"
  );
}
