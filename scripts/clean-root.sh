# Sourced by the scripts that need a clean Debian (fresh.sh, rehearse.sh): makes one with debootstrap, and runs the script again
# in namespaces of its own. Needs root. Of this machine it takes nothing but the way to the package registries.
# shellcheck shell=bash

# The oldest Debian that docs/operations.md promises.
suite=bookworm

say() {
    printf '%s: %s\n' "$(basename "$0" .sh)" "$*"
}

fail() {
    say "$*" >&2
    exit 1
}

# Where a Debian has its programs.
paths=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# The mirror that apt of this machine uses; none leaves the choice to debootstrap.
mirror() {
    # shellcheck disable=SC2016 # apt-get replaces these, not the shell
    apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: '"$suite" 'Component: main' | sort -u | sed -n 1p
}

# make_root FOLDER PACKAGES: a minimal Debian with these packages beside, its /proc mounted. Called in namespaces.
make_root() {
    local root=$1 packages=$2 authorities=/usr/local/share/ca-certificates origin
    origin=$(mirror 2>/dev/null) || origin=
    debootstrap --variant=minbase --include="$packages" "$suite" "$root" ${origin:+"$origin"} >"$root.log" 2>&1 || {
        tail -n 20 "$root.log" >&2
        fail "debootstrap failed"
    }
    apt-config dump | grep -E '^Acquire::(https?::|Check-)' >"$root/etc/apt/apt.conf.d/90this-machine" || true
    [[ -s $root/etc/hosts ]] || echo '127.0.0.1 localhost' >"$root/etc/hosts"
    [[ ! -d $authorities ]] || cp -r "$authorities/." "$root$authorities"
    mount -t proc proc "$root/proc"
    chroot "$root" env -i PATH="$paths" update-ca-certificates >/dev/null 2>&1 || fail "update-ca-certificates failed"
}

# NAME=value of the proxies that this machine uses, one a line.
proxies() {
    local name
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        [[ -z ${!name:-} ]] || printf '%s\n' "$name=${!name}"
    done
}

# must_have PROGRAM...: root, and these programs.
must_have() {
    local program
    ((EUID == 0)) || fail "only root may change its root: run this as root"
    for program in debootstrap unshare "$@"; do
        command -v "$program" >/dev/null || fail "$program is missing"
    done
}

clean_up() {
    # unshare ignores SIGTERM. --kill-child: with it everything ends that runs in the namespaces.
    if [[ -n $inside ]]; then
        kill -KILL "$inside" 2>/dev/null || true
        wait "$inside" 2>/dev/null || true
        # The last of them may still write.
        sleep 2
    fi
    # Control groups outlive the namespaces, and the script that made them was killed. There are none but a rehearsal's.
    # shellcheck disable=SC2016 # expanded by the shell in the namespace
    unshare --mount sh -euc 'mount -t cgroup2 cgroup2 "$1"
        find "$1/green-homes-rehearsal-${1##*/}" -depth -type d -exec rmdir {} +' sh "$folder" 2>/dev/null || true
    rm -rf --one-file-system "$folder"
}

# again_in_namespaces ARGUMENT...: runs this script again with `--in-namespaces FOLDER ARGUMENT...`, FOLDER a new one for the
# root. The kernel ends the processes and the mounts with it.
again_in_namespaces() {
    folder=$(mktemp -d)
    inside=
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    # In the background, because a trap has to wait for what runs in the foreground.
    unshare --mount-proc --pid --fork --kill-child "scripts/$(basename "$0")" --in-namespaces "$folder/root" "$@" &
    inside=$!
    wait "$inside"
    inside=
}
