import { z } from "zod";

const terminated = z.object({
  exitCode: z.number().int(),
  reason: z.string().default(""),
  message: z.string().default(""),
});
const pod = z.object({
  metadata: z.object({ name: z.string(), uid: z.string() }),
  status: z
    .object({
      phase: z.string().default("Pending"),
      reason: z.string().default(""),
      message: z.string().default(""),
      containerStatuses: z
        .array(
          z.object({
            state: z
              .object({
                waiting: z
                  .object({ reason: z.string().default(""), message: z.string().default("") })
                  .optional(),
                terminated: terminated.optional(),
              })
              .prefault({}),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

/** How a task's pod is doing. */
export type TaskView = { name: string; uid: string } & (
  | { state: "Running" }
  /** It ran to its end; `message` is its answer. */
  | { state: "Ended"; exitCode: number; message: string }
  /** It will give no answer. */
  | { state: "Failed"; message: string }
);

/** Waiting reasons that do not pass within the time that a task has. */
const HOPELESS = [
  "ErrImagePull",
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
];

/** Throws a ZodError if the object is not a pod. */
export function taskView(object: unknown): TaskView {
  const { metadata, status } = pod.parse(object);
  const { name, uid } = metadata;
  const state = status.containerStatuses[0]?.state;
  if (state?.terminated) {
    const { exitCode, reason, message } = state.terminated;
    // Everything else is the runtime's word: StartError (another architecture), OOMKilled, …
    const isOfProgram = reason === "Completed" || reason === "Error";
    if (message !== "" && isOfProgram) return { name, uid, state: "Ended", exitCode, message };
    if (message !== "") return { name, uid, state: "Failed", message: `${reason}: ${message}` };
    return {
      name,
      uid,
      state: "Failed",
      message: `it ended with exit code ${exitCode} (${reason}) and no answer`,
    };
  }
  if (status.phase === "Failed")
    return { name, uid, state: "Failed", message: `${status.reason}: ${status.message}` };
  if (state?.waiting && HOPELESS.includes(state.waiting.reason))
    return { name, uid, state: "Failed", message: `${state.waiting.reason}: ${state.waiting.message}` };
  return { name, uid, state: "Running" };
}
