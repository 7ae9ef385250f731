import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { loadAll } from "js-yaml";
import { describe, expect, it } from "vitest";
import { webhookConfiguration } from "../src/admission/configuration.ts";
import { CERTIFICATES } from "../src/admission/names.ts";
import { policies } from "../src/admission/policies.ts";
import { parsedInstall } from "../src/crds/multus-install/parsed-install.ts";
import { LOG_ROOTS, PERMITTED_HOST_PATHS } from "../src/crds/multus-install/permitted-host-paths.ts";
import { MAX_CERTIFICATE_SECONDS } from "../src/crds/multus-install/programs.ts";
import { ARCHITECTURES } from "../src/crds/multus-install/spec.ts";
import { REFERENCE_PLUGINS } from "../src/crds/reference-plugins.ts";
import { typeOf } from "../src/kube/resource.ts";
import { CACHE_DIR, SOCKET_DIR } from "../src/node/host.ts";
import { renderInstall } from "../src/render/render.ts";
import { WHEREABOUTS_COMMAND } from "../src/render/whereabouts.ts";

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
  resourceNames?: string[];
}

interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  rules?: Rule[];
  spec?: {
    variables?: { name: string; expression: string }[];
    template?: { spec: { securityContext: object; containers: { securityContext: object }[] } };
  };
}

const file = join(resolve(import.meta.dirname, ".."), "manifests/install.yaml");
const manifests = loadAll(readFileSync(file, "utf8")) as Manifest[];
const rulesOf = (kind: string, name: string) =>
  manifests.filter((m) => m.kind === kind && m.metadata.name === name).flatMap((m) => m.rules ?? []);
const clusterRules = rulesOf("ClusterRole", "multus-operator");
const multusNamespaceRules = rulesOf("Role", "multus-operator");
const allRules = manifests.flatMap((m) => m.rules ?? []);

/** As the RBAC authorizer decides for one request. */
function allows(rules: Rule[], verb: string, group: string, resource: string, name?: string): boolean {
  return rules.some(
    (rule) =>
      rule.verbs.includes(verb) &&
      rule.apiGroups.includes(group) &&
      rule.resources.includes(resource) &&
      (!rule.resourceNames || (name !== undefined && rule.resourceNames.includes(name))),
  );
}

function rendered(spec: object) {
  const parsed = parsedInstall(spec);
  return { install: parsed, objects: renderInstall(parsed).objects };
}

const FLAVOURS = [
  {},
  { mode: "Thick" },
  { version: "v4.3.0", mode: "Thick" },
  { whereabouts: { enabled: true } },
  {
    version: "v3.4.2",
    primaryNetwork: { source: "Inline", preset: "Calico" },
    workload: { architectures: ARCHITECTURES },
  },
];

describe("the operator's role in manifests/install.yaml", () => {
  it("has no wildcard, no secrets, and no way to more than it has", () => {
    const words = allRules.flatMap((rule) => [...rule.apiGroups, ...rule.resources, ...rule.verbs]);
    // certificates.k8s.io: only with the value perNodeCertificates.approve.
    const never = ["*", "secrets", "escalate", "bind", "impersonate", "pods/exec", "certificates.k8s.io"];
    for (const word of never) expect(words).not.toContain(word);
  });

  it.each(FLAVOURS)("allows what an install of %o needs, by name", (spec) => {
    for (const object of rendered(spec).objects) {
      const { group, plural, namespaced } = typeOf(object);
      const rules = namespaced ? multusNamespaceRules : clusterRules;
      for (const verb of ["get", "list", "watch", "create", "patch", "delete"])
        expect([
          verb,
          plural,
          object.metadata.name,
          allows(rules, verb, group, plural, object.metadata.name),
        ]).toEqual([verb, plural, object.metadata.name, true]);
    }
  });

  it("allows the objects of admission, by name, but to get one, and no other of their kinds", () => {
    const settings = {
      mode: "Deny",
      denyCodes: [],
      isolation: { enabled: false, globalNamespaces: [] },
    } as const;
    const all = { ...settings, excludedNamespaces: [] };
    for (const object of [
      ...policies(all, {}),
      webhookConfiguration(all, { namespace: "multus-operator" }, "/validate", "", {}),
    ]) {
      const { group, plural } = typeOf(object);
      for (const verb of ["get", "list", "watch", "create", "patch", "delete"])
        for (const name of [object.metadata.name, "another"])
          expect([verb, plural, name, allows(clusterRules, verb, group, plural, name)]).toEqual([
            verb,
            plural,
            name,
            name !== "another" && verb !== "get",
          ]);
    }
    const leader = rulesOf("Role", "multus-operator-leader");
    for (const name of [CERTIFICATES, "another"])
      expect(allows(leader, "patch", "", "configmaps", name)).toBe(name === CERTIFICATES);
  });

  it("allows no other object of those kinds", () => {
    for (const [rules, group, resource] of [
      [clusterRules, "rbac.authorization.k8s.io", "clusterroles"],
      [clusterRules, "rbac.authorization.k8s.io", "clusterrolebindings"],
      [clusterRules, "apiextensions.k8s.io", "customresourcedefinitions"],
      [multusNamespaceRules, "", "serviceaccounts"],
      [multusNamespaceRules, "", "configmaps"],
      [multusNamespaceRules, "apps", "daemonsets"],
      [multusNamespaceRules, "rbac.authorization.k8s.io", "roles"],
      [multusNamespaceRules, "rbac.authorization.k8s.io", "rolebindings"],
    ] as const)
      for (const verb of ["create", "patch", "delete"])
        expect([resource, verb, allows(rules, verb, group, resource, "another")]).toEqual([
          resource,
          verb,
          false,
        ]);
  });

  it.each(FLAVOURS)("holds every rule that it grants for %o, so that it needs no bind", (spec) => {
    const roles = rendered(spec).objects.filter(({ kind }) => kind === "ClusterRole" || kind === "Role");
    expect(roles.length).toBeGreaterThan(0);
    for (const { kind, rules } of roles)
      for (const { apiGroups, resources, verbs, resourceNames: [name] = [undefined] } of rules as (Rule & {
        resourceNames?: [string];
      })[])
        for (const group of apiGroups)
          for (const resource of resources)
            for (const verb of verbs) {
              // A Role is bound in a namespace of Multus, where the operator has its own Role, too.
              const held = kind === "Role" ? [...clusterRules, ...multusNamespaceRules] : clusterRules;
              expect([verb, group, resource, allows(held, verb, group, resource, name)]).toEqual([
                verb,
                group,
                resource,
                true,
              ]);
            }
  });
});

