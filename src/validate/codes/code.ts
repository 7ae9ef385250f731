/** The meaning of a finding's code, and the fix. */
export interface CodeMeaning {
  code: string;
  meaning: string;
  fix: string;
}

export function code(name: string, meaning: string, fix: string): CodeMeaning {
  return { code: name, meaning, fix };
}
