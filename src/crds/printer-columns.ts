/** The JSONPath of a column of `kubectl get` that shows a field of a condition. */
export const condition = (type: string, field: string) => `.status.conditions[?(@.type=="${type}")].${field}`;
