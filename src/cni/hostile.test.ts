/** A NAD is written by any tenant: whatever it holds, the check ends soon, with few, short and clean findings. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { checkNetworkConfig } from "./check.ts";
import type { Finding } from "./finding.ts";

/** The largest object that etcd takes by default is some 1.5 MiB; a configuration of a quarter is large. */
const LARGE = 256 * 1024;
const timeout = 60_000;

function expectModest(findings: readonly Finding[]): void {
  expect(findings.length).toBeLessThanOrEqual(200);
  for (const { path, message, value = "", suggestion = "", line, column } of findings) {
    expect(message.length).toBeLessThan(600);
    expect(path.length).toBeLessThan(1_000);
    expect(value.length).toBeLessThanOrEqual(80);
    expect(`${message}${path}${value}${suggestion}`).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(line).toBeGreaterThan(0);
    expect(column).toBeGreaterThan(0);
  }
}

const fill = (part: string, before = "", after = "") =>
  before + part.repeat(Math.floor((LARGE - before.length - after.length) / part.length)) + after;
/** A word in as many mixtures of small and capital letters. */
const spellings = (word: string, count: number) =>
  Array.from({ length: count }, (_, i) =>
    [...word.toLowerCase()].map((letter, bit) => ((i >> bit) & 1 ? letter.toUpperCase() : letter)).join(""),
  );
const HOSTILE: [string, string][] = [
  ["brackets", fill("[")],
  ["objects in objects", `${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}`],
  ["objects deeper than Go reads", `${'{"a":'.repeat(11_000)}1${"}".repeat(11_000)}`],
  ["a type of zeros", fill("\\u0000", '{"type":"', '"}')],
  ["a type of slashes", fill("/", '{"type":"', '"}')],
  [
    "many unknown fields",
    `{"type":"bridge",${Array.from({ length: 18_000 }, (_, i) => `"mtu${i}":1`).join()}}`,
  ],
  ["one key many times", fill('"mtu":1,', '{"type":"macvlan",', '"mtu":2}')],
  ["one key in many cases", fill('"mTu":"x","MtU":"y",', '{"type":"macvlan",', '"mtu":2}')],
  [
    "one key in thousands of spellings",
    `{"type":"bridge",${spellings("preserveDefaultVlan", 12_000)
      .map((key) => `"${key}":1`)
      .join()}}`,
  ],
  [
    "many overlapping ranges",
    fill('[{"subnet":"10.0.0.0/24"}],', '{"type":"macvlan","ipam":{"type":"host-local","ranges":[', "[]]}}"),
  ],
  [
    "many ranges of one set",
    fill('{"subnet":"10.0.0.0/24"},', '{"type":"macvlan","ipam":{"type":"host-local","ranges":[[', "{}]]}}"),
  ],
  [
    "many routes",
    fill(
      '{"dst":"10.0.0.0/8"},',
      '{"type":"macvlan","ipam":{"type":"static","addresses":[{"address":"10.0.0.5/24"}],"routes":[',
      "{}]}}",
    ),
  ],
  [
    "many addresses",
    fill(
      '{"address":"10.0.0.5/24"},',
      '{"type":"bridge","isGateway":true,"ipam":{"type":"static","addresses":[',
      "{}]}}",
    ),
  ],
  ["many bad addresses", fill("0,", '{"type":"macvlan","ipam":{"type":"static","addresses":[', "0]}}")],
  ["many plugins", fill('{"type":"tuning"},', '{"plugins":[', '{"type":"tuning"}]}')],
  [
    "many sysctls",
    `{"type":"tuning","sysctl":{${Array.from({ length: 12_000 }, (_, i) => `"kernel.x${i}":"1"`).join()}}}`,
  ],
  ["many links", fill('{"Name":1},', '{"type":"bond","links":[', "{}]}")],
  ["a trunk", fill('{"minID":9,"maxID":1},', '{"type":"bridge","vlanTrunk":[', "{}]}")],
  ["digits", fill("9", '{"type":"macvlan","mtu":', "}")],
  ["a long fraction", fill("0", '{"type":"macvlan","mtu":1.', "}")],
  ["an exponent", '{"type":"macvlan","mtu":1e999}'],
  [
    "a long address",
    fill("0", '{"type":"macvlan","ipam":{"type":"static","addresses":[{"address":"', '1/24"}]}}'),
  ],
  ["colons for an address", fill(":", '{"type":"macvlan","mac":"', '"}')],
  ["colons for a network", fill(":", '{"type":"macvlan","ipam":{"type":"whereabouts","range":"', '/8"}}')],
  ["hyphens for a range", fill("-", '{"type":"macvlan","ipam":{"type":"whereabouts","range":"', '"}}')],
  ["zeros for a range", fill("0", '{"type":"macvlan","ipam":{"type":"whereabouts","range":"', '/8"}}')],
  ["a version of dots", fill(".1", '{"cniVersion":"1","cniVersions":["1', '"],"plugins":[{"type":"x"}]}')],
  ["lines", fill("\n", '{"type":"macvlan","mtu":"x"', "}")],
  [
    "prototypes",
    '{"type":"macvlan","__proto__":{"mtu":"x"},"constructor":1,"toString":{},"ipam":{"__proto__":null,"type":"constructor"}}',
  ],
  ["bidirectional text", '{"type":"macvlan","mode":"\\u202e\\u0007evil","\\u2066mtu\\u2069":1}'],
  ["half a pair", '{"type":"\\ud800","mode":"\\udfff"}'],
];

