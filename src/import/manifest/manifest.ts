import { z } from "zod";
import { issueMessage, pathText } from "../../crds/problems.ts";
import { GUARD } from "../../render/rollout-guard.ts";
import { WHEREABOUTS } from "../../render/whereabouts-names.ts";
import { ImportError } from "../errors.ts";
import { PROGRAM, wordsOf } from "./command.ts";
import { parseImage } from "./image-reference.ts";
import { type ConfigMap, type Container, configMap, type DaemonSet, daemonSet } from "./objects.ts";

/**
 * A Multus manifest as users write and edit it by hand, or as `kubectl get -o yaml` shows it: the few objects
 * that show how Multus runs. Old API versions pass (extensions/v1beta1 DaemonSet, v1beta1 CRD and RBAC).
 */
export interface Manifest {
  daemonSets: DaemonSet[];
  configMaps: ConfigMap[];
  /** Everything else, to say of each what becomes of it. */
  others: { apiVersion: string; kind: string; name: string; object: Record<string, unknown> }[];
}

const anyObject = z.looseObject({
  apiVersion: z.string().default(""),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string().default("") }).prefault({}),
});

/** Sorts the documents of a manifest. Throws an ImportError if one that matters has not the shape of its kind. */
export function readManifest(documents: readonly unknown[]): Manifest {
  const manifest: Manifest = { daemonSets: [], configMaps: [], others: [] };
  for (const document of documents.flatMap(itemsOf).map(withoutNulls)) {
    const {
      apiVersion,
      kind,
      metadata: { name },
    } = parse(anyObject, document, "a document");
    if (kind === "DaemonSet") {
      const found = parse(daemonSet, document, `DaemonSet ${name}`);
      // The operator's own: its image is Multus', and it puts no Multus on a node.
      if (name !== GUARD && name !== WHEREABOUTS && multusContainer(found)) manifest.daemonSets.push(found);
      else manifest.others.push({ apiVersion, kind, name, object: found });
    } else if (kind === "ConfigMap")
      manifest.configMaps.push(parse(configMap, document, `ConfigMap ${name}`));
    else manifest.others.push({ apiVersion, kind, name, object: document as Record<string, unknown> });
  }
  return manifest;
}

/** The container that runs Multus: upstream's name, else the first whose image and command say so. */
export function multusContainer({ spec }: DaemonSet): Container | undefined {
  const { containers } = spec.template.spec;
  return containers.find(({ name }) => name === "kube-multus") ?? containers.find(runsMultus);
}

/** Programs that work with Multus and are named after it: policies, controllers, webhooks, IPAM plugins and their daemons. */
const COMPANION =
  /admission|controller|dhcp|exporter|injector|ipam|metrics|operator|polic(y|ies)|proxy|service|webhook/;

function runsMultus(container: Container): boolean {
  const { image, command } = container;
  const { repository } = parseImage(image);
  const isNamed = /multus/.test(image) || command.some((word) => /multus/.test(word));
  if (!isNamed || COMPANION.test(repository.split("/").at(-1) ?? "")) return false;
  const words = wordsOf(container);
  const program = words.find((word) => !word.startsWith("-"));
  // Without a command it is the image's own, and arguments are flags.
  if (program === undefined || command.length === 0) return true;
  return words.some((word) => PROGRAM.test(word)) || /multus[^/]*$/.test(program);
}

/** The API server takes a field that is null for one that is absent. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, child]) => (child === null ? [] : [[key, withoutNulls(child)]])),
  );
}

/** A List, as `kubectl get -o yaml` gives, is its items. */
function itemsOf(document: unknown): unknown[] {
  const list = z
    .looseObject({ kind: z.string().regex(/List$/), items: z.array(z.unknown()) })
    .safeParse(document);
  return list.success ? list.data.items : [document];
}

function parse<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const problem = issue ? `${pathText(issue.path) || "it"}: ${issueMessage(issue)}` : "is not valid";
  throw new ImportError("MALFORMED", `${what}: ${problem}`);
}
