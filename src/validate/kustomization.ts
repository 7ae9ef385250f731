import { isObject } from "../cni/section.ts";
import type { SourceFile } from "./documents.ts";

/** The files that a Kustomization applies to other objects, and the directories that Kustomizations combine. */
export interface Kustomizations {
  /** Whether a file is a patch: a part of an object, whose apiVersion and name may stand for nothing. */
  isPatch: (file: string) => boolean;
  /** Whether any of the files is a Kustomization: files of different directories are then not applied together. */
  exist: boolean;
}

/** What the Kustomizations among the files say of the others; pure. */
export function kustomizationsIn(files: readonly SourceFile[]): Kustomizations {
  const patches = new Set<string>();
  let exist = false;
  for (const { file, documents } of files) {
    const at = file.lastIndexOf("/");
    const isNamedSo = /^kustomization(\.ya?ml)?$/i.test(file.slice(at + 1));
    for (const { value } of documents) {
      if (!isObject(value) || !(isNamedSo || isKustomization(value))) continue;
      exist = true;
      for (const path of patchPaths(value)) patches.add(resolved(file.slice(0, Math.max(0, at)), path));
    }
  }
  return { isPatch: (file) => patches.has(resolved("", file)), exist };
}

function isKustomization({ apiVersion }: Record<string, unknown>): boolean {
  return typeof apiVersion === "string" && apiVersion.startsWith("kustomize.config.k8s.io/");
}

/** patches and patchesJson6902 name files; patchesStrategicMerge may also hold the patch itself, which is not a path. */
function patchPaths(value: Record<string, unknown>): string[] {
  const list = (key: string) => (Array.isArray(value[key]) ? (value[key] as unknown[]) : []);
  const named = [...list("patches"), ...list("patchesJson6902")].map((patch) =>
    isObject(patch) ? patch.path : undefined,
  );
  return [...named, ...list("patchesStrategicMerge")].filter(
    (path): path is string => typeof path === "string" && path !== "" && !path.includes("\n"),
  );
}

/** The path without "." and "..", as far as it goes. */
function resolved(directory: string, path: string): string {
  const root = (path.startsWith("/") ? path : directory).startsWith("/") ? "/" : "";
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${directory}/${path}`).split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return root + parts.join("/");
}
