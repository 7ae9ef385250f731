import { expect, it } from "vitest";
import { explainStartFailure } from "./start-errors.ts";

/** As kubelet 1.36.3 kept them, of containers of images in another layout or architecture. */
it.each([
  [
    "another binary than the image has",
    "2026-11-24T12:00:00+0000 WARN: {Location /usr/src/multus-cni/bin/multus does not exist}\n",
    "ImageLayout",
    "spec.image.layout.binaryFile",
  ],
  [
    "directories mounted elsewhere",
    " WARN: {Location /host/etc/cni/net.d does not exist}\n",
    "ImageLayout",
    "spec.image.layout.mountPrefix",
  ],
  [
    "a command that the image has not",
    'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "/entrypoint.sh": stat /entrypoint.sh: no such file or directory',
    "ImageLayout",
    "the image has no /entrypoint.sh",
  ],
  [
    "a script that the image has not",
    "bash: /nope.sh: No such file or directory\n",
    "ImageLayout",
    "the image has no /nope.sh",
  ],
  [
    "an image of another architecture",
    "exec /hello: exec format error\n",
    "ImageArchitecture",
    "architecture",
  ],
  [
    "no Python for the primary network's name",
    "/entrypoint.sh: line 299: python: command not found\n",
    "ImageLacksPython",
    "spec.entrypoint.overrideNetworkName",
  ],
  [
    "a message that BusyBox' date hides",
    "date: unrecognized option '--iso-8601=seconds'\nBusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary.\n\nUsage: date [OPTIONS] [+FMT] [[-s] TIME]\n",
    "ImageLayout",
    "kubectl logs --previous",
  ],
  [
    "a message that it does not hide",
    "date: unrecognized option '--iso-8601=seconds'\n WARN: {Location /etc/cni/net.d does not exist}\nBusyBox v1.35.0 multi-call binary.\n\nUsage: date [OPTIONS]\n",
    "ImageLayout",
    "the entrypoint requires /etc/cni/net.d",
  ],
])("%s", (_, message, reason, says) => {
  const found = explainStartFailure(message);
  expect(found?.reason).toBe(reason);
  expect(found?.message).toContain(says);
});

it("has no opinion on other ends", () => {
  expect(explainStartFailure("panic: runtime error: invalid memory address")).toBeUndefined();
  expect(explainStartFailure("")).toBeUndefined();
});
