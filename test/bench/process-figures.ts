import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Memory of a process, in MiB, as the kernel counts it (proc(5)). */
export interface Memory {
  resident: number;
  /** The most that was resident at a time. */
  peak: number;
  /** Of the resident memory: not backed by a file. */
  anonymous: number;
}

export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? Number.NaN) / 1024;
  return { resident: field("VmRSS"), peak: field("VmHWM"), anonymous: field("RssAnon") };
}

/** A runtime gives back what a start has left some seconds later, ms. */
const SETTLE_MS = 12_000;

/** The median of the resident memory over some seconds, after a pause: garbage comes and goes. */
export async function settledMemory(pid: number, seconds = 10): Promise<Memory> {
  await sleep(SETTLE_MS);
  const seen: Memory[] = [];
  for (let n = 0; n < seconds * 2; n++) {
    seen.push(memoryOf(pid));
    await sleep(500);
  }
  return seen.toSorted((a, b) => a.resident - b.resident)[Math.floor(seen.length / 2)] as Memory;
}

/** Seconds of CPU that the process has had (proc(5): utime and stime, in hundredths). */
export function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** MiB an hour: the slope of the least-squares line through samples of memory, whose times are in ms. */
export function slopePerHour(samples: readonly { at: number; mib: number }[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [at, mib] = [mean(samples.map((each) => each.at)), mean(samples.map((each) => each.mib))];
  const covariance = mean(samples.map((each) => (each.at - at) * (each.mib - mib)));
  const variance = mean(samples.map((each) => (each.at - at) ** 2));
  return (covariance / variance) * 3_600_000;
}

/** The value below which this share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
