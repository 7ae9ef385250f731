import { readFileSync, writeFileSync } from "node:fs";

const FILE = "/proc/sys/fs/inotify/max_user_instances";
/** Each node has about 20. */
const NEEDED = 1024;

/**
 * Lets this machine have as many inotify instances as the nodes of several clusters need. Linux allows 128 for each user by
 * default, and kubelets do not start without (kind's documentation has the same setting). A machine that does not permit
 * it keeps its limit.
 */
export function raiseInotifyLimit(): void {
  if (Number(readFileSync(FILE, "utf8")) >= NEEDED) return;
  try {
    writeFileSync(FILE, String(NEEDED));
  } catch {
    process.stderr.write(
      `cluster: ${FILE} cannot be set to ${NEEDED}; several clusters at a time may need it\n`,
    );
  }
}
