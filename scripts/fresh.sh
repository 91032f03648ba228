#!/usr/bin/env bash
# Proves `cargo run --release` and `make test` on a clean machine: runs both, from the last commit, in a minimal Debian 12
# with a C compiler, make, certificates and this machine's Rust toolchain. Of this machine it takes nothing else but the
# way to the package registries (mirror, proxy, certificate authorities, settings of apt, cargo and pip).
#
# Needs root (it mounts and changes its root), debootstrap, git, a toolchain of rustup, and 10 GB in TMPDIR. Takes a good
# quarter of an hour on two cores. Prints how long each command took; fails when one does, or leaves a process behind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/clean-root.sh
source scripts/clean-root.sh

# What CONTRIBUTING.md asks for besides the toolchain.
packages=gcc,libc6-dev,make,ca-certificates

duration() {
    printf '%d min %02d s' $(($1 / 60)) $(($1 % 60))
}

# Seconds of processor time that the programs took which this shell has waited for.
processor_time() {
    local fields
    read -ra fields <"$root/proc/$$/stat"
    echo $(((fields[15] + fields[16]) / $(getconf CLK_TCK)))
}

# What a command took, on the clock and of the processors: on a busy machine only the second can be compared.
took() {
    printf '%s (%s of processor time)' "$(duration $((SECONDS - $1)))" "$(duration $(($(processor_time) - $2)))"
}

# The toolchain and the last commit, in the root.
furnish() {
    local settings=${CARGO_HOME:-$HOME/.cargo}/config.toml toolchain=$1
    [[ ! -e $settings ]] || install -D --mode=600 "$settings" "$root/root/.cargo/config.toml"
    [[ ! -e /etc/pip.conf ]] || install --mode=644 /etc/pip.conf "$root/etc/pip.conf"
    mkdir -p "$root/dev/shm" "$root/opt/rust" "$root/green-homes"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    mount --bind "$toolchain" "$root/opt/rust"
    mount -o remount,bind,ro "$root/opt/rust"
    git archive HEAD | tar -x -C "$root/green-homes"
}

# bash opens the connection itself. A shell of its own closes it.
is_ready() (
    [[ -n $1 ]] || exit 1
    exec 3<>"/dev/tcp/${1%:*}/${1##*:}" || exit 1
    printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3
    read -r _ status _ <&3
    [[ $status == 200 ]]
) 2>/dev/null

run_the_service() {
    local began=$SECONDS used log=$root.log service
    used=$(processor_time)
    "${in_root[@]}" GREEN_HOMES_LISTEN=127.0.0.1:0 cargo run --release >"$log" 2>&1 &
    service=$!
    until is_ready "$(sed -n 's|.*listening on http://\([0-9.:]*\).*|\1|p' "$log")"; do
        kill -0 "$service" 2>/dev/null || {
            tail -n 40 "$log" >&2
            fail "cargo run --release failed"
        }
        sleep 0.2
    done
    kill "$service"
    wait "$service" || fail "the service does not stop in order"
    said=("cargo run --release answers after $(took "$began" "$used")")
    say "${said[0]}"
}

run_the_tests() {
    local began=$SECONDS used
    used=$(processor_time)
    "${in_root[@]}" make test || fail "make test fails after $(took "$began" "$used")"
    said+=("make test passes after $(took "$began" "$used")")
}

# The programs that run in this process namespace, but for this shell.
find_left() {
    local process program
    left=()
    for process in "$root"/proc/[0-9]*; do
        read -r program <"$process/comm" || continue
        [[ ${process##*/} == "$$" ]] || left+=("$program")
    done 2>/dev/null
}

nothing_is_left() {
    local until=$((SECONDS + 10)) left
    find_left
    while ((${#left[@]})); do
        ((SECONDS < until)) || fail "make test left processes behind: ${left[*]}"
        sleep 0.5
        find_left
    done
}

prove() {
    root=$1
    local proxies
    mapfile -t proxies < <(proxies)
    in_root=(chroot "$root" env -i --chdir=/green-homes HOME=/root USER=root
        PATH="/opt/rust/bin:$paths" "${proxies[@]}")
    make_root "$root" "$packages"
    furnish "$2"
    say "a clean Debian ($suite, $packages) with $("${in_root[@]}" rustc --version)"
    run_the_service
    run_the_tests
    nothing_is_left
    printf 'fresh: %s\n' "${said[@]}"
}

if [[ ${1:-} == --in-namespaces ]]; then
    prove "$2" "$3"
    exit
fi

must_have git rustc
toolchain=$(rustc --print sysroot)
[[ -x $toolchain/bin/cargo && $toolchain != /usr ]] || fail "no toolchain of rustup in $toolchain"
again_in_namespaces "$toolchain"
