import { expect, it } from "vitest";
import { parsedInstall } from "../crds/multus-install/parsed-install.ts";
import { runsDhcpDaemon } from "../networks/cross-checks/dhcp-daemon.ts";
import { dhcpDaemon } from "./dhcp-daemon.ts";

interface Template {
  containers: { image: string; command: string[]; securityContext: object }[];
  volumes: { name: string; hostPath: { path: string } }[];
  [field: string]: unknown;
}
const IMAGE = { registry: "registry.example", repository: "cni-plugins" };
const templateFor = (spec: object = {}) => {
  const object = dhcpDaemon(parsedInstall({ dhcp: { daemon: "Auto" }, plugins: { image: IMAGE }, ...spec }));
  return (object.spec as { template: { spec: Template } }).template.spec;
};

it("is what a check of networks takes for the daemon", () => {
  expect(runsDhcpDaemon(templateFor().containers)).toBe(true);
});

it("runs where Multus runs, of the plugins' image", () => {
  const workload = { nodeSelector: { zone: "a" }, tolerations: [{ key: "x", operator: "Exists" }] };
  const image = { ...IMAGE, pullSecrets: ["harbor"] };
  const template = templateFor({ workload, plugins: { image } });
  expect(template).toMatchObject({ ...workload, hostNetwork: true, imagePullSecrets: [{ name: "harbor" }] });
  expect(template.containers.map((container) => container.image)).toEqual([
    "registry.example/cni-plugins:v1.9.1",
  ]);
});

it("finds the pods' network namespaces where the distribution has them", () => {
  const pathFor = (distribution: string) =>
    templateFor({ distribution }).volumes.find(({ name }) => name === "netns")?.hostPath.path;
  expect([pathFor("Kubernetes"), pathFor("Talos")]).toEqual(["/run/netns", "/var/run/netns"]);
});

it("is not privileged, and has no credentials", () => {
  const template = templateFor();
  expect(template).toMatchObject({ automountServiceAccountToken: false });
  expect(template.hostPID).toBeUndefined();
  expect(JSON.stringify(template)).not.toContain("privileged");
});
