/** Input that cannot be read: exit code 2. */
export class UnreadableInput extends Error {
  readonly code = "UNREADABLE_INPUT";
  override readonly name = "UnreadableInput";
}
