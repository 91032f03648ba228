#!/usr/bin/env bash
# Runs every suite of tests and ends with a line for each: what passed, and how many seconds it took. Stops at the first
# suite that fails. Called by `make test`, which has installed what the suites need.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# More than one word: CARGO="cargo +1.95".
read -ra cargo <<<"${CARGO:-cargo}"
lines=()
said=$(mktemp)

close() {
    rm -f "$said"
    ((${#lines[@]} == 0)) || printf 'suite %s\n' "${lines[@]}"
}
trap close EXIT

# Of cargo the passed tests, of the fuzz run the requests made.
count() {
    awk '/^test result:/ { passed += $4 } /^fuzz: .* requests/ { passed += $(NF - 3) } END { print passed + 0 }' "$said"
}

suite() {
    local name=$1 what=$2 began=$SECONDS verdict=passed
    shift 2
    "$@" | tee "$said" || verdict='passed, FAILED'
    lines+=("$name: $(count) $what $verdict, $((SECONDS - began)) s")
    [[ $verdict == passed ]]
}

# So that no suite counts the seconds of the compiler.
"${cargo[@]}" test --no-run
suite unit tests "${cargo[@]}" test --lib --bins
suite api tests "${cargo[@]}" test --test '*'
suite doc tests "${cargo[@]}" test --doc
suite fuzz requests scripts/fuzz-api.sh
