/** The approval of certificates of Multus' daemons (docs/adr/0012), as the install controller uses it. */
export interface DaemonCertificates {
  /** Approves for the daemons in this namespace from now on; undefined: for none. */
  serve(namespace: string | undefined): void;
  /** Throws a MayNotApprove that names the first right that is missing. */
  assertMayApprove(signal: AbortSignal): Promise<void>;
  /** `listener` is called when the API server has rejected an approval. */
  onRejected(listener: () => void): void;
}
