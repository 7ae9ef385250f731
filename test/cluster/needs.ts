import { binaries } from "./binaries.ts";
import { type DebianPackage, requireDebianPackages } from "./host-packages.ts";

/** What a part of the test cluster needs of the machine, apart from Linux itself. */
export interface Needs {
  packages: readonly DebianPackage[];
  /** Programs that are built here; see `binary`. */
  programs: readonly string[];
}

/** All that several parts need. */
export function together(...needs: readonly Needs[]): Needs {
  return {
    packages: [...new Set(needs.flatMap(({ packages }) => packages))],
    programs: [...new Set(needs.flatMap(({ programs }) => programs))],
  };
}

/**
 * Installs and builds what is missing, before a command begins its work: two of its steps that run at the same time never
 * install something, and no build of minutes stands in the middle of the run.
 */
export async function provide(needs: Needs): Promise<void> {
  await requireDebianPackages(needs.packages);
  await binaries(needs.programs);
}
