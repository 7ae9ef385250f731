import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { REFERENCE_PLUGINS } from "../../src/crds/reference-plugins.ts";
import type { Image } from "./buildah.ts";
import { execute } from "./execute.ts";
import { IMAGES, type ImageName, image } from "./images.ts";

interface Configuration {
  config: { Entrypoint?: string[]; User?: string };
}

interface Manifest {
  Config: string;
  RepoTags: string[];
  Layers: string[];
}

/** What a runtime reads from the archive: the container's configuration, and the files of its layers. */
async function look(made: Image): Promise<Configuration["config"] & { names: string[]; files: string[] }> {
  const entry = async (path: string) => await execute("tar", ["-xOf", made.archive, path]);
  const [manifest] = JSON.parse(await entry("manifest.json")) as Manifest[];
  const { config } = JSON.parse(await entry(manifest?.Config ?? "")) as Configuration;
  const files: string[] = [];
  for (const layer of manifest?.Layers ?? []) {
    const list = `tar -xOf ${made.archive} ${layer} | tar -tf -`;
    files.push(...(await execute("sh", ["-c", list])).split("\n"));
  }
  return { ...config, names: manifest?.RepoTags ?? [], files };
}

describe("images", () => {
  test.each<[ImageName, string[], string[]]>([
    ["pause", ["/pause"], ["pause"]],
    ["multus-v4.3.0", ["/thin_entrypoint"], ["install_multus", "usr/src/multus-cni/bin/passthru"]],
    [
      "multus-v4.3.0-thick",
      ["/usr/src/multus-cni/bin/multus-daemon"],
      ["usr/src/multus-cni/bin/multus-shim"],
    ],
    ["whereabouts", ["/install-cni.sh"], ["whereabouts", "ip-control-loop", "token-watcher.sh", "bin/sh"]],
    ["multus-v3.4.2", ["/entrypoint.sh"], ["usr/src/multus-cni/bin/multus", "bin/bash"]],
    [
      "multus-v3.4.2-distribution",
      ["/entrypoint.sh"],
      ["root/go/src/github.com/intel/multus-cni/bin/multus", "entrypoint.sh"],
    ],
    [
      "multus-v3.4.2-small",
      ["bash", "/go/src/github.com/intel/multus-cni/images/entrypoint.sh"],
      ["go/src/github.com/intel/multus-cni/bin/multus"],
    ],
  ])("%s has the name, the command and the files that its users rely on", async (name, command, files) => {
    const seen = await look(await image(name));
    expect(seen.names).toEqual([IMAGES[name]]);
    expect(seen.Entrypoint).toEqual(command);
    for (const file of files) expect(seen.files).toContain(file);
  });

  test("the image of spec.plugins has each reference plugin and cp, and is not root", async () => {
    const seen = await look(await image("cni-plugins"));
    expect(seen.names).toEqual([IMAGES["cni-plugins"]]);
    expect(seen.User).toBe("65532:65532");
    const programs = seen.files.flatMap((file) => /^opt\/cni\/bin\/(.+)$/.exec(file)?.[1] ?? []);
    expect(programs.toSorted()).toEqual(REFERENCE_PLUGINS.toSorted());
    expect(seen.files).toContain("bin/cp");
  });

  test("the base of the operator's image runs as the user 65532 and brings its own node", async () => {
    const seen = await look(await image("node-runtime-base"));
    expect(seen.User).toBe("65532:65532");
    expect(seen.files).toContain("usr/local/bin/node");
    expect(seen.files.filter((file) => /libc\.so|ld-linux/.test(file))).not.toEqual([]);
  });

  test("three processes that ask at once build it once", async () => {
    const cache = mkdtempSync(join(tmpdir(), "multus-operator-images-"));
    try {
      const script = `const { image } = await import(${JSON.stringify(join(import.meta.dirname, "images.ts"))});
        console.log((await image("pause")).archive);`;
      const env = { ...process.env, MULTUS_OPERATOR_CACHE: cache };
      const run = () => execute(process.execPath, ["--input-type=module", "-e", script], { env });
      const [archive, ...others] = await Promise.all([run(), run(), run()]);
      expect(others).toEqual([archive, archive]);
      expect(readdirSync(join(cache, "images")).filter((name) => name !== "keys")).toHaveLength(1);
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
  });
});
