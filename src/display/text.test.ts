import { describe, expect, it } from "vitest";
import { oneLine, printable, toJson } from "./text.ts";

describe("printable", () => {
  it("shows control characters instead of letting a terminal obey them", () => {
    expect(printable("a\u001b[2J\u001b]0;title\u0007b\r\nc\td")).toBe(
      "a\\x1b[2J\\x1b]0;title\\x07b\\x0d\nc\td",
    );
    expect(printable("\u009b31m")).toBe("\\x9b31m");
    expect(printable("user\u202egpj.exe\u2028")).toBe("user\\u{202e}gpj.exe\\u{2028}");
  });

  it("leaves other text as it is", () => {
    expect(printable("Größe 192.168.1.0/24 网络")).toBe("Größe 192.168.1.0/24 网络");
  });
});

describe("oneLine", () => {
  it("joins lines and is bounded", () => {
    expect(oneLine(" a\n  b\t c ")).toBe("a b c");
    expect(oneLine("x".repeat(600))).toHaveLength(512);
  });
});

it("writes JSON without a character that a terminal acts on, and with the same value", () => {
  const value = { "a\u001b\u009b": ["\u202e\u2028", "\u{e0001}é😀\n"] };
  const text = toJson(value);
  expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}]/u);
  expect(text).toContain("é😀\\n");
  expect(JSON.parse(text)).toEqual(value);
  expect(toJson("\u{e0001}", true)).toBe('"\\U000e0001"');
});
