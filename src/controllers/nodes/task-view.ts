import { copied } from "../../crds/copied.ts";
import { pod } from "../../diagnosis/pod-schema.ts";
import { shorten } from "../../diagnosis/shorten.ts";
import { MAX_MESSAGE_LENGTH } from "../../node/message.ts";

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

/** Of why a task gave no answer, in characters. */
const MAX_FAILURE_LENGTH = 1024;

/** Throws a ZodError if the object is not a pod. A kubelet may write anything of any length. */
export function taskView(object: unknown): TaskView {
  const { metadata, status } = pod.parse(object);
  const { name, uid } = metadata;
  const state = status.containerStatuses[0]?.state;
  const failed = (why: string): TaskView => ({
    name,
    uid,
    state: "Failed",
    message: copied(shorten(why, MAX_FAILURE_LENGTH)),
  });
  const first = status.initContainerStatuses.find(({ state: { terminated, waiting } }) =>
    terminated ? terminated.exitCode !== 0 : waiting && HOPELESS.includes(waiting.reason),
  );
  if (first) {
    const { terminated, waiting } = first.state;
    const { reason = "", message = "" } = terminated ?? waiting ?? {};
    return failed(`container ${first.name} with image ${first.image}: ${reason}: ${message}`);
  }
  if (state?.terminated) {
    const { exitCode, reason, message } = state.terminated;
    if (message === "") return failed(`it ended with exit code ${exitCode} (${reason}) and no answer`);
    // Everything else is the runtime's word: StartError (another architecture), OOMKilled, …
    const isOfProgram = reason === "Completed" || reason === "Error";
    if (!isOfProgram) return failed(`${reason}: ${message}`);
    if (message.length > MAX_MESSAGE_LENGTH)
      return failed(`its answer is longer than ${MAX_MESSAGE_LENGTH} characters`);
    return { name, uid, state: "Ended", exitCode, message };
  }
  if (status.phase === "Failed") return failed(`${status.reason}: ${status.message}`);
  if (state?.waiting && HOPELESS.includes(state.waiting.reason))
    return failed(`${state.waiting.reason}: ${state.waiting.message}`);
  return { name, uid, state: "Running" };
}
