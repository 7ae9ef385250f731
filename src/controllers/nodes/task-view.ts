import { pod } from "../../diagnosis/pod-schema.ts";

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
