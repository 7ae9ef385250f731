import { expect, it } from "vitest";
import { parsedInstall } from "../../../crds/multus-install/parsed-install.ts";
import { readerPod } from "./reader-pod.ts";

function podOf(follow: boolean) {
  const parsed = parsedInstall({ namespace: "cni" });
  return readerPod({
    name: "multus-log-1",
    install: parsed,
    node: "node-1",
    image: "operator:1",
    pullSecrets: ["harbor"],
    directory: "/opt/cni/log",
    file: "/opt/cni/log/multus.log",
    range: { lines: 5, bytes: 100, follow },
  });
}

interface ReaderSpec {
  activeDeadlineSeconds: number;
  containers: { args: string[]; securityContext: object; volumeMounts: object[] }[];
}

it("reads one directory of the node, and can do nothing else there", () => {
  const { metadata, spec } = podOf(false);
  expect(metadata.namespace).toBe("cni");
  expect(spec).toMatchObject({
    nodeName: "node-1",
    automountServiceAccountToken: false,
    restartPolicy: "Never",
    imagePullSecrets: [{ name: "harbor" }],
    volumes: [{ name: "log", hostPath: { path: "/opt/cni/log", type: "Directory" } }],
  });
  const { containers } = spec as unknown as ReaderSpec;
  expect(containers).toHaveLength(1);
  expect(containers[0]).toMatchObject({
    args: ["read-log-end", "--lines=5", "--bytes=100", "/opt/cni/log/multus.log"],
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: [{ name: "log", mountPath: "/opt/cni/log", readOnly: true }],
  });
  expect(containers[0]?.securityContext).not.toHaveProperty("privileged");
});

it("ends automatically if it is not removed", () => {
  const deadline = (follow: boolean) => (podOf(follow).spec as unknown as ReaderSpec).activeDeadlineSeconds;
  expect(deadline(false)).toBeLessThanOrEqual(300);
  expect(deadline(true)).toBeLessThanOrEqual(4 * 3600);
});
