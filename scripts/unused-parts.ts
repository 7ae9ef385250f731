import { dirname, join, resolve } from "node:path";
import type { Plugin } from "esbuild";

const root = resolve(import.meta.dirname, "..");
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
  gaxios: `export const instance = { request() { throw new Error("gaxios is not in the bundle"); } };`,
};

/**
 * Leaves out of the bundle what is loaded and never used: client-node's generated API with its models, four
 * fifths of all text, and the HTTP client of the operator frame. A program that keeps them takes 20 MB more memory.
 */
export const withoutUnusedParts: Plugin = {
  name: "without-unused-parts",
  setup(build) {
    build.onResolve({ filter: /^(@kubernetes\/client-node|gaxios)$/ }, ({ path, importer }) =>
      importer.includes("/@dot-i/k8s-operator/") ? { path, namespace: "stub" } : undefined,
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
