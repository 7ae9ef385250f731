import { expect, it } from "vitest";
import { TerminalError } from "../../kube/errors.ts";
import { bothErrors } from "./reconcile.ts";

it("keeps the reconcile's error next to that of the status, and tries again", () => {
  const [rejected, away] = [new TerminalError("the spec is not valid"), new Error("connect ECONNREFUSED")];
  const both = bothErrors(rejected, away);
  expect(both).toMatchObject({
    errors: [rejected, away],
    message: "the spec is not valid; and the status was not written: connect ECONNREFUSED",
  });
  expect(both).not.toBeInstanceOf(TerminalError);
  expect(bothErrors(undefined, away)).toBe(away);
});
