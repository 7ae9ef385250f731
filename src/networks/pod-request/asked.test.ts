import fc from "fast-check";
import { expect, it, test } from "vitest";
import { askedOf, asksForDefault, parseAsked } from "./asked.ts";
import { parseNetworks } from "./request.ts";

const NETWORKS = "k8s.v1.cni.cncf.io/networks";
const DEFAULT = "v1.multus-cni.io/default-network";

const read = (annotations: Record<string, string>) => {
  const parsed = parseAsked(askedOf(annotations), "apps");
  if (!parsed.ok) return `${parsed.problem.annotation ?? NETWORKS} ${parsed.problem.code}`;
  return parsed.requests.map(
    ({ namespace, name, isDefault }) => `${namespace}/${name}${isDefault ? " default" : ""}`,
  );
};

it.each([
  ["nothing", {}, []],
  ["an empty request", { [NETWORKS]: "" }, []],
  ["further networks", { [NETWORKS]: "net,shop/lan" }, ["apps/net", "shop/lan"]],
  ["a default network alone", { [DEFAULT]: "first" }, ["kube-system/first default"]],
  ["both, of one network", { [NETWORKS]: "net", [DEFAULT]: "apps/net" }, ["apps/net default", "apps/net"]],
  ["an empty default network", { [NETWORKS]: "net", [DEFAULT]: "" }, `${DEFAULT} MISSING_NAME`],
  ["two default networks", { [DEFAULT]: "a,b" }, `${DEFAULT} TOO_MANY`],
  ["a bad request", { [NETWORKS]: "a/b/c", [DEFAULT]: "first" }, `${NETWORKS} BAD_NAME`],
  ["a request that looks like the packed form", { [NETWORKS]: '\0["net",null]' }, `${NETWORKS} BAD_JSON`],
])("reads %s", (_, annotations, expected) => {
  expect(read(annotations as Record<string, string>)).toEqual(expected);
});

test("a default network without a namespace is where Multus looks for it", () => {
  const asked = askedOf({ [NETWORKS]: "net", [DEFAULT]: "first" });
  expect(parseAsked(asked, "apps", "multus")).toMatchObject({
    requests: [
      { namespace: "multus", name: "first" },
      { namespace: "apps", name: "net" },
    ],
  });
});

test("without a default network the text is the annotation, and is read as such, whatever it has", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const asked = askedOf({ [NETWORKS]: text });
      if (!text.startsWith("\0")) expect(asked).toBe(text);
      expect(asksForDefault(asked)).toBe(false);
      expect(parseAsked(asked, "apps")).toEqual(parseNetworks(text, "apps"));
      expect(asksForDefault(askedOf({ [NETWORKS]: text, [DEFAULT]: text }))).toBe(true);
    }),
  );
});
