import { z } from "zod";

/** The schema of a list of up to twenty nodes with a problem each, described by these texts. */
export function nodeProblems(text: { node: string; message: string }) {
  return z
    .array(
      z.object({
        node: z.string().max(253).describe(text.node),
        message: z.string().max(1024).describe(text.message),
      }),
    )
    .max(20)
    .optional()
    .describe("Some of these nodes.");
}
