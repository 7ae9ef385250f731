import { expect, it } from "vitest";
import { parsedInstall } from "../crds/multus-install/parsed-install.ts";
import { lastComplete, restored, uncleanDirectories } from "./last-complete.ts";
import { renderInstall } from "./render.ts";

it("gives back an install that renders to the same objects, rolled out as the newest spec says", () => {
  const last = parsedInstall({ mode: "Thick", daemon: { metricsPort: 9091 }, paused: true });
  const now = parsedInstall({ version: "v3.4.2", rollout: { rollback: true } });
  const found = restored(now, lastComplete(last));
  expect(found && renderInstall(found).objects).toEqual(renderInstall(last).objects);
  expect(found?.spec.rollout.rollback).toBe(true);
  expect(found?.spec.paused).toBe(false);
});

it("restores nothing if there is no ConfigMap, or its content was changed to something else", () => {
  const now = parsedInstall();
  expect(restored(now, undefined)).toBe(undefined);
  expect(restored(now, { data: {} })).toBe(undefined);
  expect(restored(now, { data: { "spec.json": "{" } })).toBe(undefined);
  expect(restored(now, { data: { "spec.json": '{"version":"v2"}' } })).toBe(undefined);
});

it("shows the directories that a spec no longer has, until another spec is kept or they are clean", () => {
  const before = parsedInstall({ distribution: "Kubernetes" });
  const moved = (cni: object) => parsedInstall({ distribution: "Kubernetes", cni });
  const net = { directories: { confDir: "/etc/cni/net.d" }, onlyWithoutMultus: false };
  const [conf, bin] = ["/etc/cni/multus", "/usr/lib/cni"];
  const left = (now: typeof before, kept = lastComplete(before)) =>
    uncleanDirectories(now, kept)?.directories;
  expect(left(before)).toBe(undefined);
  expect(left(moved({ confDir: conf }))).toEqual({ confDir: "/etc/cni/net.d" });
  expect(left(moved({ binDir: bin }))).toEqual({ binDir: "/opt/cni/bin" });
  expect(left(parsedInstall({ distribution: "OpenShift" }))).toEqual({
    confDir: "/etc/cni/net.d",
    binDir: "/opt/cni/bin",
  });
  // Plugins are still called from it.
  expect(left(moved({ binDir: bin, additionalBinDir: "/opt/cni/bin" }))).toBe(undefined);
  const now = moved({ confDir: conf });
  const unclean = lastComplete(now, net);
  expect(left(now, unclean)).toEqual({ confDir: "/etc/cni/net.d" });
  expect(restored(now, unclean)?.spec.cni.confDir).toBe(conf);
  expect(left(now, lastComplete(now))).toBe(undefined);
  // The spec has it again.
  expect(left(before, lastComplete(before, net))).toBe(undefined);
});

it("keeps the one directory while it is not clean when the other one changes, and the last of each", () => {
  const moved = (cni: object) => parsedInstall({ distribution: "Kubernetes", cni });
  const [conf, bin] = ["/etc/cni/multus", "/usr/lib/cni"];
  const net = { directories: { confDir: "/etc/cni/net.d" }, onlyWithoutMultus: true };
  const kept = lastComplete(moved({ confDir: conf }), net);
  expect(uncleanDirectories(moved({ confDir: conf, binDir: bin }), kept)).toEqual({
    directories: { confDir: "/etc/cni/net.d", binDir: "/opt/cni/bin" },
    onlyWithoutMultus: false,
  });
  expect(
    uncleanDirectories(moved({ confDir: "/etc/cni/multus/v3", binDir: bin }), kept)?.directories,
  ).toEqual({
    confDir: conf,
    binDir: "/opt/cni/bin",
  });
  const bins = { directories: { binDir: "/opt/cni/bin" }, onlyWithoutMultus: false };
  const now = moved({ confDir: conf, binDir: bin });
  const first = uncleanDirectories(now, lastComplete(moved({ binDir: bin }), bins));
  expect(JSON.stringify(first)).toBe(JSON.stringify(uncleanDirectories(now, lastComplete(now, first))));
  // The spec has the first again.
  expect(uncleanDirectories(moved({ binDir: bin }), kept)?.directories).toEqual({
    confDir: conf,
    binDir: "/opt/cni/bin",
  });
});

it("shows whether only nodes without Multus may not be clean, of the directories that were kept", () => {
  const now = parsedInstall({ distribution: "Kubernetes", cni: { confDir: "/etc/cni/multus" } });
  const again = parsedInstall({ distribution: "Kubernetes", cni: { confDir: "/etc/cni/multus/v3" } });
  const unclean = { directories: { confDir: "/etc/cni/net.d" }, onlyWithoutMultus: true };
  const kept = lastComplete(now, unclean);
  expect(uncleanDirectories(now, kept)).toEqual(unclean);
  expect(uncleanDirectories(again, kept)).toEqual({
    directories: { confDir: "/etc/cni/multus" },
    onlyWithoutMultus: false,
  });
});

it("cleans no directory that was written into the ConfigMap and is not one of CNI's", () => {
  const now = parsedInstall();
  for (const written of ['{"confDir":"/etc"}', '{"binDir":"/opt/cni/bin/../../../etc"}', "{", "[]"])
    expect(
      uncleanDirectories(now, {
        data: { ...(lastComplete(now).data as object), "previous-directories.json": written },
      }),
    ).toBe(undefined);
});
