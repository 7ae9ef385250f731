/**
 * A Kubernetes object as plain data. A rendered one has exactly the fields that the program means to set; one that the
 * API server returned (ApiObject of src/kube) fits as well.
 */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    [field: string]: unknown;
  };
  [field: string]: unknown;
}
