import type { TestProject } from "vitest/node";
import { CONTROL_PLANE_NEEDS } from "./cluster/control-plane.ts";
import { execute } from "./cluster/execute.ts";
import { installsPackages, requireDebianPackages, TEST_PACKAGES } from "./cluster/host-packages.ts";

/**
 * Once before a run. The tests start the program as it is built, which takes a quarter of what Node needs to begin
 * from the source. And what they need of Debian is installed before the first of them begins: files that run at the
 * same time never install something.
 */
export default async function build(project: TestProject): Promise<void> {
  if (installsPackages()) {
    const projects = project.vitest.projects.map(({ name }) => name);
    if (projects.some((name) => !["unit", "integration"].includes(name)))
      await requireDebianPackages(TEST_PACKAGES);
    else if (projects.includes("integration")) await requireDebianPackages(CONTROL_PLANE_NEEDS.packages);
  }
  await execute(process.execPath, ["scripts/build.ts"]);
}
