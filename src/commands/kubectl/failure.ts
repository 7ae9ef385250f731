import { oneLine, printable } from "../../display/text.ts";
import { ApiError, NetworkError } from "../../kube/errors.ts";

/** The user asked for something that cannot be answered; the message says what to do instead. */
export class UsageError extends Error {
  readonly code = "USAGE";
}

/** The user ended it (Ctrl-C). */
export class Interrupted extends Error {
  readonly code = "INTERRUPTED";
}

/** Runs `body`, and returns its exit code. What it throws becomes a sentence on standard error and 2, or 130 after Ctrl-C. */
export async function runOrExplain(body: () => Promise<number | undefined>): Promise<number> {
  try {
    return (await body()) ?? 0;
  } catch (error) {
    if (error instanceof Interrupted) return 130;
    process.stderr.write(`error: ${printable(remedy(error))}\n`);
    return 2;
  }
}

/** One sentence or two: what went wrong, and how to fix it. Throws what is not a failure of a request or a file. */
export function remedy(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  if (error instanceof NetworkError)
    return `the API server does not answer: ${oneLine(error.message)}. Check --kubeconfig and --context`;
  if (error instanceof ApiError) return describeApiError(error);
  throw error;
}

function describeApiError(error: ApiError): string {
  const { path } = error;
  if (error.status === 404 && path.startsWith("/apis/multus-operator.dev/"))
    return "this cluster does not have the CRDs of MultusInstall and NetworkAttachmentReport: multus-operator is not installed. Install its chart: helm install multus-operator charts/multus-operator --namespace multus-operator --create-namespace";
  if (error.status === 404 && path.startsWith("/apis/k8s.cni.cncf.io/"))
    return "this cluster does not have the CRD of NetworkAttachmentDefinition: Multus is not installed. With multus-operator: kubectl apply -f manifests/samples/multusinstall.yaml";
  if (error.status === 401)
    return "the API server does not accept the credentials (401): log in again, or check --kubeconfig and --context";
  if (error.status === 403)
    return `not allowed: ${oneLine(error.statusMessage)}. Ask for the permission ${permissionOf(error)}; the ClusterRole multus-operator-view grants what reading needs`;
  return `the API server refused: ${oneLine(error.message)}`;
}

/** "get pods/log in namespace kube-system": what an administrator has to grant. */
export function permissionOf(error: ApiError): string {
  const { method, path } = error;
  const parts = path.split("/").filter(Boolean);
  const rest = parts.slice(parts[0] === "api" ? 2 : 3);
  const group = parts[0] === "api" ? "" : `.${parts[1]}`;
  const namespace = rest[0] === "namespaces" && rest.length > 2 ? rest[1] : undefined;
  const [resource = "", name, subresource] = namespace === undefined ? rest : rest.slice(2);
  const verb =
    { GET: name ? "get" : "list", POST: "create", PUT: "update", PATCH: "patch" }[method] ?? "delete";
  const what = `${resource}${subresource ? `/${subresource}` : ""}${group}`;
  return `"${verb} ${what}"${namespace === undefined ? "" : ` in namespace ${namespace}`}`;
}
