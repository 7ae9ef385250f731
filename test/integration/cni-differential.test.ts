/**
 * The checker against what it stands for: Multus' and libcni's readers, and an ADD by the real plugins in a
 * fresh network namespace, on configurations written by hand and generated. Each disagreement is a fault of
 * the checker, unless cni/exceptions.ts gives a reason; fast-check shrinks it to the smallest that shows it.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { checkNetworkConfig } from "../../src/cni/check.ts";
import type { PodRequest } from "../../src/cni/context.ts";
import { readNetwork } from "../../src/networks/cross-checks/network.ts";
import { parseNetworks } from "../../src/networks/pod-request/request.ts";
import { rejectedValues } from "../../src/networks/request-checks/rejected-values.ts";
import { Answers, KnowingReader } from "./cni/answers.ts";
import { configuration } from "./cni/configurations.ts";
import { exceptionFor, hasNoRangeHere, isGivenTwice, isOfThisMachine, wasEnded } from "./cni/exceptions.ts";
import { limitedConfiguration, limits } from "./cni/limits.ts";
import { type Asked, buildReader, Reader } from "./cni/reader.ts";
import { fitting, podRequest } from "./cni/requests.ts";
import { whereaboutsConfiguration } from "./cni/whereabouts.ts";
import { READ_BY_HAND } from "./cni/written-by-hand.ts";

// The same cases each time, so that a red run is this change's. Another seed explores.
const CASES = Number(process.env.MULTUS_OPERATOR_CNI_CASES ?? 2_000);
const SEED = Number(process.env.MULTUS_OPERATOR_CNI_SEED ?? 4);
/** Some plugins wait for the kernel more than they work. */
const WORKERS = 4;
const root = process.getuid?.() === 0;

let program = "";
let answers: Answers;
beforeAll(async () => {
  program = await buildReader();
  answers = await Answers.of(program);
  if (!root) console.warn("skipped: ADD by the real plugins, since network namespaces need root");
});
afterAll(() => {
  console.info(
    `${answers.count.asked} questions to the real programs, ${answers.count.cached} asked earlier`,
  );
  answers.save();
});

const errorsIn = (text: string, request?: PodRequest) =>
  checkNetworkConfig(text, { networkName: "net", request }).filter(({ severity }) => severity === "error");
const warns = (text: string, code: string, path?: string) =>
  checkNetworkConfig(text, { networkName: "net" }).some(
    (finding) => finding.code === code && (path === undefined || finding.path === path),
  );

it("agrees with Multus' and libcni's readers on what is written by hand", async () => {
  using reader = await Reader.start(program, false);
  const disagreements: object[] = [];
  let tooLarge = 0;
  for (const text of READ_BY_HAND) {
    const { read } = await reader.ask(text);
    const errors = errorsIn(text);
    // What is larger than the operator reads is not checked, so there is no answer to compare.
    if (read === "" && errors.some(({ code }) => code === "TOO_LARGE")) {
      tooLarge++;
      continue;
    }
    const found = errors.length > 0;
    if ((read !== "") !== found) disagreements.push({ text: text.slice(0, 200), real: read, found });
  }
  expect(disagreements).toEqual([]);
  // Nine thousand nested lists, and no other.
  expect(tooLarge).toBe(1);
});

it("agrees with whereabouts' own code, and the kernel on what it gives, on 1,000 generated configurations", async () => {
  await using reader = new KnowingReader(answers, program, root);
  let accepted = 0;
  let gateways = 0;
  const agrees = fc.asyncProperty(whereaboutsConfiguration, podRequest, async (text, { ips }) => {
    const request = ips ? { ips } : {};
    const { read, add, givesGateway } = await reader.ask(text, request);
    const real = read || add;
    const errors = errorsIn(text, request);
    const found = errors.map(({ path, message }) => `${path}: ${message}`);
    if (real === "") accepted++;
    // Without root the kernel is not asked.
    const kernels = errors.some(
      ({ code, message }) => code === "UNREACHABLE_GATEWAY" || message.includes("the kernel"),
    );
    if (found.length === 0 && isGivenTwice(real)) return;
    if (found.length === 0 && hasNoRangeHere(real) && warns(text, "MISSING_FIELD", "ipam.range")) return;
    if (isOfThisMachine(real) || (!root && real === "" && kernels)) return;
    const asked = `${text} ${JSON.stringify(request)}`;
    if ((real !== "") !== found.length > 0)
      throw new Error(`${asked}\nreal: ${real || "accepted"}\nchecker: ${found.join("; ") || "accepted"}`);
    if (real !== "") return;
    if (givesGateway) gateways++;
    if (givesGateway !== warns(text, "GATEWAY_HANDED_OUT"))
      throw new Error(
        `${asked}\nwhereabouts ${givesGateway ? "gives" : "does not give"} the gateway to a pod`,
      );
  });
  await fc.assert(agrees, { numRuns: 1_000, seed: SEED });
  expect(gateways).toBeGreaterThan(50);
  expect(accepted).toBeGreaterThan(250);
  expect(accepted).toBeLessThan(750);
});

