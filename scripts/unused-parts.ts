import { dirname, join, resolve } from "node:path";
import type { Plugin } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const client = join(root, "node_modules/@kubernetes/client-node/dist");

/** A module that may be loaded, but whose exports do nothing. */
function unused(name: string, ...exports: string[]): string {
  const lines = exports.map(
    (each) => `export function ${each}() { throw new Error("${name}'s ${each} is not in the bundle"); }`,
  );
  return lines.join("\n");
}

/**
 * What @dot-i/k8s-operator loads of its dependencies, and MultusOperator refuses to use (docs/adr/0002). The
 * constructor of its Operator makes a KubeConfig and a client of the core API; MultusOperator replaces the one
 * and asks the other for nothing.
 */
const STUBS: Record<string, string> = {
  "@kubernetes/client-node": `
    export class KubeConfig { loadFromDefault() {} makeApiClient() { return {}; } }
    export class CoreV1Api {}
    export class ApiextensionsV1Api {}
    export class Watch { constructor() { throw new Error("client-node's Watch is not in the bundle"); } }`,
  // Of client-node: the requests of this program go out by src/kube/http.ts (docs/adr/0022), through proxy-pool.ts if needed.
  undici: unused("undici", "Agent", "ProxyAgent", "fetch"),
  hpagent: unused("hpagent", "HttpProxyAgent", "HttpsProxyAgent"),
  socks: unused("socks", "SocksClient"),
  "socks-proxy-agent": unused("socks-proxy-agent", "SocksProxyAgent"),
  // Importing node:http as a module runs its getters, one of which loads the undici that is part of Node.
  "node:http": `
    const http = require("node:http");
    export const { Agent, createServer, request, Server, STATUS_CODES } = http;
    export default http;`,
  // Messages in other languages.
  "zod-locales": `export { default as en } from "${join(root, "node_modules/zod/v4/locales/en.js")}";`,
  gaxios: `export const instance = { request() { throw new Error("gaxios is not in the bundle"); } };`,
};

/**
 * Leaves out of the bundle what is loaded and never used: client-node's generated API with its models, four
 * fifths of all text, its HTTP client and that of the operator frame, and messages in fifty languages. A program
 * that keeps them takes 30 MB more memory.
 */
export const withoutUnusedParts: Plugin = {
  name: "without-unused-parts",
  setup(build) {
    build.onResolve({ filter: /^(@kubernetes\/client-node|gaxios)$/ }, ({ path, importer }) =>
      importer.includes("/@dot-i/k8s-operator/") ? { path, namespace: "stub" } : undefined,
    );
    build.onResolve({ filter: /^(undici|hpagent|socks|socks-proxy-agent)$/ }, ({ path, importer }) =>
      importer.startsWith(client) ? { path, namespace: "stub" } : undefined,
    );
    build.onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === "import-statement" ? { path: "node:http", namespace: "stub" } : undefined,
    );
    build.onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer }) =>
      importer.includes("/zod/") ? { path: "zod-locales", namespace: "stub" } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "stub" }, ({ path }) => ({
      contents: STUBS[path] ?? "",
      resolveDir: root,
    }));
    // Its modules only declare things, so those that nobody imports from can go.
    build.onResolve({ filter: /^(\.{1,2}\/|@kubernetes\/client-node$)/ }, ({ path, importer }) => {
      if (path === "@kubernetes/client-node") return { path: join(client, "index.js"), sideEffects: false };
      if (!importer.startsWith(client) || !path.endsWith(".js")) return undefined;
      return { path: resolve(dirname(importer), path), sideEffects: false };
    });
  },
};
