# What a newcomer types in a fresh clone, as README has it: the demo, its last lines as they are printed, the quick tests.
set -euo pipefail

section() { printf '\nfresh: %s (%s s)\n' "$1" "$SECONDS"; }

section "make demo"
make demo 2>&1 | tee /tmp/demo.log

section "what the demo prints last, pasted"
sed -n '/^==> Done/,$ { /^  /p }' /tmp/demo.log > /tmp/next-steps.sh
grep -q 'make cluster-down' /tmp/next-steps.sh
bash -euo pipefail -v /tmp/next-steps.sh 2>&1 | cut -c 1-160

section "make test-quick"
make test-quick

section "done"
