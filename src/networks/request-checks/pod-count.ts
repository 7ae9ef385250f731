import { isObject } from "../../cni/section.ts";

/** How many pods of an object there are at one time, as far as the object shows. */
export interface PodCount {
  /** "3 pods", "a pod on each node". */
  words: string;
  several: boolean;
}

/** How many pods an object of this kind makes. */
export function podsOf(kind: string, object: Readonly<Record<string, unknown>>): PodCount {
  const spec = isObject(object.spec) ? object.spec : {};
  const number = (field: unknown) => (typeof field === "number" ? field : 1);
  switch (kind) {
    case "DaemonSet":
      return { words: "a pod on each node", several: true };
    case "Job":
      return counted(Math.min(number(spec.parallelism), number(spec.completions ?? spec.parallelism)));
    default:
      return counted(number(spec.replicas));
  }
}

function counted(pods: number): PodCount {
  return { words: `${pods} pods`, several: pods > 1 };
}
