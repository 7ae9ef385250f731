import { describe, expect, it } from "vitest";
import { complete } from "./complete.ts";
import { kubectlMultus } from "./program.ts";

const of = async (...words: string[]) => (await complete(kubectlMultus(), words)).split("\n");

describe("complete", () => {
  it.each([
    [["ex"], ["explain"]],
    [["pods", "--fa"], ["--failing"]],
    [["networks", "-o", "w"], ["wide"]],
    [["-n", "shop", "st"], ["status"]],
    [["logs", "--max-b"], ["--max-bytes"]],
    [["nothing-like-it"], []],
  ])("of %j gives %j", async (words, expected) => {
    expect(await of(...words)).toEqual([...expected, ":4", ""]);
  });

  it("gives every command before one is typed, and flags of kubectl after one", async () => {
    expect(await of("")).toEqual(
      expect.arrayContaining(["explain", "logs", "networks", "pods", "status", "validate"]),
    );
    expect(await of("explain", "--")).toEqual(
      expect.arrayContaining(["--namespace", "--kubeconfig", "--output"]),
    );
  });

  it("is silent where there is no cluster", async () => {
    expect(await of("explain", "--kubeconfig", "/does/not/exist", "")).toEqual([":4", ""]);
  });
});
