import { z } from "zod";

/** A Lease of coordination.k8s.io, as far as the election needs it. */
export const lease = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().optional() }),
  spec: z
    .looseObject({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.number().nullish(),
      leaseTransitions: z.number().nullish(),
      acquireTime: z.string().nullish(),
      renewTime: z.string().nullish(),
    })
    .prefault({}),
});

export type Lease = z.output<typeof lease>;