/** What the checker finds of ports and limits that a pod requests of the network. */
function rejectedIn(config: string, asked: Asked): string[] {
  const parsed = parseNetworks(JSON.stringify([{ name: "net", ...asked }]), "apps");
  if (!parsed.ok) return [parsed.problem.message];
  const network = readNetwork({ namespace: "apps", name: "net", config });
  return parsed.requests.flatMap((request) => rejectedValues(request, network)).map(({ message }) => message);
}

it.skipIf(!root)(
  "agrees with portmap and bandwidth on 400 generated requests for ports, limits and devices",
  async () => {
    const count = { accepted: 0, rejected: 0 };
    await using reader = new KnowingReader(answers, program, true);
    const agrees = fc.asyncProperty(limitedConfiguration, limits, async (text, asked) => {
      let { read, add } = await reader.ask(text, asked);
      if (wasEnded(add)) ({ read, add } = await reader.ask(text, asked));
      const real = read || add;
      if (isOfThisMachine(real)) return;
      count[real === "" ? "accepted" : "rejected"]++;
      const found = [...errorsIn(text).map(({ message }) => message), ...rejectedIn(text, asked)];
      if ((real !== "") !== found.length > 0)
        throw new Error(
          `${text} ${JSON.stringify(asked)}\nreal: ${real || "accepted"}\nchecker: ${found.join("; ") || "accepted"}`,
        );
    });
    await fc.assert(agrees, { numRuns: 400, seed: SEED });
    expect(Math.min(count.accepted, count.rejected)).toBeGreaterThan(50);
  },
  600_000,
);

it.skipIf(!root)(
  `agrees with the real plugins on ${CASES} generated configurations (seed ${SEED})`,
  async () => {
    const count = { accepted: 0, rejected: 0, excepted: 0 };
    const worker = async (_: unknown, index: number) => {
      await using reader = new KnowingReader(answers, program, true);
      const agrees = fc.asyncProperty(configuration, podRequest, async (text, drawn) => {
        const request = fitting(text, drawn);
        let { read, add, reported } = await reader.ask(text, request);
        if (wasEnded(add)) ({ read, add, reported } = await reader.ask(text, request));
        const real = read || add;
        const found = errorsIn(text, request).map(({ path, message }) => `${path}: ${message}`);
        if (real !== "" && found.length === 0 && (isOfThisMachine(real) || exceptionFor(real))) {
          count.excepted++;
          return;
        }
        count[real === "" ? "accepted" : "rejected"]++;
        if ((real !== "") !== found.length > 0)
          throw new Error(
            `${text} ${JSON.stringify(request)}\nreal: ${real || "accepted"}\nchecker: ${found.join("; ") || "accepted"}`,
          );
        const hidden = warns(text, "MISSING_CNI_VERSION") || warns(text, "VERSION_TOO_LOW", "cniVersion");
        if (real === "" && (reported === 0) !== hidden)
          throw new Error(`${text}\nMultus reports ${reported} interfaces, and the checker says otherwise`);
      });
      await fc.assert(agrees, { numRuns: CASES / WORKERS, seed: SEED * WORKERS + index });
    };
    await Promise.all(Array.from({ length: WORKERS }, worker));
    console.info(
      `seed ${SEED}: ${count.accepted} accepted and ${count.rejected} rejected by the real plugins, ${count.excepted} left to the node`,
    );
    // A generator that makes only the one or the other tests nothing.
    expect(Math.min(count.accepted, count.rejected)).toBeGreaterThan(CASES / 4);
  },
  1_200_000,
);
