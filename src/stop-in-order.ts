/**
 * Runs each of these after the one before it, whether that failed or not: what is not closed keeps others waiting, such as
 * the next leader. Throws the error if one failed, or an AggregateError of all.
 */
export async function stopInOrder(steps: readonly (() => Promise<unknown> | undefined)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join("; "));
  if (errors.length === 1) throw errors[0];
}
