import { z } from "zod";
import { celMatches, JSON_TEXT, matchesText } from "../json-text.ts";
import { type Rule, withRules } from "../rule.ts";

const must = (pattern: string, message: string): Rule<string> => ({
  message,
  cel: celMatches("self", pattern),
  holds: (text) => matchesText(text, pattern),
});
const mustNot = (pattern: string, message: string): Rule<string> => ({
  message,
  cel: `!${celMatches("self", pattern)}`,
  holds: (text) => !matchesText(text, pattern),
});

/**
 * spec.primaryNetwork.config. The operator parses it before it renders; these are the parts that the API server sees
 * too, with the operator switched off: every pod's first interface is made by the programs that the text names.
 */
export const inlineConfig = () =>
  withRules(z.string().max(16384), [
    must(JSON_TEXT.object, "must be a JSON object with a list of plugins"),
    must(JSON_TEXT.hasPlugins, 'must have its plugins in a list: {"name": …, "plugins": [ … ]}'),
    mustNot(JSON_TEXT.control, "must not have control characters, which JSON does not allow"),
    mustNot(
      JSON_TEXT.typeIsNoFileName,
      'must not have a "type" with characters other than letters, digits, - _ and .: name a plugin by its file name, without a path',
    ),
    mustNot(
      JSON_TEXT.typeIsMultus,
      'must not have the "type" multus: it is the network that Multus delegates to, and Multus would call itself',
    ),
    mustNot(JSON_TEXT.upwards, 'must not have "../" in it'),
  ]);
