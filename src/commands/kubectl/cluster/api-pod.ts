import type { ApiObject } from "../../../kube/resource.ts";

/** The fields of a pod that an explanation uses, as the API server returns them. */
export interface ApiPod extends ApiObject {
  spec?: { nodeName?: string; hostNetwork?: boolean };
  status?: {
    phase?: string;
    podIP?: string;
    startTime?: string;
    conditions?: { type: string; status: string; message?: string; lastTransitionTime?: string }[];
  };
}
