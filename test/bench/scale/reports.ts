import { pino } from "pino";
import {
  NETWORK_ATTACHMENT_REPORT,
  type ReportStatus,
} from "../../../src/crds/network-attachment-report/report.ts";
import type { KubeClient } from "../../../src/kube/client.ts";
import { Reflector } from "../../../src/kube/reflector.ts";

type Reports = ReadonlyMap<string, ReportStatus>;

/** The reports as a watch sees them: a poll would take CPU time from what is measured. */
export class SeenReports {
  readonly #reflector: Reflector<ReportStatus>;
  readonly #waiting = new Set<() => void>();

  constructor(client: KubeClient) {
    this.#reflector = new Reflector<ReportStatus>({
      client,
      log: pino({ level: "silent" }),
      type: NETWORK_ATTACHMENT_REPORT,
      project: (object) => (object.status ?? {}) as ReportStatus,
      onChange: () => {
        for (const check of this.#waiting) check();
      },
    });
  }

  async start(): Promise<void> {
    this.#reflector.start();
    await this.#reflector.whenSynced();
  }

  async stop(): Promise<void> {
    await this.#reflector.stop();
  }

  get all(): Reports {
    return new Map(this.#reflector.entries());
  }

  /** Resolves with performance.now() of the moment when `holds` first held. Rejects after `timeoutMs`. */
  async when(holds: (reports: Reports) => boolean, timeoutMs: number, what: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const check = () => {
      if (holds(this.all)) resolve(performance.now());
    };
    const timer = setTimeout(
      () => reject(new Error(`waited ${timeoutMs / 1000} s for ${what}; ${this.#described()}`)),
      timeoutMs,
    );
    this.#waiting.add(check);
    try {
      check();
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(check);
    }
  }

  #described(): string {
    const counts = [...this.all.values()].map(({ pods }) => `${pods?.attached}/${pods?.requesting}`);
    return `the reports show ${counts.join(" ")} attached`;
  }
}
