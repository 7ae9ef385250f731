import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A request that the API server answered, as audit.k8s.io/v1 records it; only what tests look at. */
export interface AuditEvent {
  verb: string;
  requestURI: string;
  user: { username: string };
  userAgent?: string;
  objectRef?: {
    resource?: string;
    namespace?: string;
    name?: string;
    apiGroup?: string;
    subresource?: string;
  };
  responseStatus?: { code?: number; message?: string };
  /** RFC 3339, with microseconds. */
  requestReceivedTimestamp?: string;
  stageTimestamp?: string;
}

/** One line a request, bodies left out: what a client asked for, how often, and what it was answered. */
const METADATA_ONLY = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived", "ResponseStarted"],
  rules: [{ level: "Metadata" }],
};

/** The API server's arguments for an audit log in `directory`. `true` records the metadata of every request. */
export function auditArguments(directory: string, policy: object | true): string[] {
  const file = join(directory, "audit-policy.json");
  writeFileSync(file, JSON.stringify(policy === true ? METADATA_ONLY : policy));
  return [`--audit-policy-file=${file}`, `--audit-log-path=${logOf(directory)}`, "--audit-log-mode=blocking"];
}

/** What was recorded until now, oldest first. A watch is recorded when it ends. */
export function readAuditEvents(directory: string): AuditEvent[] {
  if (!existsSync(logOf(directory))) return [];
  const lines = readFileSync(logOf(directory), "utf8").split("\n");
  return lines.slice(0, -1).map((line) => JSON.parse(line) as AuditEvent);
}

function logOf(directory: string): string {
  return join(directory, "audit.log");
}
