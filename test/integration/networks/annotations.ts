import fc from "fast-check";

/** A JSON value as text, so that keys can be given twice and numbers written in any way. */
type Text = fc.Arbitrary<string>;

const text = (...values: unknown[]): Text => fc.constantFrom(...values.map((value) => JSON.stringify(value)));
const raw = (...texts: string[]): Text => fc.constantFrom(...texts);

/** Mostly of the right type: an annotation with five faults tests one. */
const mostly = (good: Text): Text =>
  fc.oneof(
    { weight: 24, arbitrary: good },
    {
      weight: 1,
      arbitrary: raw("null", "1", "true", '""', "[]", "{}", "[null]", '"x"', "1.0", "[1]", '["x"]'),
    },
  );

const listOf = (item: Text): Text => fc.array(item, { maxLength: 3 }).map((items) => `[${items.join(",")}]`);

/** An object with some of these keys, in any order, some twice or in another case, and some unknown. */
function objectOf(fields: Record<string, Text>): Text {
  const names = Object.keys(fields);
  const field = fc.constantFrom(...names).chain((name) => {
    const key = fc.oneof(
      { weight: 12, arbitrary: fc.constant(name) },
      { weight: 1, arbitrary: fc.constant(name.toUpperCase()) },
      { weight: 1, arbitrary: fc.constant(name.replace("s", "\u017f").replace("k", "\u212a")) },
    );
    return fc.tuple(key, mostly(fields[name] ?? raw("null")));
  });
  const unknown = fc.tuple(
    fc.constantFrom("unknown", "name ", "", "__proto__", "\u0130ps"),
    raw("1e400", "[[]]", '{"a":{}}', '"\\ud800"', "null", '"}"'),
  );
  const entry = fc.oneof({ weight: 14, arbitrary: field }, { weight: 1, arbitrary: unknown });
  const space = fc.constantFrom("", "", "", " ", "\n\t");
  return fc
    .tuple(fc.array(entry, { maxLength: 6 }), space)
    .map(
      ([entries, blank]) =>
        `{${blank}${entries.map(([key, value]) => `${JSON.stringify(key)}${blank}:${value}`).join(",")}}`,
    );
}

const name = text("a", "net-1", "dotted.name", "", "Upper", "a/b", "\u0000", "\ud800", "é");
const ip = mostly(
  text(
    "10.0.0.1",
    "10.0.0.1/24",
    "fd00::1",
    "fd00::1/64",
    "::ffff:10.0.0.1",
    "::ffff:10.0.0.1/120",
    "::1.2.3.4",
    "10.0.0.1/024",
    "10.0.0.1/033",
    "10.0.0.1/0000000000024",
    "10.0.0.1/",
    "10.0.0.1/-1",
    "10.0.0.1/24/24",
    "010.0.0.1",
    "10.0.0",
    "1::2::3",
    "fe80::1%eth0",
    "fe80::1%eth0/64",
    "10.0.0.1 ",
    "1:2:3:4:5:6:7::",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "::ffff:10.0.0.01",
    "",
  ),
);
const mac = text(
  "02:00:00:00:00:01",
  "02-00-00-00-00-01",
  "0200.0000.0001",
  "02:00:00:00:00:00:00:01",
  "0200.0000.0000.0001",
  `${"00:".repeat(19)}01`,
  `${"0000.".repeat(9)}0001`,
  "020000000001",
  "0200000000000001",
  `${"00".repeat(19)}01`,
  "02000000000001",
  "02:00:00:00:00",
  "02:00-00:00:00:01",
  "2:0:0:0:0:1",
  "02:00:00:00:00:0g",
  "02:00:00:00:00:01 ",
  "",
);
const number = raw(
  "0",
  "1",
  "80",
  "-1",
  "-0",
  "1.0",
  "1e3",
  "9223372036854775807",
  "9223372036854775808",
  "1.5",
);

const selection = objectOf({
  name,
  namespace: name,
  ips: listOf(ip),
  mac,
  "infiniband-guid": mac,
  interface: name,
  interfaceRequest: name,
  portMappings: listOf(
    mostly(objectOf({ hostPort: number, containerPort: number, protocol: text("tcp", "x"), hostIP: ip })),
  ),
  bandwidth: objectOf({ ingressRate: number, ingressBurst: number, egressRate: number, egressBurst: number }),
  deviceID: name,
  "cni-args": raw("{}", '{"a":1}', '{"a":1,"a":2,"b":[{"c":1e999}]}', '{"__proto__":1}', '{"A":"\\""}'),
  "default-route": listOf(ip),
});

const json = listOf(mostly(selection));

const item = fc
  .tuple(
    fc.constantFrom("", "", "", "apps/", "other/", " x /", "/", "A/", "a//"),
    fc.constantFrom(
      "a",
      "net-1",
      "a-",
      "1",
      "",
      "null",
      "a.b",
      " a",
      "é",
      "\ufeffa",
      "\u0085a\u2003",
      "\u200ba",
    ),
    fc.constantFrom(
      "",
      "",
      "",
      "@eth1",
      "@",
      "@ net1 ",
      "@0123456789abcde",
      "@0123456789abcdef",
      "@é€é€é€",
      "@a b",
      "@a/b",
      "@a@b",
      "@a\u00a0b",
    ),
  )
  .map((parts) => parts.join(""));
const short = fc.array(item, { minLength: 1, maxLength: 4 }).map((items) => items.join(","));

/** A byte less, more or exchanged. */
const damaged = fc
  .tuple(fc.oneof(json, short), fc.nat(), fc.constantFrom("", '"', "{", "]", ",", "\\", "\u0001", "x"))
  .map(([annotation, at, instead]) => {
    const place = at % (annotation.length + 1);
    return annotation.slice(0, place) + instead + annotation.slice(place + 1);
  });

/** What may stand in the annotation of a pod that asks for networks. Without unpaired surrogates: the API server stores UTF-8. */
export const request = fc
  .oneof(
    { weight: 6, arbitrary: json },
    { weight: 3, arbitrary: short },
    { weight: 1, arbitrary: damaged },
    { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
  )
  .map((annotation) => annotation.toWellFormed());

const words = listOf(mostly(text("10.0.0.1", "<nil>", "")));
const structOf = (...names: string[]) =>
  objectOf(Object.fromEntries(names.map((key) => [key, text("x", "")])));
const status = listOf(
  mostly(
    objectOf({
      name,
      interface: name,
      ips: words,
      mac,
      mtu: number,
      default: raw("true", "false"),
      dns: objectOf({ nameservers: words, domain: name, search: words, options: words }),
      "device-info": objectOf({
        type: text("pci", "vdpa", ""),
        version: text("1.1.0"),
        pci: structOf("pci-address", "vhost-net"),
        vdpa: structOf("path", "pci-address"),
        "vhost-user": structOf("mode", "path"),
        memif: structOf("role", "path", "mode"),
      }),
      gateway: words,
    }),
  ),
);

/** What may stand in the annotation that Multus writes: anybody who may change the pod can. */
export const networkStatus = fc
  .oneof({ weight: 8, arbitrary: mostly(status) }, { weight: 1, arbitrary: damaged })
  .map((annotation) => annotation.toWellFormed());
