import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REQUEST_ANNOTATIONS } from "../../src/admission/names.ts";
import { policies } from "../../src/admission/policies.ts";
import {
  CONFIG_RULES,
  MAX_CONFIG_LENGTH,
  MAX_REQUEST_LENGTH,
  REQUEST_RULES,
} from "../../src/admission/policy-rules.ts";
import { checkNetworkConfig } from "../../src/cni/check.ts";
import { parsedInstall } from "../../src/crds/multus-install/parsed-install.ts";
import type { Rule } from "../../src/crds/rule.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { connect } from "../../src/kube/connection.ts";
import { ApiError } from "../../src/kube/errors.ts";
import { type ApiObject, refOf } from "../../src/kube/resource.ts";
import { parseNetworks } from "../../src/networks/pod-request/request.ts";
import { networkDefinition } from "../../src/render/definition.ts";
import { type BorrowedControlPlane, borrowControlPlane } from "../cluster/borrowed-control-plane.ts";
import { waitUntil } from "../cluster/daemon.ts";
import { READ_BY_HAND } from "./cni/written-by-hand.ts";

/** The admission policies in a real API server, without any webhook: what is rejected, and that nothing is in vain. */

const DENY = {
  mode: "Deny",
  denyCodes: [],
  isolation: { enabled: false, globalNamespaces: [] },
  excludedNamespaces: ["kube-system"],
} as const;
const NADS = "/apis/k8s.cni.cncf.io/v1/namespaces";

let plane: BorrowedControlPlane;
let client: KubeClient;

beforeAll(async () => {
  plane = await borrowControlPlane();
  client = new KubeClient(connect({ kubeconfig: plane.kubeconfig }));
  const install = parsedInstall();
  await put(networkDefinition(install) as ApiObject);
  for (const object of policies(DENY, {})) await put(object as ApiObject);
  await put({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default", namespace: "default" },
  });
  // The API server reads policies and definitions a moment later than it stores them.
  await waitUntil("the policies to work", async () => {
    const answers = [await network("null"), await pod("[null]")];
    return answers.every((answer) => answer?.includes("denied"));
  });
});

afterAll(async () => {
  await plane?.stop();
});

async function put(object: ApiObject): Promise<void> {
  await client.apply(refOf(object), object, { fieldManager: "test", force: true });
}

/** The rejection, or undefined; nothing is stored. */
async function create(path: string, body: object): Promise<string | undefined> {
  try {
    await client.json({ method: "POST", path, query: { dryRun: "All" }, body });
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    throw error;
  }
}

function network(config: string, namespace = "default"): Promise<string | undefined> {
  return create(`${NADS}/${namespace}/network-attachment-definitions`, {
    apiVersion: "k8s.cni.cncf.io/v1",
    kind: "NetworkAttachmentDefinition",
    metadata: { name: "net" },
    spec: { config },
  });
}

function pod(request: string, annotation: string = REQUEST_ANNOTATIONS[0]): Promise<string | undefined> {
  return create("/api/v1/namespaces/default/pods", {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "pod", annotations: { [annotation]: request } },
    spec: { containers: [{ name: "c", image: "i" }] },
  });
}

/** The message of the first broken rule. */
const broken = (rules: readonly Rule<string>[], text: string) =>
  rules.find(({ holds }) => !holds(text))?.message;
const hasError = (config: string) =>
  checkNetworkConfig(config, { networkName: "net" }).some(({ severity }) => severity === "error");

