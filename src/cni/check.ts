import { checkList, warnOfOldVersion } from "./check-conflist.ts";
import { checkPlugin, checkVersion } from "./check-plugin.ts";
import { tooLarge } from "./config-size.ts";
import type { PodRequest } from "./context.ts";
import { type Finding, show } from "./finding.ts";
import { checkHostPaths } from "./host-paths.ts";
import { DEEPEST, locateInJson } from "./locate.ts";
import { Report } from "./report.ts";
import { positions, scan } from "./scan.ts";
import { isObject, Section } from "./section.ts";

/** libcni, utils.ValidateNetworkName. */
const NETWORK_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** What of the NAD beside its configuration matters. */
export interface CheckOptions {
  /** The NAD's, which Multus fills in where the configuration has none. */
  networkName?: string | undefined;
  /** The annotation k8s.v1.cni.cncf.io/resourceName: a device plugin's device comes at run time. */
  resourceName?: string | undefined;
  /** What a pod requests of the network: what then does not work is an error too. */
  request?: PodRequest | undefined;
}

/**
 * Checks the text of a NetworkAttachmentDefinition's spec.config as Multus, libcni and the plugins would
 * read it. Never throws; at most 200 findings, among them one of each code that applies, each with its place in the text.
 */
export function checkNetworkConfig(text: string, options: CheckOptions = {}): Finding[] {
  // A NAD without a configuration means a file on the node by the NAD's name (multi-network standard, 3.4.1).
  if (text === "") return [];
  const size = tooLarge(text);
  if (size !== undefined) return [tooLargeFinding(size)];
  const report = new Report();
  let twice = 0;
  const scanned = scan(text, {
    duplicate(path) {
      if (path.length > DEEPEST || twice++ >= 20) return;
      report.warn([...path], "DUPLICATE_KEY", "is a duplicate key; the last value is used");
    },
  });
  if (!scanned.ok)
    return [
      {
        path: "",
        severity: "error",
        code: "BAD_JSON",
        message: `is not valid JSON: ${scanned.message}`,
        ...positions(text)(scanned.offset),
      },
    ];
  checkRoot(JSON.parse(text), report, options);
  return locate(text, report);
}

/** @param size such as "is longer than 65536 bytes" */
export function tooLargeFinding(size: string): Finding {
  const message = `${size} and is not checked`;
  return { path: "", severity: "error", code: "TOO_LARGE", message, line: 1, column: 1 };
}

/** What shows that a configuration was not read: it is neither valid nor not valid. */
export function unreadFinding(findings: readonly Finding[]): Finding | undefined {
  return findings.find(({ code }) => code === "TOO_LARGE");
}

function checkRoot(config: unknown, report: Report, options: CheckOptions): void {
  const { networkName, resourceName, request } = options;
  if (!isObject(config)) {
    report.error([], "WRONG_TYPE", `must be a JSON object (it is ${show(config)})`);
    return;
  }
  // First: faults that a tenant puts before it must not crowd it out of the report.
  checkHostPaths(config, report);
  checkName(config, report, networkName);
  const fields = new Section(config, [], report);
  if (!fields.has("type") || config.type === "") {
    checkList(config, report, { primary: false, resourceName, request });
    return;
  }
  // A type beside it, and Multus does not look at the list (types.LoadDelegateNetConf).
  if (fields.has("plugins")) report.warn(fields.at("plugins"), "IGNORED", 'is ignored next to "type"');
  warnOfOldVersion(fields, checkVersion(fields, report), report, false);
  checkPlugin(config, {
    path: [],
    report,
    cniVersion: undefined,
    before: [],
    after: [],
    primary: false,
    resourceName,
    request,
  });
}

/** Absent and "" are filled in with the NAD's name, null is not (network-attachment-definition-client, GetCNIConfigFromSpec). */
function checkName(config: Record<string, unknown>, report: Report, networkName: string | undefined): void {
  const given = Object.hasOwn(config, "name") && config.name !== "";
  const name = given ? config.name : networkName;
  if (name === undefined) return;
  if (typeof name !== "string") {
    if (name === null)
      report.error(["name"], "WRONG_TYPE", "must be a string; without a name, the NAD's name is used");
    else if (!Object.hasOwn(config, "type"))
      report.error(["name"], "WRONG_TYPE", `must be a string (it is ${show(name)})`);
  } else if (!NETWORK_NAME.test(name))
    report.error(
      given ? ["name"] : [],
      "BAD_NAME",
      `must begin with a letter or digit, and contain only letters, digits, _ . and - (it is ${show(name)})`,
      {
        value: show(name),
      },
    );
}

/** Gives each finding the place of its value, and leaves out what is said twice. */
function locate(text: string, report: Report): Finding[] {
  if (report.entries.length === 0) return [];
  const places = locateInJson(
    text,
    report.entries.map(({ finding }) => finding.path),
  );
  const seen = new Set<string>();
  return report.entries.flatMap(({ finding }) => {
    const key = JSON.stringify(finding);
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ ...finding, ...(places.get(finding.path) ?? { line: 1, column: 1 }) }];
  });
}
