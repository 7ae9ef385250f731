import { expect, it } from "vitest";
import { FIRST_RELEASE } from "./field-releases.ts";
import { compareReleases, parseRelease } from "./release.ts";
import { multusInstallSpec } from "./spec.ts";
import { before } from "./version-condition.ts";

const numbers = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "00", "01", "07", "10", "19", "99"];
const versions = ["v3", "v4"]
  .flatMap((major) => numbers.map((minor) => `${major}.${minor}`))
  .flatMap((version) => [version, ...numbers.map((patch) => `${version}.${patch}`)])
  .filter((version) => multusInstallSpec.shape.version.safeParse(version).success);

it.each([...new Set(Object.values(FIRST_RELEASE)), "v3.7.1", "v3.9.3", "v4.0.1"])(
  "before %s: the releases of its major version that compare as earlier",
  (release) => {
    expect(versions.length).toBeGreaterThan(300);
    const { major } = parseRelease(release);
    const expected = versions.filter(
      (version) => parseRelease(version).major === major && compareReleases(version, release) < 0,
    );
    expect(expected).not.toEqual([]);
    expect(versions.filter((version) => before(release).holds({ version }))).toEqual(expected);
  },
);

it("has the same pattern in CEL", () => {
  expect(before("v3.7.2").cel).toBe(
    String.raw`self.version.matches('^v3\\.(0?[0-6](\\.|$)|0?7(\\.0?[0-1])?$)')`,
  );
});
