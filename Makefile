# `make help` lists the targets. Everything runs on the Node that package.json pins; npm puts it first on the PATH.
.DEFAULT_GOAL := help
.PHONY: bench faults faults-all faults-mutants help install build generate lint lint-style lint-supply-chain lint-types lint-generated format fresh test test-all quick-tools test-quick test-unit test-integration test-kubernetes test-exhaustive spec-space e2e kind-node-image tools cluster cluster-down demo image multus-image plugins-image clean

NODE := node_modules/.bin/node
IMAGE ?= multus-operator:dev

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: node_modules/.package-lock.json ## install the npm packages of package-lock.json

# --loglevel=error: packages that ask for a newer Node than the one that npm runs on get it; everything runs on the Node
# that is one of them. Its words go to standard error: a shell reads the output of kind-node-image.
node_modules/.package-lock.json: package.json package-lock.json
	@command -v node > /dev/null && command -v npm > /dev/null || { echo "Node 20 or later with npm is required: https://nodejs.org" >&2; exit 1; }
	npm ci --no-audit --no-fund --loglevel=error >&2
	@touch $@

build: install ## bundle the program: bin/multus-operator
	npm run -s build

generate: install ## write CRDs, API reference and manifests/install.yaml from their sources
	npm run -s generate

lint: install ## style, import rules, types, licenses, npm audit, and whether generated files are up to date
	@$(MAKE) --no-print-directory --jobs --output-sync=target lint-style lint-supply-chain lint-types lint-generated

lint-style:
	@npm run -s lint
lint-supply-chain:
	@npm run -s supply-chain
lint-types:
	@npm run -s typecheck
lint-generated:
	@npm run -s generate:check

format: install ## format the files
	npm run -s format

# vitest's global setup builds the program (test/build.ts).
test: lint tools ## lint, unit and integration tests, a sample of faults, and one install on two real nodes
	npm run -s test

test-all: lint tools ## all tests, and most of `make fresh`: what CI runs; tests that this machine cannot run are skipped by name
	npm run -s test:all

test-quick: quick-tools lint ## lint, unit tests, and the fastest tests against a real kube-apiserver
	npm run -s test:quick

# What the chart is rendered with, and a control plane: each name stands for its family (test/cluster/families.ts).
quick-tools: install
	@$(NODE) test/cluster/binaries.ts helm kube-apiserver etcd > /dev/null

fresh: install ## run README's commands on a new minimal Debian: demo, the commands that it prints, test-quick (root on Debian)
	$(NODE) test/fresh/main.ts

test-unit: install ## unit tests
	npm run -s test:unit

test-integration: install ## tests against a real kube-apiserver
	npm run -s test:integration

# Every file that starts an API server. The older servers are built from their Go modules on first use.
test-kubernetes: install ## the integration tests against another Kubernetes (VERSION=1.30, 1.33 or 1.36); before each release
	KUBERNETES_VERSION='$(or $(VERSION),1.30)' npm exec -- vitest run --project integration \
	  $$(grep -rlE --include='*.test.ts' '(start|borrow)ControlPlane' test/integration | sort)

# What `make test-all` takes a sample or a cached answer of.
test-exhaustive: install ## the tests of which `make test-all` runs a sample, whole; before each release
	MULTUS_OPERATOR_ALL_SUBSETS=1 MULTUS_OPERATOR_CNI_ASK=1 MULTUS_OPERATOR_HOSTILE_SECONDS=120 npm exec -- vitest run \
	  --project integration --project limits test/integration/foreign-multus test/integration/cni-differential test/integration/hostile-tenant

# ONLY='^image' carries out the plans whose id matches, and leaves the page as it is.
spec-space: install ## test every field of a MultusInstall with every value (ONLY='^image' LANES=2)
	$(NODE) test/faults/spec-space.ts $(if $(ONLY),--only '$(ONLY)',--all) --lanes $(or $(LANES),2)

# On kind, of the project `cluster` only what opens a kind cluster: the rest is the test cluster on this machine itself.
E2E_ON_KIND = --project cluster --project e2e test/cluster/open-cluster.test.ts test/e2e/

