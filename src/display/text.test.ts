import { describe, expect, it } from "vitest";
import { oneLine, printable } from "./text.ts";

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
