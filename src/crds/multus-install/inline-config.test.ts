import { expect, test } from "vitest";
import { presetConflist } from "../../multus/primary-network.ts";
import { inlineConfig } from "./inline-config.ts";
import { PRESETS } from "./spec.ts";

const problems = (config: string) =>
  (inlineConfig().safeParse(config).error?.issues ?? []).map(({ message }) => message).join("; ");
const plugin = (type: string) => `{"name":"n","plugins":[{"type":${type}}]}`;

test.each(PRESETS)("takes what the preset %s is, written by hand", (preset) => {
  expect(problems(JSON.stringify(presetConflist(preset, "/etc/cni/net.d"), null, 2))).toBe("");
});

test.each([
  ["null", /JSON object/],
  ["{", /JSON object/],
  ['{"a":"\u0001"}', /control characters/],
  [plugin('"multus"'), /call itself/],
  [plugin('"Multus-Shim"'), /call itself/],
  [plugin('"../../bin/sh"'), /without a path/],
  [plugin('"sub/dir"'), /without a path/],
  [plugin('"."'), /without a path/],
  [plugin('""'), /^$/],
  // Go and JavaScript read the escape, a regular expression does not.
  [plugin('"m\\u0075ltus"'), /without a path/],
  ['{"plugins":[{"\\u0074ype":"multus"}]}', /call itself/],
  ['{"plugins":[{"TYPE" : "/bin/sh"}]}', /without a path/],
  ['{"plugins":[{"type":"bridge","logFile":"..\\/..\\/etc/x"}]}', /"\.\.\/"/],
])("of %s it says %s", (config, message) => {
  expect(problems(config)).toMatch(message);
});
