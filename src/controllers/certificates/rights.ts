import type { KubeClient } from "../../kube/client.ts";
import { allInOrder } from "../shared/all-in-order.ts";
import { MayNotApprove } from "../shared/errors.ts";
import { SIGNER } from "./csr-policy.ts";

const GROUP = "certificates.k8s.io";
const REQUESTS = "certificatesigningrequests";
/** What the approver does, and what the operator must hold to grant it to the daemons. */
const NEEDED = [
  { what: `approve for ${SIGNER}`, group: GROUP, resource: "signers", verb: "approve", name: SIGNER },
  {
    what: `update ${REQUESTS}/approval`,
    group: GROUP,
    resource: REQUESTS,
    subresource: "approval",
    verb: "update",
  },
  ...["create", "get", "list", "watch"].map((verb) => ({
    what: `${verb} ${REQUESTS}`,
    group: GROUP,
    resource: REQUESTS,
    verb,
  })),
];

/** Whether the operator may approve certificates: asked of the API server until it may, and again after `forget`. */
export class ApprovalRights {
  readonly #client: KubeClient;
  #held = false;

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /** Throws a MayNotApprove that names the first right that is missing. */
  async assertHeld(signal: AbortSignal): Promise<void> {
    if (this.#held) return;
    const asked = NEEDED.map(async ({ what, ...resourceAttributes }) => {
      const answer = await this.#client.json<{ status?: { allowed?: boolean } }>({
        method: "POST",
        path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        body: {
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectAccessReview",
          spec: { resourceAttributes },
        },
        signal,
      });
      if (answer.status?.allowed !== true) throw new MayNotApprove(what);
    });
    await allInOrder(asked);
    this.#held = true;
  }

  /** They were rejected: the next assertHeld asks again. */
  forget(): void {
    this.#held = false;
  }
}
