import { expect, it } from "vitest";
import { parsedInstall } from "./parsed-install.ts";
import { readableInstall } from "./readable-install.ts";

const install = (spec: unknown, name = "multus") => ({
  apiVersion: "multus-operator.dev/v1alpha1",
  kind: "MultusInstall",
  metadata: { name },
  spec,
});

it.each([
  ["of another version's CRD", { legacy: { a: 1 }, mode: "Daemon", image: { tags: ["a"] } }],
  [
    "that contradict each other",
    { version: "v3.4.2", mode: "Thick", primaryNetwork: { file: "a.conflist" } },
  ],
  [
    "with items that are not valid",
    { workload: { tolerations: [{ kye: "a" }], nodeSelector: { "a b": 1 } } },
  ],
  ["whose groups are no objects", { image: 1, logging: null, isolation: [] }],
])("leaves out fields %s, and keeps where to clean and how", (_, wrong) => {
  const right = {
    cni: { confDir: "/etc/cni/multus", binDir: "/usr/libexec/cni" },
    uninstall: { nodes: "Leave" as const, timeout: "30m" },
  };
  const { install: found, problems } = readableInstall(install({ ...right, ...wrong }));
  expect(found?.spec).toMatchObject({ cni: right.cni, uninstall: right.uninstall });
  expect(problems.length).toBeGreaterThan(0);
});

it("takes a spec that is valid as it is, and none for one that sets nothing", () => {
  expect(readableInstall(install({ mode: "Thick" }))).toEqual({
    install: parsedInstall({ mode: "Thick" }),
    problems: [],
  });
  expect(readableInstall(install("x")).install).toEqual(parsedInstall());
  expect(readableInstall(install({}, "Not A Name")).install).toBeUndefined();
});