/** As a tenant may write it: `plugin` where a name belongs. */
const WITH_PATH = [
  '{"type":"../../../tmp/x"}',
  '{"type":"a/..\\/..\\/b"}',
  '{"type":"..\\u002fb"}',
  '{"type":"\\u002e.\\u002Fb"}',
  '{"type":"\\u002E\\u002e/b"}',
  '{"Type":"../bin/sh"}',
  '{"\\u0074ype":"../bin/sh"}',
  '{"\\u0054YP\\u0065" \n:\t "../bin/sh"}',
  '{"plugins":[{"type":"macvlan"},{"type":"../y"}]}',
  '{"type":"macvlan","ipam":{"type":"x/../../y"}}',
  '{"type":"a\\"/../b"}',
];
const WITHOUT_PATH = [
  // A vendor's own key; the plugin never sees more than its own fields.
  '{"type":"macvlan","args":{"cni":{"type":"application/json"}}}',
  '{"type":"macvlan","vendor":{"type":"a/b"}}',
  '{"type":"macvlan","vendor":{"type":"..."}}',
  '{"type":"macvlan","master":"a/b"}',
  '{"type":"macvlan","note":"the \\"type\\": \\"a/b\\""}',
  '{"type":"a\\\\u002fb"}',
  '{"type":"macvlan","types":"a/b","mytype":"a/b"}',
  '{"type":"x"} ',
  "",
];

