import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { installsPackages } from "./host-packages.ts";

/**
 * apt-get as far as its locks go: a second one at the same time fails, as the real one does with the lock of the lists.
 * "broken" is a package that no archive has.
 */
const APT_GET = `#!/bin/sh
cd "$DIRECTORY"
if ! mkdir held 2> /dev/null; then
  echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 4711 (apt-get)" >&2
  echo "E: Unable to lock directory /var/lib/apt/lists/" >&2
  echo "$*" >> rejected
  exit 100
fi
sleep 0.3
code=0
case " $* " in
  *" install "*broken*) echo "Reading package lists..."; echo "E: Unable to locate package broken" >&2; code=100 ;;
  *" install "*) echo "$*" >> installed; touch witness ;;
esac
rmdir held
exit $code
`;

const reason = installsPackages() ? "" : " (skipped: packages are installed as root on Debian only)";

describe.skipIf(reason)(`packages that are missing${reason}`, () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "host-packages-"));
    writeFileSync(join(directory, "apt-get"), APT_GET, { mode: 0o755 });
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** A process that needs a package: its lock, cache and apt-get are this test's own. */
  function needing(name: string) {
    const script = `
      const { existsSync } = await import("node:fs");
      const { installMissing } = await import(${JSON.stringify(join(import.meta.dirname, "host-packages.ts"))});
      const { runCommand } = await import(${JSON.stringify(join(import.meta.dirname, "command.ts"))});
      await runCommand(() => installMissing(() => existsSync("witness") ? [] : [${JSON.stringify(name)}]));`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      cwd: directory,
      env: {
        ...process.env,
        PATH: `${directory}:${process.env.PATH}`,
        DIRECTORY: directory,
        TMPDIR: directory,
        MULTUS_OPERATOR_CACHE: directory,
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const said = { text: "", child, closed: once(child, "close") };
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said.text += text;
    });
    return said;
  }

  test("three processes that need one at once: one installs it, the others wait, apt-get runs once at a time", async () => {
    const all = [needing("some"), needing("some"), needing("some")];
    await Promise.all(all.map(({ closed }) => closed));
    expect(all.map(({ child }) => child.exitCode)).toEqual([0, 0, 0]);
    expect(readFileSync(join(directory, "installed"), "utf8").trim().split("\n")).toHaveLength(1);
    expect(existsSync(join(directory, "rejected"))).toBe(false);
    const said = all.map(({ text }) => text).join("");
    expect(said.match(/^packages: installing some$/gm)).toHaveLength(1);
  });

  test("another program's apt lock is waited for, with a line that names its holder", async () => {
    mkdirSync(join(directory, "held"));
    const waiting = needing("some");
    while (!waiting.text.includes("which holds apt's lock")) await once(waiting.child.stderr, "data");
    expect(existsSync(join(directory, "witness"))).toBe(false);
    rmdirSync(join(directory, "held"));
    await waiting.closed;
    expect(waiting.child.exitCode).toBe(0);
    expect(waiting.text.match(/^packages: waiting for process 4711 \(apt-get\), which holds/gm)).toHaveLength(
      1,
    );
    expect(existsSync(join(directory, "witness"))).toBe(true);
  });

  test("what cannot be installed is one line with the cause and the log, which has the rest", async () => {
    const failing = needing("broken");
    await failing.closed;
    expect(failing.child.exitCode).toBe(1);
    const log = join(directory, "packages.log");
    expect(failing.text).toBe(
      `packages: installing broken\nerror: apt-get install failed: Unable to locate package broken (log: ${log})\n`,
    );
    expect(readFileSync(log, "utf8")).toContain("Reading package lists...");
  });
});
