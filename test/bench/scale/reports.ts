import {
  NETWORK_ATTACHMENT_REPORT,
  type ReportStatus,
} from "../../../src/crds/network-attachment-report/report.ts";
import type { KubeClient } from "../../../src/kube/client.ts";
import { Seen } from "../seen.ts";

/** The reports as a watch sees them. */
export class SeenReports extends Seen<ReportStatus> {
  constructor(client: KubeClient) {
    super(client, NETWORK_ATTACHMENT_REPORT, (object) => (object.status ?? {}) as ReportStatus);
  }

  override async when(
    holds: (reports: ReadonlyMap<string, ReportStatus>) => boolean,
    timeoutMs: number,
    what: string,
  ): Promise<number> {
    return await super.when(holds, timeoutMs, what, () => `; ${this.#described()}`);
  }

  #described(): string {
    const counts = [...this.all.values()].map(({ pods }) => `${pods?.attached}/${pods?.requesting}`);
    return `the reports show ${counts.join(" ")} attached`;
  }
}
