import { expect } from "vitest";
import { type BorrowedControlPlane, type BorrowOptions, SharedControlPlane } from "./shared-control-plane.ts";

export type { BorrowedControlPlane } from "./shared-control-plane.ts";

let shared: SharedControlPlane | undefined;

/**
 * The control plane of this worker, with nothing in it but what every cluster has. It is started for the first file that
 * asks, and ends with the worker. A file that changes the servers, reads the audit log or OpenAPI documents, or writes
 * thousands of objects starts its own.
 */
export async function borrowControlPlane(options: BorrowOptions = {}): Promise<BorrowedControlPlane> {
  if (shared === undefined) {
    shared = await SharedControlPlane.start();
    process.once("SIGTERM", endWithWorker);
  }
  const lender = shared;
  const plane = await unlessItFails(lender.lend(expect.getState().testPath ?? "a test", options));
  return { ...plane, stop: () => unlessItFails(plane.stop()) };
}

/** After an error the next file gets another control plane. */
async function unlessItFails<T>(step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    process.off("SIGTERM", endWithWorker);
    const failed = shared;
    shared = undefined;
    await failed?.stop();
    throw error;
  }
}

/** By this signal vitest ends a worker. The servers would end without a handler, too (see Daemon), but leave files. */
function endWithWorker(): void {
  void shared?.stop().finally(() => process.kill(process.pid, "SIGTERM"));
}
