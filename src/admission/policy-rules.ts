import { MAX_CONFIG_BYTES } from "../cni/config-size.ts";
import { celMatches, JSON_TEXT, matchesText } from "../crds/json-text.ts";
import type { Rule } from "../crds/rule.ts";

/**
 * What the API server rejects without the operator: the worst that a tenant can write. Each rule is
 * a regular expression that CEL (RE2) and JavaScript read alike. No rule rejects what Multus and the plugins
 * would take; test/integration/admission-policy.test.ts holds the two readings and the checker to that.
 */

/** What the operator reads of a configuration, in characters; the checker counts bytes. */
export const MAX_CONFIG_LENGTH = MAX_CONFIG_BYTES;
/** A thousand requests of a pod, each with its namespace and interface. */
export const MAX_REQUEST_LENGTH = 65_536;

const { space: SPACE, control: CONTROL, object: OBJECT, list: LIST, typeKey: TYPE_KEY } = JSON_TEXT;
const TYPE_UPWARDS = JSON_TEXT.typeUpwards;
const JSON_FORM = '[\\[{"]';
const FIRST_NULL = `^${SPACE}\\[${SPACE}null`;

const cel = celMatches;
const js = matchesText;

/** On the text of a NAD's spec.config, "" if there is none; `self` is that text. */
export const CONFIG_RULES: readonly Rule<string>[] = [
  {
    message: `spec.config is longer than ${MAX_CONFIG_LENGTH} characters; no network needs that much`,
    cel: `size(self) <= ${MAX_CONFIG_LENGTH}`,
    holds: (config) => lengthOf(config) <= MAX_CONFIG_LENGTH,
  },
  {
    message: 'spec.config must be a JSON object, from "{" to "}"',
    cel: `self == '' || ${cel("self", OBJECT)}`,
    holds: (config) => config === "" || js(config, OBJECT),
  },
  {
    message:
      "spec.config contains control characters, which JSON does not allow; write them as \\u001f or remove them",
    cel: `!${cel("self", CONTROL)}`,
    holds: (config) => !js(config, CONTROL),
  },
  {
    message: 'spec.config names no plugin: it needs "type", or "plugins" with a "type" in each',
    // What is not an object is reported by the rule above.
    cel: `!${cel("self", OBJECT)} || ${cel("self", TYPE_KEY)}`,
    holds: (config) => !js(config, OBJECT) || js(config, TYPE_KEY),
  },
  {
    // CVE-2021-20206: libcni before 0.8.1, which Multus v3.4 is built with, runs any program of the node so. It joins
    // the type to the plugins' directory (invoke.FindInPath): only "../" leads out of that. A type with another
    // slash no libcni finds, and the checker rejects it; here it may as well be a vendor's key in a place of its
    // own ("type": "application/json"), since a regular expression does not know where it stands.
    message:
      'spec.config has a "type" with "../" in it: a plugin is named by its file name, without a directory',
    cel: `!${cel("self", TYPE_UPWARDS)}`,
    holds: (config) => !js(config, TYPE_UPWARDS),
  },
];

/** On the value of an annotation by which a pod asks for networks; `self` is that value. */
export const REQUEST_RULES: readonly Rule<string>[] = [
  {
    message: `is longer than ${MAX_REQUEST_LENGTH} characters; no pod needs that many networks`,
    cel: `size(self) <= ${MAX_REQUEST_LENGTH}`,
    holds: (request) => lengthOf(request) <= MAX_REQUEST_LENGTH,
  },
  {
    message: 'must be a JSON list, from "[" to "]", or names with commas between them',
    cel: `!${cel("self", JSON_FORM)} || ${cel("self", LIST)}`,
    holds: (request) => !js(request, JSON_FORM) || js(request, LIST),
  },
  {
    message: "begins with null, which crashes Multus: each element must be an object with a name",
    cel: `!${cel("self", FIRST_NULL)}`,
    holds: (request) => !js(request, FIRST_NULL),
  },
  {
    message: "contains control characters",
    cel: `!${cel("self", "[\\x00-\\x08\\x0e-\\x1f]")}`,
    holds: (request) => !js(request, "[\\x00-\\x08\\x0e-\\x1f]"),
  },
];

/** Whether the policy reports the value. */
export function breaks(rules: readonly Rule<string>[], value: string): boolean {
  return rules.some(({ holds }) => !holds(value));
}

/** As CEL counts: code points. */
function lengthOf(text: string): number {
  return [...text].length;
}