describe("the policies of the operator's account in manifests/install.yaml", () => {
  const variable = (policy: string, name: string) => {
    const found = manifests.find((m) => m.kind === "ValidatingAdmissionPolicy" && m.metadata.name === policy);
    const expression = found?.spec?.variables?.find((v) => v.name === name)?.expression ?? "";
    return [...expression.matchAll(/'(\/[^']*)'/g)].map(([, path]) => path).toSorted();
  };
  const known = [PERMITTED_HOST_PATHS.common, ...Object.values(PERMITTED_HOST_PATHS.own)];
  const roots = [...known.flatMap(({ conf, bin }) => [...conf, ...bin]), SOCKET_DIR, CACHE_DIR];

  it("know the directories that a MultusInstall may name, those of the node's programs, and no others", () => {
    expect(variable("multus-operator-pods", "roots")).toEqual(roots.toSorted());
    expect(variable("multus-operator-whereabouts", "roots")).toEqual(roots.toSorted());
    expect(variable("multus-operator-daemonsets", "roots")).toEqual([...roots, ...LOG_ROOTS].toSorted());
  });

  it("know the plugins that the operator installs, and no others", () => {
    const found = manifests.find((m) => m.metadata.name === "multus-operator-pods" && m.spec?.variables);
    const expression = found?.spec?.variables?.find(({ name }) => name === "plugins")?.expression ?? "";
    const names = [...expression.matchAll(/'([^']*)'/g)].map(([, name]) => name);
    expect(names).toEqual([...REFERENCE_PLUGINS]);
  });

  it("let the daemon mount the directory of each kubelet's kubeconfig", () => {
    const directories = known.flatMap(({ kubelet }) => kubelet.map((file) => dirname(file)));
    expect(variable("multus-operator-whereabouts", "roots")).toEqual(roots.toSorted());
    expect(variable("multus-operator-daemonsets", "daemonPaths")).toEqual(
      expect.arrayContaining([...new Set(directories)]),
    );
  });

  it("know the command of whereabouts", () => {
    const policy = manifests.find(
      ({ kind, metadata }) =>
        kind === "ValidatingAdmissionPolicy" && metadata.name === "multus-operator-whereabouts",
    );
    const { command, args } = WHEREABOUTS_COMMAND;
    const text = JSON.stringify(policy).replaceAll("\\\\n", "\\n");
    for (const word of [...command, ...args]) expect(text).toContain(JSON.stringify(word).slice(1, -1));
  });

  it("each have a binding that denies", () => {
    const named = (kind: string) =>
      manifests.filter((m) => m.kind === kind).map(({ metadata }) => metadata.name);
    const policies = named("ValidatingAdmissionPolicy");
    expect(policies).toHaveLength(10);
    expect(named("ValidatingAdmissionPolicyBinding")).toEqual(policies);
    const bindings = manifests.filter(({ kind }) => kind === "ValidatingAdmissionPolicyBinding");
    for (const { spec } of bindings) expect(spec).toMatchObject({ validationActions: ["Deny"] });
  });
});

describe("the policy of what the operator approves", () => {
  it("has the bound of certDuration", () => {
    const policy = join(import.meta.dirname, "../charts/multus-operator/templates/approval-policy.yaml");
    expect(readFileSync(policy, "utf8")).toContain(`<= ${MAX_CERTIFICATE_SECONDS}\n`);
  });
});

describe("the role of people in manifests/install.yaml", () => {
  it("comes to whoever has the cluster role view, and only reads", () => {
    const role = manifests.find((m) => m.metadata.name === "multus-operator-view");
    expect(role?.metadata.labels).toMatchObject({ "rbac.authorization.k8s.io/aggregate-to-view": "true" });
    const verbs = (role?.rules ?? []).flatMap((rule) => rule.verbs);
    expect(new Set(verbs)).toEqual(new Set(["get", "list", "watch"]));
  });
});

describe("the operator's pod in manifests/install.yaml", () => {
  it("meets the restricted Pod Security Standard, with a read-only root file system", () => {
    const pod = manifests.find((m) => m.kind === "Deployment")?.spec?.template?.spec;
    expect(pod?.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
    expect(pod?.containers).toHaveLength(1);
    expect(pod?.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    for (const field of ["volumes", "hostNetwork", "hostPID", "hostIPC"])
      expect(pod).not.toHaveProperty(field);
  });
});
