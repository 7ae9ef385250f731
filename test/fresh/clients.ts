import { existsSync, rmSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { execute } from "../cluster/execute.ts";

/** Variables by which programs find a proxy, or the authorities that they trust. */
const VARIABLES = [
  ...["http_proxy", "https_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]),
  "CURL_CA_BUNDLE",
  "GIT_SSL_CAINFO",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_DIR",
  "SSL_CERT_FILE",
];
const GO = ["GOINSECURE", "GONOPROXY", "GONOSUMDB", "GOPRIVATE", "GOPROXY", "GOSUMDB"];
const NPM = ["cafile", "https-proxy", "noproxy", "proxy", "registry"];
const APT_SETTINGS = /^Acquire::(?:https?(?:::|\s)|Check-|ForceIP|Languages\s|Retries\s)/;
const FILES = [
  "/etc/apt/keyrings",
  "/etc/apt/preferences.d",
  "/etc/apt/sources.list",
  "/etc/apt/sources.list.d",
  "/etc/apt/trusted.gpg.d",
  "/etc/ssl/certs",
  "/usr/local/share/ca-certificates",
  "/usr/share/keyrings",
];

/**
 * Lets apt, npm and Go of a new root file system reach what they download the way that this machine's do: proxies, mirrors
 * and authorities, and no login. Returns the variables of the environment that belong to it.
 */
export async function configureClients(root: string): Promise<Record<string, string>> {
  const environment: Record<string, string> = {};
  for (const name of VARIABLES) {
    const value = process.env[name];
    if (value) environment[name] = value;
  }
  const files = Object.values(environment).filter((value) => isAbsolute(value));
  rmSync(join(root, "etc/apt/sources.list"), { force: true }); // debootstrap's: the same source once more
  for (const path of new Set([...FILES, ...files])) await copy(path, root);

  const go = JSON.parse(await execute("go", ["env", "-json", ...GO])) as Record<string, string>;
  for (const [name, value] of Object.entries(go)) if (value !== "") environment[name] = value;

  for (const name of NPM) {
    const value = (await execute("npm", ["config", "get", name])).trim();
    if (value === "" || value === "null" || value === "undefined") continue;
    environment[`npm_config_${name.replaceAll("-", "_")}`] = value;
    if (name === "cafile") await copy(value, root);
  }

  const settings = (await execute("apt-config", ["dump"]))
    .split("\n")
    .filter((line) => APT_SETTINGS.test(line));
  writeFileSync(join(root, "etc/apt/apt.conf.d/90-from-this-machine"), `${settings.join("\n")}\n`);
  return environment;
}

/** To the same path in the root. */
async function copy(path: string, root: string): Promise<void> {
  if (existsSync(path)) await execute("cp", ["--archive", "--force", "--parents", path, root]);
}