describe("the policy for NetworkAttachmentDefinitions", () => {
  it.each(WITH_PATH)("rejects the path in %s", async (config) => {
    expect(await network(config)).toContain('a "type" with "../" in it');
  });

  it.each(WITHOUT_PATH)("lets %s pass", async (config) => {
    expect(await network(config)).toBeUndefined();
  });

  it("reads as the same rules in JavaScript do, and rejects nothing that the checker takes", async () => {
    const texts = [
      ...READ_BY_HAND,
      ...WITH_PATH,
      ...WITHOUT_PATH,
      '{"type":"x","a":"\u0000"}',
      '{"type":"x","a":"\u2028\ud83d\ude00"}',
      '\r\n{"type":"x"}\t',
      "\f{}",
    ];
    for (const text of texts) {
      const expected = broken(CONFIG_RULES, text);
      const answer = await network(text);
      expect([text, answer === undefined]).toEqual([text, expected === undefined]);
      if (expected !== undefined) {
        expect(answer).toContain(expected);
        expect([text, hasError(text)]).toEqual([text, true]);
      }
    }
  });

  it("does so for any text that is nearly JSON", async () => {
    const word = fc.constantFrom(
      "{",
      "}",
      '"type"',
      ":",
      '"x"',
      '"a/b"',
      '"\\u0074ype"',
      ",",
      " ",
      "\n",
      "[",
      "]",
      '"',
      "\\",
      "/",
      "null",
      '"plugins"',
      "\u0001",
      "é",
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(word, { maxLength: 14 }).map((words) => words.join("")),
        async (text) => {
          expect((await network(text)) === undefined).toBe(broken(CONFIG_RULES, text) === undefined);
          if (broken(CONFIG_RULES, text) !== undefined) expect(hasError(text)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("looks at the largest texts within the API server's cost limits, and rejects larger ones by their size", async () => {
    const wrapped = (inside: string) => `{"type":"x","a":[${inside}]}`;
    const filled = (length: number, piece: string) =>
      wrapped(JSON.stringify(piece.repeat(Math.floor((length - 21) / [...piece].length))));
    for (const piece of ["a", " ", "\ud83d\ude00", "\u2028", ',/*"type":'.replaceAll('"', "")])
      expect(await network(filled(MAX_CONFIG_LENGTH, piece))).toBeUndefined();
    // Each begins a match of the costliest rule, and none ends it.
    const beginnings = `${'"type":"",'.repeat(MAX_CONFIG_LENGTH / 10 - 4)}1`;
    expect(await network(wrapped(beginnings))).toBeUndefined();
    const escapes = `"type":"${"\\\\".repeat(MAX_CONFIG_LENGTH / 4 - 10)}"`;
    expect(await network(wrapped(escapes))).toBeUndefined();
    for (const length of [MAX_CONFIG_LENGTH + 1, 1_400_000])
      expect(await network(filled(length, "a"))).toContain("longer than 65536");
  });

  it("leaves system namespaces alone, and an object that was wrong before", async () => {
    expect(await network("null", "kube-system")).toBeUndefined();
    const wrong = {
      apiVersion: "k8s.cni.cncf.io/v1",
      kind: "NetworkAttachmentDefinition",
      metadata: { name: "old", namespace: "default", finalizers: ["example.org/x"] },
      spec: { config: "null" },
    };
    const [binding] = policies(DENY, {}).filter(
      ({ kind, metadata }) => kind.endsWith("Binding") && metadata.name.endsWith("networks"),
    );
    if (!binding) throw new Error("there is no binding");
    await client.delete(refOf(binding as ApiObject));
    await waitUntil("the policy to be unbound", async () => (await network("null")) === undefined);
    await client.json({
      method: "POST",
      path: `${NADS}/default/network-attachment-definitions`,
      body: wrong,
    });
    await put(binding as ApiObject);
    await waitUntil("the policy to be bound", async () => (await network("null")) !== undefined);
    const path = `${NADS}/default/network-attachment-definitions/old`;
    const patch = (body: object) =>
      client.json({ method: "PATCH", path, body, contentType: "application/merge-patch+json" });
    await patch({ metadata: { labels: { team: "a" } } });
    await expect(patch({ spec: { config: "[]" } })).rejects.toThrow("must be a JSON object");
    await client.json({ method: "DELETE", path });
    await patch({ metadata: { finalizers: null } });
    await expect(client.json({ method: "GET", path })).rejects.toMatchObject({ status: 404 });
  });
});

describe("the policy for pods", () => {
  const texts = [
    "",
    "net",
    "ns/net@eth1, other",
    "[]",
    '[{"name":"net"}]',
    ' \n[{"name":"net"}]\n',
    "[null]",
    "[ null ,{}]",
    '[{"name":"a"},null]',
    '{"name":"net"}',
    "[",
    '"net"',
    "null",
    "a\u0001",
    "a\u000b",
    "a\tb",
    "[\u0000]",
    "\ufeff[]",
    '[{"name":"a","ips":null}]',
  ];

  it.each(REQUEST_ANNOTATIONS)(
    "reads %s as the same rules in JavaScript do, and rejects nothing that Multus reads",
    async (annotation) => {
      for (const text of texts) {
        const expected = broken(REQUEST_RULES, text);
        const answer = await pod(text, annotation);
        expect([text, answer === undefined]).toEqual([text, expected === undefined]);
        if (expected === undefined) continue;
        expect(answer).toContain(`metadata.annotations[${annotation}] ${expected}`);
        expect([text, parseNetworks(text, "default").ok]).toEqual([text, false]);
      }
    },
  );

  it("rejects a request that comes by the status, and lets other changes of a pod's status pass", async () => {
    const path = "/api/v1/namespaces/default/pods";
    const metadata = { name: "waiting" };
    const spec = { containers: [{ name: "c", image: "i" }], schedulingGates: [{ name: "example.com/wait" }] };
    await client.json({ method: "POST", path, body: { apiVersion: "v1", kind: "Pod", metadata, spec } });
    const status = async (annotations: object) => {
      const body = { metadata: { annotations }, status: { message: "x" } };
      const contentType = "application/merge-patch+json";
      try {
        await client.json({ method: "PATCH", path: `${path}/waiting/status`, contentType, body });
        return undefined;
      } catch (error) {
        if (error instanceof ApiError) return error.message;
        throw error;
      }
    };
    for (const annotation of REQUEST_ANNOTATIONS)
      expect(await status({ [annotation]: "[null]" })).toContain("begins with null");
    expect(await status({ [REQUEST_ANNOTATIONS[0]]: "net" })).toBeUndefined();
    expect(await status({ "k8s.v1.cni.cncf.io/network-status": "[]" })).toBeUndefined();
  });

  it("rejects requests that are too long by their size", async () => {
    expect(await pod("a,".repeat(MAX_REQUEST_LENGTH / 2))).toBeUndefined();
    expect(await pod(`[${" ".repeat(MAX_REQUEST_LENGTH - 2)}]`)).toBeUndefined();
    expect(await pod("a,".repeat(MAX_REQUEST_LENGTH))).toContain("longer than 65536");
  });
});
