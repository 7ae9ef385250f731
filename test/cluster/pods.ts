import { IMAGES } from "./images.ts";

export interface PodOptions {
  node?: string;
  /** Run by sh -c. Sleeps if not said. */
  script?: string;
  annotations?: Record<string, string>;
  privileged?: boolean;
}

/** A small pod for tests, that ends at once when it is deleted. */
export function pod(name: string, options: PodOptions = {}): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name }, annotations: options.annotations ?? {} },
    spec: {
      terminationGracePeriodSeconds: 0,
      ...(options.node === undefined ? {} : { nodeName: options.node }),
      containers: [
        {
          name: "main",
          image: IMAGES.busybox,
          imagePullPolicy: "IfNotPresent",
          command: ["sh", "-c", options.script ?? "exec sleep 1000000"],
          ...(options.privileged ? { securityContext: { privileged: true } } : {}),
        },
      ],
    },
  };
}

/** A List, for one `kubectl apply -f -`. */
export function list(...items: object[]): string {
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}
