import { z } from "zod";
import { issueMessage, pathText } from "../crds/problems.ts";
import { GUARD } from "../render/rollout-guard.ts";
import { PROGRAM, wordsOf } from "./command.ts";
import { ImportError } from "./errors.ts";
import { parseImage } from "./image.ts";

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

const names = z.record(z.string(), z.string());
const anything = z.record(z.string(), z.unknown());

/** A text, also one that YAML reads as a number or a boolean because it is not in quotes. */
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const container = z.looseObject({
  name: z.string(),
  image: z.string().default(""),
  command: z.array(text).default([]),
  args: z.array(text).default([]),
  env: z.array(z.looseObject({ name: z.string(), value: text.optional() })).default([]),
  imagePullPolicy: z.string().optional(),
  resources: anything.optional(),
  volumeMounts: z
    .array(z.looseObject({ name: z.string(), mountPath: z.string(), subPath: z.string().optional() }))
    .default([]),
});
export type Container = z.output<typeof container>;

const volume = z.looseObject({
  name: z.string(),
  hostPath: z.looseObject({ path: z.string() }).optional(),
  configMap: z
    .looseObject({
      name: z.string(),
      items: z.array(z.looseObject({ key: z.string(), path: z.string() })).optional(),
    })
    .optional(),
});

const podSpec = z.looseObject({
  containers: z.array(container).min(1),
  initContainers: z.array(container).default([]),
  volumes: z.array(volume).default([]),
  nodeSelector: names.optional(),
  tolerations: z.array(anything).optional(),
  affinity: anything.optional(),
  priorityClassName: z.string().optional(),
  serviceAccountName: z.string().optional(),
  imagePullSecrets: z.array(z.looseObject({ name: z.string() })).default([]),
});
export type PodSpec = z.output<typeof podSpec>;

const metadata = z.looseObject({ name: z.string(), namespace: z.string().optional() });

const daemonSet = z.looseObject({
  apiVersion: z.string().default("apps/v1"),
  kind: z.literal("DaemonSet"),
  metadata,
  spec: z.looseObject({
    selector: z.looseObject({ matchLabels: names.optional() }).optional(),
    updateStrategy: z
      .looseObject({
        type: z.string().optional(),
        rollingUpdate: z
          .looseObject({
            maxUnavailable: z.union([z.int(), z.string()]).optional(),
            maxSurge: z.union([z.int(), z.string()]).optional(),
          })
          .optional(),
      })
      .optional(),
    template: z.looseObject({
      metadata: z.looseObject({ labels: names.optional(), annotations: names.optional() }).prefault({}),
      spec: podSpec,
    }),
  }),
});
export type DaemonSet = z.output<typeof daemonSet>;

const configMap = z.looseObject({ kind: z.literal("ConfigMap"), metadata, data: names.default({}) });
export type ConfigMap = z.output<typeof configMap>;

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
      if (name !== GUARD && multusContainer(found)) manifest.daemonSets.push(found);
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
