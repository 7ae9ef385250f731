import { describe, expect, it } from "vitest";
import { fieldChanges } from "./field-changes.ts";
import { previewText } from "./report.ts";

describe("fieldChanges", () => {
  it("compares items of a list by name, and flags each by itself", () => {
    const pod = (image: string, args: string[]) => ({
      spec: {
        containers: [
          { name: "a", image: "x" },
          { name: "kube-multus", image, args },
        ],
      },
    });
    const before = pod("multus:1", ["--multus-conf-file=auto", "--cni-version=0.3.1"]);
    const after = pod("multus:2", ["--multus-conf-file=auto", "--cni-version=1.0.0", "--rename-conf-file"]);
    expect(fieldChanges(before, after)).toEqual([
      { path: "spec.containers[kube-multus].image", before: "multus:1", after: "multus:2" },
      { path: "spec.containers[kube-multus].args --cni-version", before: "0.3.1", after: "1.0.0" },
      { path: "spec.containers[kube-multus].args --rename-conf-file", after: "true" },
    ]);
  });

  it("reads the JSON in a ConfigMap as JSON, and takes its white space for nothing", () => {
    const map = (text: string) => ({ data: { "daemon-config.json": text } });
    expect(fieldChanges(map('{"a": 1, "b": true}'), map('{\n "b": true,\n "a": 1 }'))).toEqual([]);
    expect(fieldChanges(map('{"logLevel": "verbose"}'), map('{"logLevel": "debug"}'))).toEqual([
      { path: "data[daemon-config.json].logLevel", before: "verbose", after: "debug" },
    ]);
  });

  it("leaves out the operator's own marks", () => {
    const marked = (value: string) => ({
      metadata: { annotations: { "multus-operator.dev/revision": value, mine: value } },
    });
    expect(fieldChanges(marked("a"), marked("b")).map(({ path }) => path)).toEqual([
      "metadata.annotations.mine",
    ]);
  });
});

describe("previewText", () => {
  const change = {
    object: "DaemonSet kube-system/kube-multus-ds",
    action: "change" as const,
    fields: [{ path: "spec.x", before: "a\u001b[31m", after: 2 }],
    restarts: 1,
    notes: [],
  };

  it("is a line a field, without control characters, and a sum", () => {
    expect(previewText({ changes: [change], notes: [] }, false)).toBe(
      "~ DaemonSet kube-system/kube-multus-ds (its pods restart on 1 node)\n" +
        "  ~ spec.x: a [31m → 2\n1 changed. Multus restarts on 1 node.\n",
    );
  });

  it("has colours for a terminal only", () => {
    expect(previewText({ changes: [change], notes: [] }, true)).toContain("\u001b[33m~ DaemonSet");
    expect(previewText({ changes: [], notes: [] }, true)).toBe("No changes.\n");
  });
});
