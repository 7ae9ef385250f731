import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { primaryConflist } from "../primary-network.ts";
import { defaultNetwork } from "./default-network.ts";
import { ENABLED_UNITS, ENTRYPOINT, nodeFiles } from "./node-files.ts";

const files = nodeFiles("v1.36.3", {
  "/kind/images/pause.tar": ["registry.k8s.io/pause:test", "registry.k8s.io/pause:3.10.2"],
  "/kind/images/busybox.tar": ["docker.io/library/busybox:1.36"],
});
const scripts = Object.values(files).filter(({ executable }) => executable);

it("has scripts that a shell can parse", () => {
  expect(scripts).toHaveLength(2);
  const { items } = defaultNetwork() as {
    items: { spec?: { template: { spec: { containers: { command: string[] }[] } } } }[];
  };
  const network = items.at(-1)?.spec?.template.spec.containers[0]?.command[2] ?? "";
  for (const script of [...scripts.map(({ content }) => content), network])
    execFileSync("sh", ["-n"], { input: script });
  expect(() => execFileSync("sh", ["-n"], { input: `${network}; fi`, stdio: "pipe" })).toThrow();
  // The conflist is in single quotes.
  expect(network).toContain(`echo '${JSON.stringify(primaryConflist(["POD_CIDR"]))}'`);
  expect(JSON.stringify(primaryConflist(["POD_CIDR"]))).not.toContain("'");
});

it("has a file for each unit that is enabled, and programs where the units start them", () => {
  for (const unit of ENABLED_UNITS) expect(files).toHaveProperty([`/etc/systemd/system/${unit}`]);
  expect(files[ENTRYPOINT]?.executable).toBe(true);
  expect(files["/kind/version"]?.content).toBe("v1.36.3");
});

it("loads every image once, under each of its names", () => {
  const load = files["/usr/local/sbin/load-images"]?.content ?? "";
  expect(load.match(/images import .*/g)).toEqual([
    "images import --local /kind/images/pause.tar",
    "images import --local /kind/images/busybox.tar",
  ]);
  expect(load).toContain("images tag --force registry.k8s.io/pause:test registry.k8s.io/pause:3.10.2");
});
