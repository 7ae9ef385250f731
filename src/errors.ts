/** Another replica leads now: this process must not write any more, and ends. */
export class LostLease extends Error {
  override readonly name = "LostLease";
  readonly code = "LOST_LEASE";

  constructor() {
    super("the leader's lease was lost; another replica may lead now");
  }
}
