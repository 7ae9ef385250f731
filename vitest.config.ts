import { defineConfig } from "vitest/config";

/** A server test shares one machine with others: its files run one after another, and a hung server is an error, not a wait. */
const serverTest = { fileParallelism: false, testTimeout: 60_000, hookTimeout: 900_000 };

export default defineConfig({
  test: {
    reporters: ["default", "./scripts/closing-line-reporter.ts"],
    projects: [
      { extends: true, test: { name: "unit", include: ["src/**/*.test.ts", "scripts/**/*.test.ts"] } },
      {
        extends: true,
        test: { name: "integration", include: ["test/integration/**/*.test.ts"], ...serverTest },
      },
      { extends: true, test: { name: "cluster", include: ["test/cluster/**/*.test.ts"], ...serverTest } },
      { extends: true, test: { name: "faults", include: ["test/faults/**/*.test.ts"], ...serverTest } },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          ...serverTest,
          testTimeout: 300_000,
        },
      },
    ],
  },
});
