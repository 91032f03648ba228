#!/bin/sh
# Holds the service against its OpenAPI document: schemathesis makes thousands of requests, valid and not, with a token
# of each role. FUZZ_SEED=2 makes other ones; FUZZ_SECONDS=300 more, 60 unless set. The reports stay in target/fuzz.
set -eu
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-target}
fuzz=$target/fuzz
# Other requirements or another Python get an environment of their own.
requirements=tests/fuzz/requirements.txt
venv=$fuzz/venv-$( (cat "$requirements"; python3 --version) | cksum | cut -d ' ' -f 1)

if [ ! -e "$venv/complete" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    : >"$venv/complete"
fi

# The program that the tests start. `cargo build` would compile it again, with the features that it has without them.
# shellcheck disable=SC2086 # one word or more: CARGO="cargo +1.95"
${CARGO:-cargo} test --quiet --no-run --test api
PYTHONDONTWRITEBYTECODE=1 exec "$venv/bin/python" tests/fuzz/run.py "$target/debug/green-homes" "$fuzz"
