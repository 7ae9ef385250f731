import { expect, it } from "vitest";
import { proxyFromEnvironment } from "./proxy-environment.ts";

const PROXY = "http://proxy.example:3128";
const SERVER = "https://api.cluster.example:6443";

it.each([
  [SERVER, { HTTPS_PROXY: PROXY }, PROXY],
  [SERVER, { https_proxy: "proxy.example:3128" }, PROXY],
  [SERVER, { HTTPS_PROXY: "socks5://proxy.example:1080" }, "socks5://proxy.example:1080"],
  [SERVER, { HTTP_PROXY: PROXY }, undefined],
  ["http://api.cluster.example:8080", { HTTP_PROXY: PROXY }, PROXY],
  [SERVER, { HTTPS_PROXY: "" }, undefined],
  [SERVER, {}, undefined],
  ["https://127.0.0.1:6443", { HTTPS_PROXY: PROXY }, undefined],
  ["https://[::1]:6443", { HTTPS_PROXY: PROXY }, undefined],
  ["https://localhost:6443", { HTTPS_PROXY: PROXY }, undefined],
])("for %s with %o takes %s", (server, environment, expected) => {
  expect(proxyFromEnvironment(server, environment)).toBe(expected);
});

it.each([
  [SERVER, "*", true],
  [SERVER, "other.example, cluster.example", true],
  [SERVER, ".cluster.example", true],
  [SERVER, "*.cluster.example", true],
  [SERVER, "API.cluster.example", true],
  [SERVER, ".api.cluster.example", false],
  [SERVER, "luster.example", false],
  [SERVER, "cluster.example:6443", true],
  [SERVER, "cluster.example:443", false],
  ["https://cluster.example", "cluster.example:443", true],
  [SERVER, "", false],
  [SERVER, ",", false],
  ["https://10.96.0.1", "10.96.0.0/12", true],
  ["https://10.112.0.1", "10.96.0.0/12", false],
  ["https://10.96.0.1:443", "10.96.0.1", true],
  ["https://10.96.0.1:443", "10.96.0.1:6443", false],
  ["https://10.96.0.1:443", "10.96.0.0/99", false],
  ["https://[fd00::1]:6443", "fd00::/8", true],
  ["https://[fd00::1]:6443", "[fd00::1]:6443", true],
  ["https://[fd00::1]:6443", "fd00::1", true],
  ["https://[fd00::2]:6443", "10.0.0.0/8,fd00::1", false],
])("reaches %s with NO_PROXY=%s directly: %s", (server, noProxy, isDirect) => {
  const found = proxyFromEnvironment(server, { HTTPS_PROXY: PROXY, NO_PROXY: noProxy });
  expect(found).toBe(isDirect ? undefined : PROXY);
});
