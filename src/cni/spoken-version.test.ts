import { expect, it } from "vitest";
import { newestOfLibrary } from "./spoken-version.ts";

it.each([
  ["v0.6.0", "0.3.1"],
  ["v0.7.1", "0.4.0"],
  ["v0.8.1", "0.4.0"],
  ["v1.0.1", "1.0.0"],
  ["v1.1.2", "1.0.0"],
  ["v1.2.0-rc1", "1.1.0"],
  ["v1.3.0", "1.1.0"],
  ["(devel)", undefined],
  ["", undefined],
])("knows what CNI library %s speaks: %s", (library, newest) =>
  expect(newestOfLibrary(library)).toBe(newest),
);
