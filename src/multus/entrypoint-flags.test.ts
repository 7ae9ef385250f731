import { expect, it } from "vitest";
import { FLAGS, hasFlag, REJECTED_FLAGS } from "./entrypoint-flags.ts";
import { V3_RELEASES } from "./releases.ts";

/**
 * The flags of images/entrypoint.sh and cmd/thin_entrypoint/main.go at the tags of multus-cni: those that each release
 * adds, and those it no longer has. The releases in between have the same ones. Only of --multus-bin-file the script of v3.9
 * warns (its case is a second "--cni-bin-dir"): it gets the flag nevertheless.
 */
const CHANGES: readonly [release: string, added: string, removed?: string][] = [
  [
    "v3.4",
    "additional-bin-dir cleanup-config-on-exit cni-bin-dir cni-conf-dir cni-version multus-autoconfig-dir multus-bin-file multus-conf-file multus-kubeconfig-file-host multus-log-file multus-log-level namespace-isolation override-network-name rename-conf-file restart-crio skip-multus-binary-copy",
  ],
  ["v3.4.1", "readiness-indicator-file"],
  ["v3.4.2", ""],
  ["v3.6", ""],
  ["v3.7", "global-namespaces multus-log-to-stderr"],
  ["v3.7.1", ""],
  ["v3.7.2", "multus-master-cni-file-name"],
  ["v3.8", ""],
  ["v3.9", ""],
  ["v3.9.1", ""],
  ["v3.9.2", ""],
  ["v3.9.3", ""],
  ["v4.0.0", "force-cni-version skip-tls-verify", "restart-crio"],
  ["v4.0.2", ""],
  ["v4.1.0", "multus-cni-conf-dir skip-config-watch"],
  ["v4.3.0", ""],
];

const names = (text = "") => text.split(" ").filter((name) => name !== "");

it("has each flag for the releases whose entrypoint knows it, and no other", () => {
  const releases = CHANGES.map(([release]) => release);
  expect(releases.filter((release) => release.startsWith("v3"))).toEqual(V3_RELEASES);
  const known = new Set<string>();
  for (const [release, added, removed] of CHANGES) {
    for (const name of names(added)) known.add(name);
    for (const name of names(removed)) known.delete(name);
    const table = FLAGS.filter((flag) => hasFlag(release, flag)).map(({ name }) => name);
    const settable = [...known].filter((name) => !(name in REJECTED_FLAGS));
    expect(table.toSorted(), release).toEqual(settable.toSorted());
  }
});
