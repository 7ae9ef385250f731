import { expect, it } from "vitest";
import { Interrupted, UsageError } from "../errors.ts";
import { type ManyLogs, readManyLogs } from "./many-logs.ts";

function setup(read: ManyLogs["read"], more: Partial<ManyLogs> = {}) {
  const printed: string[] = [];
  const errors: string[] = [];
  const logs: ManyLogs = {
    nodes: ["a", "b", "c"],
    atOnce: 3,
    isLive: false,
    read,
    print: (text) => printed.push(text),
    printError: (line) => errors.push(line),
    ...more,
  };
  return { logs, printed, errors };
}

/** Ends in the order c, b, a. */
function lastFirst() {
  const ends = new Map(["a", "b", "c"].map((node) => [node, Promise.withResolvers<void>()]));
  return async (node: string, write: (text: string) => void) => {
    write(`${node}1 `);
    if (node === "a") await ends.get("b")?.promise;
    if (node === "b") await ends.get("c")?.promise;
    write(`${node}2 `);
    ends.get(node)?.resolve();
  };
}

it("prints node after node, whichever ends first", async () => {
  const { logs, printed } = setup(lastFirst());
  expect(await readManyLogs(logs)).toBe(true);
  expect(printed.join("")).toBe("a1 a2 b1 b2 c1 c2 ");
});

it("prints at once what it follows", async () => {
  const { logs, printed } = setup(lastFirst(), { isLive: true });
  expect(await readManyLogs(logs)).toBe(true);
  expect(printed.join("")).toBe("a1 b1 c1 c2 b2 a2 ");
});

it("reads no more at once than it may", async () => {
  let running = 0;
  let most = 0;
  const { logs } = setup(
    async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
    },
    { nodes: ["a", "b", "c", "d", "e"], atOnce: 2 },
  );
  await readManyLogs(logs);
  expect(most).toBe(2);
});

it("names the node that fails, and reads the others", async () => {
  const { logs, printed, errors } = setup(async (node, write) => {
    if (node === "b") throw new UsageError("there is no file\u0007");
    write(node);
  });
  expect(await readManyLogs(logs)).toBe(false);
  expect(printed.join("")).toBe("ac");
  expect(errors).toEqual(["error: b: there is no file\\x07"]);
});

it("ends with Ctrl-C", async () => {
  const { logs } = setup(async () => {
    throw new Interrupted();
  });
  await expect(readManyLogs(logs)).rejects.toThrow(Interrupted);
});