e2e: install ## tests on two real nodes (root on Linux); STORY=first-users: only that file; CLUSTER=kind: on kind
	CLUSTER='$(CLUSTER)' npm exec -- vitest run $(if $(STORY),--project e2e test/e2e/$(STORY).test.ts,\
	  $(if $(filter kind,$(CLUSTER)),$(E2E_ON_KIND),--project cluster --project e2e))

kind-node-image: install ## build a node image for CLUSTER=kind without kindest/node (root on Debian, Docker); prints its name, for KIND_IMAGE
	@$(NODE) test/cluster/kind-node/build.ts

# One plan runs again by its id. Long runs keep their results in dist, and continue there: RESULTS=file, MINUTES=n ends sooner.
FAULTS := SEED='$(SEED)' PLANS='$(PLANS)' LANES='$(LANES)' RESULTS='$(RESULTS)' MINUTES='$(MINUTES)' AGAIN='$(AGAIN)' REPORT='$(REPORT)' $(NODE) test/faults/main.ts

faults: install ## test faults at requests of every kind, a sample with each class and workload; PLAN=id: that plan again
	$(FAULTS) $(if $(PLAN),plan '$(PLAN)',sample)

faults-all: install ## run 3000 plans of faults (PLANS=n SEED=n LANES=3) and write docs/reliability.md; continues if interrupted; about 2 hours
	$(FAULTS) all

faults-mutants: install ## put known kinds of bugs into the operator one by one, and show which oracle finds each
	$(FAULTS) mutants

bench: build ## run all benchmarks and write docs/performance.md, about two hours (root; SIZES=20000: fewer pods; MINUTES=5: a shorter soak; BENCHES="check validate": only those)
	SIZES='$(SIZES)' LIMIT_AT='$(LIMIT_AT)' INFORMERS='$(INFORMERS)' MINUTES='$(MINUTES)' REST_SECONDS='$(REST_SECONDS)' BENCHES='$(BENCHES)' $(NODE) test/bench/main.ts

tools: install ## build the test cluster's programs from their pinned Go modules (once: about 10 minutes on 2 cores)
	@command -v go > /dev/null || { echo "Go 1.26 or later is required to build the test cluster's programs: https://go.dev/dl" >&2; exit 1; }
	$(NODE) test/cluster/binaries.ts --all

cluster: build ## start a two-node cluster for development; prints its kubeconfig (root on Linux)
	$(NODE) test/cluster/dev.ts up

cluster-down: install ## remove the cluster, and what a killed run left
	$(NODE) test/cluster/dev.ts down

demo: build ## start a cluster with the operator and pods with a second interface (MULTUS=v3.4.2 or MODE=Thick; root on Linux)
	$(NODE) test/cluster/demo.ts

image: build ## build the operator's image with docker, and its SBOM in dist (IMAGE=name:tag BASE=image@sha256:…)
	@$(NODE) scripts/base-image.ts --base '$(BASE)' --by-tag '$(BASE_BY_TAG)'
	npm sbom --sbom-format cyclonedx --sbom-type application --omit dev > dist/multus-operator.cdx.json
	docker build --build-arg 'BASE=$(BASE)' -t $(IMAGE) .

multus-image: install ## build a Multus image with docker or buildah (VERSION=v3.4.2|v4.3.0 VARIANT=distribution|small|thin|thick; IMAGE, BUILDER, BASE, TOOL, BUILD_OPTIONS)
	@$(NODE) scripts/multus-image.ts --version '$(VERSION)' --variant '$(VARIANT)' --image '$(if $(filter command line environment,$(origin IMAGE)),$(IMAGE))' \
	  --tool '$(TOOL)' --builder '$(BUILDER)' --base '$(BASE)' -- $(BUILD_OPTIONS)

plugins-image: install ## build the image of spec.plugins with docker or buildah (IMAGE, BUILDER, BASE, TOOL, BUILD_OPTIONS)
	@$(NODE) scripts/plugins-image.ts --image '$(if $(filter command line environment,$(origin IMAGE)),$(IMAGE))' \
	  --tool '$(TOOL)' --builder '$(BUILDER)' --base '$(BASE)' -- $(BUILD_OPTIONS)

clean: ## remove what was built (the test cluster's programs in ~/.cache/multus-operator are kept)
	rm -rf dist bin coverage
