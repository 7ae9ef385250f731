import { build } from "esbuild";
import { expect, test } from "vitest";
import { withoutUnusedParts } from "./unused-parts.ts";

test("packages that need the whole of node:http get it, and the program's own modules what they import", async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { createServer, request } from "node:http";
        process.stdout.write([typeof createServer, typeof request, require("http").maxHeaderSize].join());`,
      resolveDir: process.cwd(),
    },
    ...{ write: false, bundle: true, platform: "node", format: "cjs", plugins: [withoutUnusedParts] },
  });
  const written: string[] = [];
  const stdout = { write: (text: string) => written.push(text) };
  new Function("require", "process", outputFiles[0]?.text ?? "")(
    process.getBuiltinModule
      ? (name: string) => process.getBuiltinModule(name.replace("node:", ""))
      : undefined,
    { ...process, stdout },
  );
  expect(written).toEqual([`function,function,${process.getBuiltinModule("node:http").maxHeaderSize}`]);
});
