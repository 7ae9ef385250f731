import { stripVTControlCharacters } from "node:util";
import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";

const MAX_CHARACTERS = 200;

/**
 * Prints one closing line over all projects, `N passed, N failed, N skipped`, and before it a short line for each
 * failure: for people and CI that read only the end.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandledErrors: ReadonlyArray<unknown>): void {
    const count = { passed: 0, skipped: 0 };
    const failures = unhandledErrors.map((error) => shortLine("outside of a test", "", error));
    for (const module of modules) {
      failures.push(...failuresOfHooks(module));
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed" || state === "skipped") count[state]++;
        else if (state === "pending" && isInSkippedSuite(test)) count.skipped++;
        else failures.push(failureOf(test));
      }
    }
    process.stdout.write(
      `\n${failures.map((line) => `FAILED ${line}\n`).join("")}${count.passed} passed, ${failures.length} failed, ${count.skipped} skipped\n`,
    );
  }
}

/** What fails in a hook is the failure of its file or suite: its tests are skipped, or have passed. */
function failuresOfHooks(module: TestModule): string[] {
  return [module, ...module.children.allSuites()].flatMap((suite) =>
    suite.errors().map((error) => shortLine(module.relativeModuleId, nameOf(suite), error)),
  );
}

/** Of a test that failed, or did not end. */
function failureOf(test: TestCase): string {
  const { state, errors } = test.result();
  const error = state === "failed" ? errors?.[0] : "did not end";
  return shortLine(test.module.relativeModuleId, test.fullName, error);
}

/** vitest leaves the tests of a skipped suite in a skipped suite pending. */
function isInSkippedSuite({ parent }: TestCase | TestSuite): boolean {
  return parent.type === "suite" && (parent.options.mode === "skip" || isInSkippedSuite(parent));
}

function nameOf(suite: TestModule | TestSuite): string {
  return suite.type === "suite" ? suite.fullName : "";
}

/** `file > name: first line of the error`, at most MAX_CHARACTERS long; a name gives way before the error does. */
export function shortLine(file: string, name: string, error: unknown): string {
  const message = error instanceof Object && "message" in error ? error.message : error;
  const first = oneLine(String(message ?? "no error was reported"));
  const where = name === "" ? file : `${file} > ${oneLine(name)}`;
  const room = MAX_CHARACTERS - Math.min(first.length, MAX_CHARACTERS / 2) - 2;
  return shortened(`${shortened(where, room)}: ${first}`, MAX_CHARACTERS);
}

function oneLine(text: string): string {
  const [first = ""] = stripVTControlCharacters(text).trim().split("\n");
  return first.replaceAll(/\p{Cc}/gu, " ").trimEnd();
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
