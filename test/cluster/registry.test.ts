import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { binary } from "./binaries.ts";
import { execute } from "./execute.ts";
import { image } from "./images.ts";
import { startRegistry } from "./registry.ts";

test.each([
  { tls: false, name: "over plain HTTP" },
  { tls: true, name: "over TLS" },
])("a registry $name takes and gives an image to who logs in, and to nobody else", async ({ tls }) => {
  const registry = await startRegistry({ address: "127.0.0.1", tls });
  try {
    const pause = await image("pause");
    const reference = await registry.push(pause, "kube-ovn/pause:v1");
    const config = JSON.parse(await registry.crane("config", reference)) as { config: object };
    expect(config.config).toMatchObject({ Entrypoint: ["/pause"] });
    const stranger = { ...process.env, DOCKER_CONFIG: "/nonexistent" };
    await expect(
      execute(await binary("crane"), ["--insecure", "config", reference], { env: stranger }),
    ).rejects.toThrow(/UNAUTHORIZED|401/);
  } finally {
    await registry.stop();
  }
  await expect(registry.answer()).rejects.toThrow(/ECONNREFUSED/);
  expect(existsSync(dirname(registry.dockerConfig))).toBe(false);
});
