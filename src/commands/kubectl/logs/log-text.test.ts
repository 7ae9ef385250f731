import { expect, it } from "vitest";
import { LogText } from "./log-text.ts";

const bytes = (text: string) => Buffer.from(text);

it("shows control characters instead of sending them to a terminal", () => {
  const text = new LogText();
  expect(text.add(bytes("a \u001b]0;owned\u0007\u202e\n\tb\n"))).toBe("a \\x1b]0;owned\\x07\\u{202e}\n\tb\n");
});

it("keeps characters and lines together that come in pieces", () => {
  const text = new LogText();
  const [first, second] = [bytes("grün\nlast").subarray(0, 3), bytes("grün\nlast").subarray(3)];
  expect(text.add(first)).toBe("");
  expect(text.add(second)).toBe("grün\n");
  expect(text.end()).toBe("last");
  expect(text.end()).toBe("");
});

it("leaves out lines before a time, with those that continue them", () => {
  const text = new LogText({ since: Date.parse("2026-11-24T12:00:00Z") });
  const log = [
    "no time yet",
    "2026-11-24T11:59:59Z [debug] old",
    "  continued",
    "2026-11-24T12:00:00Z [debug] new",
    "  continued too",
    "",
  ].join("\n");
  expect(text.add(bytes(log)) + text.end()).toBe("2026-11-24T12:00:00Z [debug] new\n  continued too\n");
});

it("puts the prefix before each line, also one that comes in parts", () => {
  const text = new LogText({ prefix: "[node-1] " });
  const long = "x".repeat(70_000);
  expect(text.add(bytes("a\nb")) + text.add(bytes("c\n"))).toBe("[node-1] a\n[node-1] bc\n");
  expect(text.add(bytes(long)) + text.add(bytes(`${long}\nlast`)) + text.end()).toBe(
    `[node-1] ${long}${long}\n[node-1] last\n`,
  );
  expect(text.end()).toBe("");
});
