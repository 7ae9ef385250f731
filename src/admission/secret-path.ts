import { randomBytes, timingSafeEqual } from "node:crypto";
import { WEBHOOK_PATH } from "./names.ts";

const SECRET = new RegExp(`^${WEBHOOK_PATH}/[0-9a-f]{32}$`);

/**
 * A path that only readers of the webhook configuration know, such as the API server. The API server presents no
 * client certificate to a webhook unless its own configuration names one, so the path is what a caller is known by:
 * any other gets the same answer to everything, and its body is not read.
 */
export function newPath(): string {
  return `${WEBHOOK_PATH}/${randomBytes(16).toString("hex")}`;
}

/** Whether it cannot be guessed: one from before there were secret paths is not. */
export function isSecret(path: string | undefined): path is string {
  return path !== undefined && SECRET.test(path);
}

interface ClientConfig {
  url?: string;
  service?: { path?: string };
}

/** The path that the API server calls, by the live webhook configuration; undefined before there is one. */
export function calledPath(configuration: object | undefined): string | undefined {
  const { webhooks = [] } = (configuration ?? {}) as { webhooks?: { clientConfig?: ClientConfig }[] };
  const { url, service } = webhooks[0]?.clientConfig ?? {};
  return service?.path ?? (url !== undefined && URL.canParse(url) ? new URL(url).pathname : undefined);
}

/** Compares in the same time wherever they differ. */
export function isSamePath(asked: string, path: string | undefined): boolean {
  const [a, b] = [Buffer.from(asked), Buffer.from(path ?? "")];
  return path !== undefined && a.length === b.length && timingSafeEqual(a, b);
}
