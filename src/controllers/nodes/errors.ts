/** The task gave no answer; the message says why, for people. */
export class TaskFailed extends Error {
  override readonly name = "TaskFailed";
  readonly code = "NODE_TASK_FAILED";
}
