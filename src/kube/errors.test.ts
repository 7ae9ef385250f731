import { expect, it } from "vitest";
import { ApiError, isApplyConflict, isNotFound, NetworkError } from "./errors.ts";

const status = (reason: string, details: object = {}) =>
  JSON.stringify({ kind: "Status", reason, message: "no", details });

it("reads metav1.Status, with the causes and the time to wait", () => {
  const error = new ApiError(
    "PATCH /x",
    409,
    status("Conflict", { causes: [{ field: ".data.a", message: "held" }], retryAfterSeconds: 3 }),
  );
  expect(error).toMatchObject({
    reason: "Conflict",
    causes: [{ field: ".data.a", message: "held" }],
    retryAfterSeconds: 3,
  });
  expect(error.message).toBe("PATCH /x: 409 Conflict no");
  expect(isApplyConflict(error)).toBe(true);
  expect(isApplyConflict(new ApiError("PATCH /x", 409, status("Conflict")))).toBe(false);
});

it("keeps the beginning of an answer that is no Status, as a proxy gives", () => {
  const error = new ApiError("GET /x", 502, `<html>${"x".repeat(1000)}`, "7");
  expect(error.message.length).toBeLessThan(300);
  expect([error.retryAfterSeconds, error.isTransient]).toEqual([7, true]);
});

it("tells what may pass by itself from what will not", () => {
  const transient = [408, 409, 429, 500, 503].map((code) => new ApiError("GET /x", code, "").isTransient);
  const final = [400, 401, 403, 404, 410, 422].map((code) => new ApiError("GET /x", code, "").isTransient);
  expect([new Set(transient), new Set(final)]).toEqual([new Set([true]), new Set([false])]);
  expect(isNotFound(new ApiError("GET /x", 404, ""))).toBe(true);
  expect(isNotFound(new NetworkError("GET /x", new Error("refused")))).toBe(false);
});
