import { dirname, join, resolve } from "node:path";
import type { Plugin } from "esbuild";

const root = resolve(import.meta.dirname, "..");
const undici = join(root, "node_modules/undici");
const client = join(root, "node_modules/@kubernetes/client-node/dist");

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
  // createAgent of client-node, for requests over node:https, which nobody makes; a proxy is reached by createDispatcher.
  "socks-proxy-agent": `
    export class SocksProxyAgent { constructor() { throw new Error("socks-proxy-agent is not in the bundle"); } }`,
  // Of undici, what sends requests: without fetch, web sockets, mocks and caches.
  undici: `
    import Agent from "${undici}/lib/dispatcher/agent.js";
    import Dispatcher from "${undici}/lib/dispatcher/dispatcher.js";
    import Pool from "${undici}/lib/dispatcher/pool.js";
    import ProxyAgent from "${undici}/lib/dispatcher/proxy-agent.js";
    import api from "${undici}/lib/api/index.js";
    Object.assign(Dispatcher.prototype, api);
    let own;
    export { Agent, Pool, ProxyAgent };
    export async function request(url, { dispatcher = (own ??= new Agent()), ...options }) {
      const { origin, pathname, search } = new URL(url);
      return await dispatcher.request({ ...options, origin, path: pathname + search });
    }
    export function fetch() { throw new Error("undici's fetch is not in the bundle"); }`,
  // All requests use HTTP/1.1 (docs/adr/0022); this module loads node:http2.
  "client-h2": `
    module.exports = () => { throw new Error("HTTP/2 is not in the bundle"); };`,
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
 * fifths of all text, the HTTP client of the operator frame, most of undici, and messages in fifty languages. A program
 * that keeps them takes 30 MB more memory.
 */
export const withoutUnusedParts: Plugin = {
  name: "without-unused-parts",
  setup(build) {
    build.onResolve({ filter: /^(@kubernetes\/client-node|gaxios)$/ }, ({ path, importer }) =>
      importer.includes("/@dot-i/k8s-operator/") ? { path, namespace: "stub" } : undefined,
    );
    build.onResolve({ filter: /^(socks-proxy-agent|undici|(node:)?http)$/ }, ({ path, kind }) => {
      if (path.endsWith("http") && kind !== "import-statement") return undefined;
      return { path: path === "http" ? "node:http" : path, namespace: "stub" };
    });
    build.onResolve({ filter: /\/client-h2\.js$/ }, ({ importer }) =>
      importer.includes("/undici/") ? { path: "client-h2", namespace: "stub" } : undefined,
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
