import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize, resolve } from "node:path";
import { expect, it } from "vitest";
import { DISTRIBUTIONS } from "../src/crds/multus-install/distribution.ts";
import { parseMultusInstall } from "../src/crds/multus-install/multus-install.ts";
import { hostPaths } from "../src/multus/distributions.ts";

/** What a reader of the pages clicks on and pastes. */

const pages = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*.md"], { encoding: "utf8" })
  .split("\n")
  .filter((name) => name !== "" && existsSync(name));
const CODE = /^```.*?^```/gms;
const read = (page: string) => readFileSync(page, "utf8");

/** As GitHub makes the anchor of a heading. */
function anchorOf(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\-_ ]/gu, "")
    .trim()
    .replaceAll(" ", "-");
}

const anchorsOf = (page: string) =>
  new Set(
    [
      ...read(page)
        .replace(CODE, "")
        .matchAll(/^#+ (.*)$/gm),
    ].map(([, text = ""]) => anchorOf(text)),
  );

it("has only links that lead somewhere", () => {
  const broken = pages.flatMap((page) =>
    [
      ...read(page)
        .replace(CODE, "")
        .matchAll(/\]\(([^)\s]+)\)/g),
    ].flatMap(([, link = ""]) => {
      if (/^[a-z]+:/.test(link)) return [];
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : normalize(join(dirname(page), path));
      const isThere =
        existsSync(target) &&
        (anchor === undefined ||
          !target.endsWith(".md") ||
          anchorsOf(target).has(decodeURIComponent(anchor)));
      return isThere ? [] : [`${page}: ${link}`];
    }),
  );
  expect(broken).toEqual([]);
});

it("names the release's namespace in each helm command", () => {
  const commands = pages.flatMap((page) =>
    [...read(page).matchAll(CODE)].flatMap(([block]) =>
      block
        .replaceAll(/\\\n\s*/g, " ")
        .split("\n")
        .filter((line) => /^\s*(\$ )?helm (install|upgrade|uninstall|rollback) /.test(line))
        .map((line) => `${page}: ${line.trim()}`),
    ),
  );
  expect(commands.length).toBeGreaterThan(5);
  expect(commands.filter((command) => !/ (--namespace|-n) /.test(command))).toEqual([]);
});

it("takes over the fields of CRDs from Helm, which created them", () => {
  const texts = ["charts/multus-operator/templates/NOTES.txt", "src/main.ts", "src/commands/crds.ts"];
  const commands = [...pages, ...texts].flatMap((page) =>
    [...read(page).matchAll(/^.*kubectl apply (.*)/gm)]
      .filter(([line]) => /crds \| |-f charts\/multus-operator\/crds/.test(line))
      .map(([line]) => `${page}: ${line.trim()}`),
  );
  expect(commands.length).toBeGreaterThan(4);
  expect(commands.filter((command) => !command.includes("--server-side --force-conflicts"))).toEqual([]);
});

it("names each distribution's directories for cleaning a node by hand", () => {
  const page = read("docs/guides/uninstall.md");
  const directories = (distribution: string) => {
    const metadata = { name: "multus" };
    const parsed = parseMultusInstall({
      ...{ apiVersion: "multus-operator.dev/v1alpha1", kind: "MultusInstall", metadata },
      spec: { distribution },
    });
    if (!parsed.ok) throw new Error(distribution);
    const { confDir, binDir } = hostPaths(parsed.value.spec);
    return [confDir, binDir];
  };
  const standard = directories("Kubernetes");
  for (const directory of standard) expect(page).toContain(`rm -f  ${directory}/`);
  for (const distribution of DISTRIBUTIONS) {
    const row = page.split("\n").find((line) => line.startsWith(`| ${distribution} `));
    const [confDir, binDir] = directories(distribution);
    if (String([confDir, binDir]) === String(standard)) expect(row).toBeUndefined();
    else expect(row?.replaceAll(/ +/g, " ")).toBe(`| ${distribution} | \`${confDir}\` | \`${binDir}\` |`);
  }
});

it("explains each reason of status.nodes.unhealthy", () => {
  const list = read("src/diagnosis/unhealthy-reasons.ts");
  const reasons = [...list.matchAll(/^ {2}(\w+): [012],$/gm)].map(([, reason = ""]) => reason);
  expect(reasons.length).toBeGreaterThan(30);
  const page = read("docs/guides/nodes.md");
  // `Image…` stands for all reasons that begin so.
  const groups = [...page.matchAll(/`(\w+)…`/g)].map(([, beginning = ""]) => beginning);
  const isNamed = (reason: string) =>
    page.includes(`\`${reason}\``) || groups.some((beginning) => reason.startsWith(beginning));
  expect(reasons.filter((reason) => !isNamed(reason))).toEqual([]);
});

it("quotes sentences of explain and logs that the program can print", () => {
  const sources = execFileSync("git", ["ls-files", "src/networks", "src/commands/kubectl", "src/multus"], {
    encoding: "utf8",
  });
  // What varies is a gap in both: names, numbers and quoted text.
  const program = sources
    .split("\n")
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => read(name).replaceAll(/\$\{[^}]*\}/g, " ¤ "))
    .join("\n");
  const quotes = [...read("docs/guides/troubleshoot.md").matchAll(/^\| "(.*?)"(?: +\||[:;,] )/gm)].map(
    ([, text = ""]) => text,
  );
  expect(quotes.length).toBeGreaterThan(35);
  const VARIES =
    /"?[\w/.:@-]*[\d/][\w/.:@→-]*"?|"[^"]*"|"\w+$|…|\bmtu: .*|nodes are available|ErrImagePull|ipvlan|\bas master\b|\bin default\b|ReplicaSet/g;
  const strange = quotes.flatMap((text) =>
    text
      .split(VARIES)
      .map((piece) => piece.replaceAll(/^[\s.,:;?]+|[\s.,:;?]+$/g, ""))
      .filter((piece) => piece.split(" ").length > 2 && !program.includes(piece))
      .map((piece) => `${text}: ${piece}`),
  );
  expect(strange).toEqual([]);
});

it("shows what validate prints about the files that the reader has just created", () => {
  const [commands = "", output = ""] = [...read("docs/guides/validate-in-ci.md").matchAll(CODE)]
    .map(([block]) => block.split("\n").slice(1, -1).join("\n"))
    .slice(0, 2);
  const directory = mkdtempSync(join(tmpdir(), "guide-"));
  const program = `"${process.execPath}" "${resolve("src/main.ts")}" `;
  const script = commands.replace(/^multus-operator /m, program);
  const { stdout, status } = spawnSync("sh", ["-c", script], { cwd: directory, encoding: "utf8" });
  rmSync(directory, { recursive: true });
  expect(stdout).toBe(`${output}\n`);
  expect(status).toBe(1);
});
