import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PoolUse } from "../../networks/addresses/pool-uses.ts";
import { SharedPools } from "./shared-pools.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function pool(key: string, networks: number): PoolUse {
  const use = new PoolUse(key);
  for (let n = 0; n < networks; n++) use.add(`${key}-${n}/net`);
  return use;
}

function start(isOutdated: (network: string) => boolean = () => true) {
  const found: string[] = [];
  const shared = new SharedPools({ isOutdated, onOutdated: (network) => void found.push(network) });
  return { shared, found };
}

test("finds every report that shows other numbers, ten a second, and comes to rest", () => {
  const { shared, found } = start();
  const large = pool("large", 50);
  shared.changed(large);
  vi.advanceTimersByTime(1000);
  expect(found).toHaveLength(10);
  vi.advanceTimersByTime(10_000);
  expect(found).toEqual([...large.networks]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a small pool does not wait for a large one", () => {
  const { shared, found } = start();
  shared.changed(pool("large", 5000));
  shared.changed(pool("small", 2));
  vi.advanceTimersByTime(400);
  expect(found).toEqual(["large-0/net", "small-0/net", "large-1/net", "small-1/net"]);
  shared.stop();
  shared.changed(pool("late", 2));
  expect(vi.getTimerCount()).toBe(0);
});

test("a small pool does not wait either for a large one of which every report is right", () => {
  const { shared, found } = start((network) => network === "small-1/net");
  shared.changed(pool("large", 5000));
  shared.changed(pool("small", 2));
  vi.advanceTimersByTime(200);
  expect(found).toEqual(["small-1/net"]);
  vi.runAllTimers();
  expect(vi.getTimerCount()).toBe(0);
});

test("what changes while the networks are checked is found in the next round", () => {
  const outdated = new Set<string>();
  const { shared, found } = start((network) => outdated.has(network));
  const changing = pool("p", 250);
  outdated.add("p-200/net");
  shared.changed(changing);
  vi.advanceTimersByTime(100); // 100 of 250
  expect(found).toEqual([]);
  outdated.add("p-0/net");
  shared.changed(changing);
  vi.advanceTimersByTime(400);
  expect(found).toEqual(["p-200/net", "p-0/net"]);
  outdated.clear();
  vi.runAllTimers();
  expect(vi.getTimerCount()).toBe(0);
});
