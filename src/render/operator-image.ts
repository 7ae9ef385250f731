/** The operator's own image, as its Deployment names it: that of the pods which it creates for itself. */
export interface OperatorImage {
  reference: string;
  pullPolicy: string;
  /** Names of secrets, which must be there in the install's namespace too. */
  pullSecrets: readonly string[];
}
