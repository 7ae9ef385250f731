import { MULTUS_INSTALL } from "../../src/crds/multus-install/multus-install.ts";
import { NETWORK_ATTACHMENT_DEFINITIONS } from "../../src/crds/network-attachment-definition.ts";
import { NETWORK_ATTACHMENT_REPORT } from "../../src/crds/network-attachment-report/report.ts";
import type { KubeClient } from "../../src/kube/client.ts";
import {
  type ApiObject,
  CERTIFICATE_SIGNING_REQUESTS,
  CLUSTER_ROLES,
  CONFIG_MAPS,
  CORE_EVENTS,
  DAEMON_SETS,
  NAMESPACES,
  NODES,
  PODS,
  type ResourceType,
  SERVICE_ACCOUNTS,
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
} from "../../src/kube/resource.ts";

/**
 * `kubectl get … -o json` and `-o name` without a process: a start of kubectl takes a tenth of a second of CPU time, and tests
 * ask again and again until a condition is met.
 */

const TYPES = [
  CERTIFICATE_SIGNING_REQUESTS,
  CLUSTER_ROLES,
  CONFIG_MAPS,
  CORE_EVENTS,
  DAEMON_SETS,
  MULTUS_INSTALL,
  NAMESPACES,
  NETWORK_ATTACHMENT_DEFINITIONS,
  NETWORK_ATTACHMENT_REPORT,
  NODES,
  PODS,
  SERVICE_ACCOUNTS,
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_WEBHOOK_CONFIGURATIONS,
];

interface Question {
  type: ResourceType;
  name: string | undefined;
  namespace: string | undefined;
  labelSelector: string | undefined;
  fieldSelector: string | undefined;
  output: "json" | "name";
  ignoreNotFound: boolean;
}

/** What kubectl would print, or undefined if only kubectl itself knows: another kind or flag, or an object that is missing. */
export async function kubectlGet(client: KubeClient, args: readonly string[]): Promise<string | undefined> {
  const question = questionOf(args);
  if (question === undefined) return undefined;
  const { type, name, namespace, output, labelSelector, fieldSelector } = question;
  const where = namespace === undefined ? {} : { namespace };
  const line = (object: ApiObject) =>
    `${type.kind.toLowerCase()}${type.group === "" ? "" : `.${type.group}`}/${object.metadata.name}\n`;
  if (name !== undefined) {
    const found = await client.get<ApiObject>({ type, name, ...where });
    if (found === undefined) return question.ignoreNotFound ? "" : undefined;
    return output === "json" ? JSON.stringify(found) : line(found);
  }
  const { items } = await client.list<ApiObject>(type, {
    ...where,
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  });
  return output === "json" ? JSON.stringify({ items }) : items.map(line).join("");
}

/** Reads kubectl's arguments after `get`; undefined if one of them is not known here. */
function questionOf(args: readonly string[]): Question | undefined {
  const names: string[] = [];
  const flags = new Map<string, string>();
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (["-n", "-l", "-o", "--field-selector"].includes(arg)) flags.set(arg, args[++index] ?? "");
    else if (["-A", "--ignore-not-found"].includes(arg)) flags.set(arg, "");
    else if (arg.startsWith("-")) return undefined;
    else names.push(arg);
  }
  const [kind = "", name, ...more] = names;
  const type = TYPES.find((known) => known.plural === kind || known.kind.toLowerCase() === kind);
  const output = flags.get("-o");
  if (type === undefined || more.length > 0 || (output !== "json" && output !== "name")) return undefined;
  const everywhere = !type.namespaced || flags.has("-A");
  return {
    type,
    name,
    namespace: everywhere ? undefined : (flags.get("-n") ?? "default"),
    labelSelector: flags.get("-l"),
    fieldSelector: flags.get("--field-selector"),
    output,
    ignoreNotFound: flags.has("--ignore-not-found"),
  };
}
