import { expect, it } from "vitest";
import { shorten } from "./shorten.ts";

it("leaves out the middle, and never the cause at the end", () => {
  const text = `canary 1 of 2, node-1: ${"rpc error: ".repeat(200)}no NetworkAttachmentDefinition kube-system/lan exists`;
  const short = shorten(text, 256);
  expect(short).toHaveLength(256);
  expect(short).toMatch(/^canary 1 of 2, node-1: /);
  expect(short).toMatch(/ … .*no NetworkAttachmentDefinition kube-system\/lan exists$/);
  expect(shorten("short", 256)).toBe("short");
});
