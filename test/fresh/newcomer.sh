# What a newcomer types in a fresh clone, as README has it: the demo, its last lines as they are printed, the quick tests.
# In `make test-all` QUICK_TESTS is `start`: lint and all unit tests run outside at the same time, so one file of each kind of the
# quick tests shows that they start here.
set -euo pipefail

section() { printf '\nfresh: %s (%s s)\n' "$1" "$SECONDS"; }

section "make demo"
make demo 2>&1 | tee /tmp/demo.log

section "what the demo prints last, pasted"
sed -n '/^==> Done/,$ { /^  /p }' /tmp/demo.log > /tmp/next-steps.sh
grep -q 'make cluster-down' /tmp/next-steps.sh
bash -euo pipefail -v /tmp/next-steps.sh 2>&1 | cut -c 1-160

if [ "$QUICK_TESTS" = all ]; then
  section "make test-quick"
  make test-quick
else
  section "one file of each kind of make test-quick"
  make quick-tools
  npm exec -- biome check package.json test/fresh
  npm exec -- vitest run --project unit --project integration src/commands/run.test test/integration/diff.test
fi

section "done"
