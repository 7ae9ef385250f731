import { type CodeMeaning, code } from "./code.ts";

/** A NAD apart from its configuration. In the order of the codes. */
export const NETWORK_DEFINITIONS: readonly CodeMeaning[] = [
  code("INVALID_VALUE", "a value that the API server rejects", "See the message"),
  code("MISSING_FIELD", "metadata.name is missing", "Add it"),
  code("UNKNOWN_FIELD", "spec does not have this field", "Use spec.config, the only field"),
  code("WRONG_TYPE", "spec.config is not a string", "Write config: | with the JSON below it"),
];
