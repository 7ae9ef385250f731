import type { KubeObject } from "../crds/kube-object.ts";
import type { Rule } from "../crds/rule.ts";
import { NETWORK_CONDITIONS, namespaceSelector, POD_CONDITIONS, RESOURCES } from "./matched-requests.ts";
import { NETWORKS_POLICY, REQUEST_ANNOTATIONS, REQUESTS_POLICY } from "./names.ts";
import { CONFIG_RULES, REQUEST_RULES } from "./policy-rules.ts";
import type { AdmissionSettings } from "./settings.ts";

const API_VERSION = "admissionregistration.k8s.io/v1";

/**
 * The ValidatingAdmissionPolicies and their bindings: they work in the API server, with the operator down.
 * @param metadata labels and owners that each object carries
 */
export function policies(settings: AdmissionSettings, metadata: object): KubeObject[] {
  const networks = {
    matchConstraints: { matchPolicy: "Equivalent", resourceRules: [RESOURCES.networks] },
    matchConditions: NETWORK_CONDITIONS,
    variables: [
      { name: "config", expression: "has(object.spec) && has(object.spec.config) ? object.spec.config : ''" },
    ],
    validations: validations(CONFIG_RULES, "variables.config").map((rule) => ({
      ...rule,
      // The API server does not name the object, and kubectl apply -f DIRECTORY sends many.
      messageExpression: `"NetworkAttachmentDefinition " + object.metadata.name + ": " + ${JSON.stringify(rule.message)}`,
    })),
  };
  const pods = {
    matchConstraints: { matchPolicy: "Equivalent", resourceRules: [RESOURCES.pods, RESOURCES.podStatus] },
    matchConditions: POD_CONDITIONS,
    variables: REQUEST_ANNOTATIONS.map((annotation, i) => ({
      name: `request${i}`,
      expression: `object.metadata.?annotations[?'${annotation}'].orValue('')`,
    })),
    validations: REQUEST_ANNOTATIONS.flatMap((annotation, i) =>
      validations(REQUEST_RULES, `variables.request${i}`, `metadata.annotations[${annotation}] `),
    ),
  };
  return [
    ...policy(NETWORKS_POLICY, networks, settings, metadata),
    ...policy(REQUESTS_POLICY, pods, settings, metadata),
  ];
}

function policy(
  name: string,
  spec: object,
  settings: AdmissionSettings,
  metadata: object,
): [KubeObject, KubeObject] {
  return [
    {
      apiVersion: API_VERSION,
      kind: "ValidatingAdmissionPolicy",
      metadata: { ...metadata, name },
      // Nothing is asked over a network: what fails here is a text that costs too much to look at.
      spec: { failurePolicy: "Fail", ...spec },
    },
    {
      apiVersion: API_VERSION,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { ...metadata, name },
      spec: {
        policyName: name,
        validationActions: settings.mode === "Deny" ? ["Deny"] : ["Warn", "Audit"],
        matchResources: {
          matchPolicy: "Equivalent",
          namespaceSelector: namespaceSelector(settings),
          objectSelector: {},
        },
      },
    },
  ];
}

/** A text that is too long breaks the first rule; the others are not paid for it. */
function validations(rules: readonly Rule<string>[], self: string, subject = "") {
  const [size, ...others] = rules.map(({ cel, message }) => ({
    expression: cel.replaceAll("self", self),
    message: subject + message,
    reason: "Invalid",
  }));
  if (!size) return [];
  return [
    size,
    ...others.map((rule) => ({ ...rule, expression: `!(${size.expression}) || (${rule.expression})` })),
  ];
}