it.each(HOSTILE)("ends soon, and says little of %s", { timeout }, (_, text) => {
  const start = process.cpuUsage();
  expectModest(checkNetworkConfig(text, { networkName: "net" }));
  const { user, system } = process.cpuUsage(start);
  // An ordinary one takes a tenth of a millisecond; this is a guard against squares, not a measurement.
  expect((user + system) / 1_000).toBeLessThan(3_000);
});

const KEYS = [
  "type",
  "ipam",
  "plugins",
  "mtu",
  "name",
  "cniVersion",
  "subnet",
  "ranges",
  "routes",
  "dst",
  "sysctl",
  "links",
  "addresses",
  "address",
  "gateway",
  "mac",
  "trunk",
  "vlanTrunk",
  "range",
  "capabilities",
  "args",
  "cni",
  "dns",
];
const WORDS = [
  "macvlan",
  "bridge",
  "bond",
  "ovs",
  "sriov",
  "tap",
  "ptp",
  "host-local",
  "static",
  "dhcp",
  "whereabouts",
  "10.0.0.0/24",
  "::/0",
  "1.0.0",
  "../x",
  "",
];

it("never throws, whatever the fields hold", () => {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom(...WORDS),
      fc.string({ unit: "binary" }),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string()), tie("tree"), { maxKeys: 6 }),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => expectModest(checkNetworkConfig(JSON.stringify(value)))),
    { numRuns: 400 },
  );
});

it("never throws, whatever the text, and tells JSON from what is none", () => {
  const soup = fc.string({ unit: fc.constantFrom(...'{}[]:,"\\u0eE+-.1 \n\ttruefalsn'), maxLength: 60 });
  const text = fc.oneof(fc.string({ unit: "binary" }), soup, fc.json());
  fc.assert(
    fc.property(text, (json) => {
      const findings = checkNetworkConfig(json);
      expectModest(findings);
      const isJson = (() => {
        try {
          JSON.parse(json);
          return true;
        } catch {
          return false;
        }
      })();
      const rejected = findings.some(({ code }) => code === "BAD_JSON");
      // A number beyond Go's is JSON for JavaScript, and none for Go.
      if (json !== "" && !/[eE]\+?\d{3}/.test(json)) expect(rejected).toBe(!isJson);
    }),
    { numRuns: 600 },
  );
});
