import { expect, it } from "vitest";
import { stopInOrder } from "./stop-in-order.ts";

it("runs each step after the one before, also if that fails, and throws what failed", async () => {
  const ran: string[] = [];
  const step =
    (name: string, fails = false) =>
    async () => {
      await Promise.resolve();
      ran.push(name);
      if (fails) throw new Error(`${name} is stuck`);
    };
  await stopInOrder([step("a"), () => undefined]);
  await expect(stopInOrder([step("b", true), step("c")])).rejects.toThrow("b is stuck");
  await expect(stopInOrder([step("d", true), step("e", true)])).rejects.toThrow(/d is stuck; .*e is stuck/);
  expect(ran).toEqual(["a", "b", "c", "d", "e"]);
});
