/**
 * How long the checker takes for a NAD: node test/bench/check.ts [NADS]. Prints the times of ordinary
 * configurations (the project's bar is p99 ≤ 1 ms) and of the largest hostile ones, and beside them how long
 * libcni's own readers take, which is all that admission controllers for NADs ask (needs Go; left out without).
 */
import { checkNetworkConfig } from "../../src/cni/check.ts";
import { buildReader, Reader } from "../integration/cni/reader.ts";
import { ordinaryConfigs } from "./configs.ts";

const count = Number(process.argv[2] ?? 20_000);
const configs = ordinaryConfigs(count);
for (const config of configs.slice(0, 2_000)) checkNetworkConfig(config, { networkName: "net" });
const ours = configs.map((config) => timed(() => checkNetworkConfig(config, { networkName: "net" })));
print("checker, ordinary NADs", ours);

const large = `{"type":"macvlan","ipam":{"type":"host-local","ranges":[${'[{"subnet":"10.0.0.0/24"}],'.repeat(9_000)}[]]}}`;
const hostile = Array.from({ length: 20 }, () => timed(() => checkNetworkConfig(large)));
print(`checker, a hostile NAD of ${(large.length / 1024).toFixed(0)} KiB`, hostile);

const before = process.memoryUsage().heapUsed;
for (let i = 0; i < 200; i++) checkNetworkConfig(large);
process.stdout.write(
  `heap after 200 of them: ${((process.memoryUsage().heapUsed - before) / 1e6).toFixed(0)} MB more\n`,
);

try {
  using reader = await Reader.start(await buildReader(), false);
  const theirs: number[] = [];
  for (const config of configs.slice(0, 2_000)) theirs.push((await reader.ask(config)).readNs / 1e6);
  print("Multus' and libcni's readers, the same NADs", theirs);
  process.stdout.write(
    `ratio of the medians: ${(quantile(ours, 0.5) / quantile(theirs, 0.5)).toFixed(2)} (the readers check no field of a plugin)\n`,
  );
} catch (error) {
  process.stdout.write(`no comparison with libcni's readers: ${(error as Error).message.split("\n")[0]}\n`);
}

function timed(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}

function print(what: string, times: readonly number[]): void {
  const [p50, p99, most] = [0.5, 0.99, 1].map((q) => `${quantile(times, q).toFixed(3)} ms`);
  process.stdout.write(`${what}: ${times.length} times, p50 ${p50}, p99 ${p99}, most ${most}\n`);
}

function quantile(times: readonly number[], q: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;
}
