import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { capabilitiesOf, parseNetworks } from "./request.ts";

const read = (annotation: string) => {
  const parsed = parseNetworks(annotation, "apps");
  if (!parsed.ok) throw new Error(parsed.problem.message);
  return parsed.requests;
};
const codeOf = (annotation: string) => {
  const parsed = parseNetworks(annotation, "apps");
  return parsed.ok ? "ok" : parsed.problem.code;
};

describe("the short form", () => {
  test("names, namespaces and interfaces", () => {
    expect(read("a, other/b@eth5 ,c@net-x")).toEqual([
      { namespace: "apps", name: "a" },
      { namespace: "other", name: "b", interface: "eth5" },
      { namespace: "apps", name: "c", interface: "net-x" },
    ]);
  });

  test("what Multus reads as a network without a name", () => {
    for (const annotation of ["a,", ",", "/", "@", " "])
      expect(read(annotation).at(-1)).toEqual({ namespace: "apps", name: "" });
  });

  test("the NAD called null", () => {
    expect(read("null")).toEqual([{ namespace: "apps", name: "null" }]);
  });

  test.each([
    ["a/b/c", "BAD_NAME"],
    ["a@b@c", "BAD_NAME"],
    ["Upper", "BAD_NAME"],
    ["dotted.name", "BAD_NAME"],
    ["\ufeffa", "BAD_NAME"],
    ["a@0123456789abcdef", "BAD_INTERFACE"],
    ["a@x y", "BAD_INTERFACE"],
  ])("%j is %s", (annotation, code) => {
    expect(codeOf(annotation)).toBe(code);
  });
});

describe("the JSON form", () => {
  test("hardware addresses without separators, which Go reads since 1.26", () => {
    for (const digits of [12, 16, 40])
      expect(codeOf(`[{"name": "a", "mac": "${"0".repeat(digits - 1)}2"}]`)).toBe("ok");
    for (const digits of [10, 13, 14, 24, 41])
      expect(codeOf(`[{"name": "a", "mac": "${"0".repeat(digits)}"}]`)).toBe("BAD_MAC");
  });

  test("every key", () => {
    const annotation = JSON.stringify([
      {
        name: "dotted.name",
        namespace: "other",
        ips: ["10.0.0.5/24", "fd00::5"],
        mac: "02:00:00:00:00:01",
        "infiniband-guid": "00:11:22:33:44:55:66:77",
        interfaceRequest: "old",
        portMappings: [{ hostPort: 80, containerPort: 8080, protocol: "tcp", hostIP: "10.0.0.1" }],
        bandwidth: { ingressRate: 1, ingressBurst: 2, egressRate: 3, egressBurst: 4 },
        deviceID: "0000:00:01.0",
        "cni-args": { a: { deep: [1] } },
        "default-route": ["10.0.0.1"],
        unknown: [{}],
      },
    ]);
    const [request] = read(annotation.replace("[{}]", "1e400")); // which Go passes over unread
    expect(request).toEqual({
      name: "dotted.name",
      namespace: "other",
      ips: ["10.0.0.5/24", "fd00::5"],
      mac: "02:00:00:00:00:01",
      infinibandGuid: "00:11:22:33:44:55:66:77",
      interface: "old",
      portMappings: [{ hostPort: 80, containerPort: 8080, protocol: "tcp", hostIp: "10.0.0.1" }],
      bandwidth: { ingressRate: 1, ingressBurst: 2, egressRate: 3, egressBurst: 4 },
      deviceId: "0000:00:01.0",
      cniArgs: new Map([["a", '{"deep":[1]}']]),
      defaultRoute: ["10.0.0.1"],
    });
    expect(request && capabilitiesOf(request)).toEqual([
      "ips",
      "mac",
      "portMappings",
      "bandwidth",
      "infinibandGUID",
      "deviceID",
    ]);
  });

  test("keys without regard to case, the last duplicate, null, and what an array left behind", () => {
    expect(read('[{"NAME":"a","name":"b","Name":null}]')).toEqual([{ namespace: "apps", name: "b" }]);
    expect(read('[{"name":"a","ips":["10.0.0.1","10.0.0.2"],"ips":[null]}]')[0]?.ips).toEqual(["10.0.0.1"]);
    expect(read('[{"name":"a","ip\u017f":["10.0.0.1"]}]')[0]?.ips).toEqual(["10.0.0.1"]);
  });

  test("empty values are as if absent", () => {
    expect(read('[{"ips":[],"mac":"","portMappings":[],"namespace":""}]')).toEqual([
      { namespace: "apps", name: "" },
    ]);
    expect(read("[]")).toEqual([]);
  });

  test.each(
    [
      ["[null]", "NULL_ELEMENT"],
      ['{"name":"a"}', "WRONG_TYPE"],
      ['"a"', "WRONG_TYPE"],
      ["[{]", "BAD_JSON"],
      ['[{"name":1}]', "WRONG_TYPE"],
      ['[{"bandwidth":{"ingressRate":1.0}}]', "WRONG_TYPE"],
      ['[{"bandwidth":{"ingressRate":9223372036854775808}}]', "WRONG_TYPE"],
      ['[{"mac":"02:00:00:00:00"}]', "BAD_MAC"],
      ['[{"ips":["10.0.0.256"]}]', "BAD_IP"],
      ['[{"ips":["fe80::1%eth0"]}]', "BAD_IP"],
      ['[{"default-route":["x"]}]', "BAD_VALUE"],
      ['[{"cni-args":{"a":1e400}}]', "WRONG_TYPE"],
      [`[{"x":${"[".repeat(10_001)}${"]".repeat(10_001)}}]`, "TOO_DEEP"],
    ].map(([annotation = "", code = ""]) => ({ annotation, code, shown: annotation.slice(0, 60) })),
  )("$shown is $code", ({ annotation, code }) => {
    expect(codeOf(annotation)).toBe(code);
  });
});

test("never throws, and says what is wrong in one bounded line, whatever it is given", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary", maxLength: 100 }),
    fc.json({ maxDepth: 3 }).map((text) => `[${text}]`),
    fc.string().map((text) => `[{"name":${JSON.stringify(text)},"mac":${JSON.stringify(text)}}]`),
    fc.string({ maxLength: 400 }).map((text) => `["${text}`),
  );
  fc.assert(
    fc.property(hostile, (annotation) => {
      const parsed = parseNetworks(annotation, "apps");
      return parsed.ok || (parsed.problem.message.length < 400 && !/\p{Cc}/u.test(parsed.problem.message));
    }),
  );
});

test("256 KiB of anything take less than a second of CPU time", () => {
  for (const annotation of [
    ",".repeat(262_144),
    `[${"{},".repeat(87_000)}{}]`,
    `[{"x":${"[".repeat(9_990)}${"]".repeat(9_990)}}]`,
    `[{"ips":["${" ".repeat(262_000)}"]}]`,
    `a${" ".repeat(262_000)}b`,
  ]) {
    const start = process.cpuUsage();
    parseNetworks(annotation, "apps");
    const { user, system } = process.cpuUsage(start); // microseconds; the machine has other work, too
    expect((user + system) / 1000).toBeLessThan(1000);
  }
});
