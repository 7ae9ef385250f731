import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { readTogether, TOGETHER_MS } from "./read-together.ts";

async function read(write: (body: PassThrough) => Promise<void>, stop = new AbortController().signal) {
  const body = new PassThrough();
  const chunks: string[] = [];
  const reading = (async () => {
    for await (const chunk of readTogether(body, stop)) chunks.push(chunk.toString());
  })();
  await write(body);
  body.end();
  await reading;
  return chunks;
}

it("yields a chunk at once if none came before it, and those that follow closely together", async () => {
  const chunks = await read(async (body) => {
    for (let n = 0; n < 100; n++) {
      body.write(`${n} `);
      await sleep(1);
    }
  });
  expect(chunks[0]).toBe("0 ");
  expect(chunks.join("")).toBe(Array.from({ length: 100 }, (_, n) => `${n} `).join(""));
  expect(chunks.length).toBeLessThan(50);
});

it("yields chunks with pauses between them one by one", async () => {
  const chunks = await read(async (body) => {
    for (const text of ["a", "b", "c"]) {
      body.write(text);
      await sleep(5 * TOGETHER_MS);
    }
  });
  expect(chunks).toEqual(["a", "b", "c"]);
});

it("ends at once if it is stopped while it waits", async () => {
  const stop = new AbortController();
  const reading = read(async (body) => {
    body.write("a");
    await sleep(1);
    body.write("b");
    await sleep(1);
    stop.abort();
  }, stop.signal);
  await expect(reading).rejects.toThrow("aborted");
});
