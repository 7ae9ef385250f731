import { type CodeMeaning, code } from "./code.ts";

/** An object of any kind. In the order of the codes. */
export const OBJECTS: readonly CodeMeaning[] = [
  code("DUPLICATE_KEY", "an object has a key twice; kubectl uses the last one", "Remove one"),
  code(
    "DUPLICATE_OBJECT",
    "the files contain two objects with the same kind, namespace and name; the one that is applied last takes effect",
    "Remove or rename one",
  ),
  code("INVALID_VALUE", "a kind or a name that the API server rejects", "See the message"),
  code(
    "PLACEHOLDER",
    "a name, a configuration or a request contains a placeholder such as {{ .Nic }}, and cannot be checked before it is rendered",
    "Render the file first, with envsubst, Helm or the tool that it is written for, and validate the result",
  ),
  code(
    "UNKNOWN_FIELD",
    "metadata does not have this field; often the indentation is wrong",
    "See the message",
  ),
  code(
    "WRONG_TYPE",
    "not a string: YAML reads yes, no, on, off, y and n as booleans",
    "Put the value in quotes",
  ),
];
