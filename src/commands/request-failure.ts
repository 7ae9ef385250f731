import { oneLine } from "../display/text.ts";
import { type ApiError, NetworkError } from "../kube/errors.ts";

/** One sentence or two: why a request to the API server failed, and how to fix it. */
export function describeFailure(error: ApiError | NetworkError): string {
  if (error instanceof NetworkError)
    return `the API server does not answer: ${oneLine(error.message)}. Check --kubeconfig and --context`;
  const { path } = error;
  if (error.status === 404 && path.startsWith("/apis/multus-operator.dev/"))
    return "this cluster does not have the CRDs of MultusInstall and NetworkAttachmentReport: multus-operator is not installed. Install its chart: helm install multus-operator charts/multus-operator --namespace multus-operator --create-namespace --set image.repository=REGISTRY/multus-operator";
  if (error.status === 404 && path.startsWith("/apis/k8s.cni.cncf.io/"))
    return "this cluster does not have the CRD of NetworkAttachmentDefinition: Multus is not installed. With multus-operator: kubectl apply -f manifests/samples/multusinstall.yaml";
  if (error.status === 401)
    return "the API server does not accept the credentials (401): log in again, or check --kubeconfig and --context";
  if (error.status === 403)
    return `not allowed: ${oneLine(error.statusMessage)}. Ask for the permission ${permissionOf(error)}; the ClusterRole multus-operator-view grants what reading needs`;
  return `the API server rejected the request: ${oneLine(error.message)}`;
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
