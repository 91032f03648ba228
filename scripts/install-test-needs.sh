#!/bin/sh
# Installs, on Debian and Ubuntu, the programs that the tests start: a PostgreSQL server, Python with venv and yaml, faketime, PgBouncer, curl, and
# what reads the files of deploy/: systemd-analyze, Caddy, promtool. With the argument `bench` those that the benchmarks need instead: PostgreSQL,
# pgbench, wrk and taskset. What is there already is left alone.
set -eu
cd "$(dirname "$0")/.."

# Programs whose packages would start a daemon are unpacked here and not installed; the tests look here, too.
unpacked=${CARGO_TARGET_DIR:-target}/tools/debian

have() {
    command -v "$1" >/dev/null 2>&1
}

# Debian keeps server programs off the PATH, in a folder for each version.
have_postgres() {
    for folder in $(printf '%s' "$PATH" | tr ':' ' ') /usr/lib/postgresql/*/bin; do
        # A link on the PATH leads to the folder where the other programs are.
        initdb=$(readlink -f "$folder/initdb" 2>/dev/null) || continue
        programs=$(dirname "$initdb")
        if [ -x "$initdb" ] && [ -x "$programs/pg_ctl" ] && [ -x "$programs/psql" ]; then
            return 0
        fi
    done
    return 1
}

# Debian keeps a part of venv in a package of its own.
have_python() {
    have python3 && python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null
}

have_yaml() {
    have python3 && python3 -c 'import yaml' 2>/dev/null
}

have_pgbench() {
    have pgbench || ls /usr/lib/postgresql/*/bin/pgbench >/dev/null 2>&1
}

fail() {
    printf '%s: %s\n' "$0" "$1" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        fail "missing:$packages$unpack. Install them, or run this as root"
    fi
}

# The tests make clusters of their own: keep the package from making and starting one.
prevent_main_cluster() {
    settings=/etc/postgresql-common/createcluster.conf
    if [ ! -e "$settings" ]; then
        as_root mkdir -p "$(dirname "$settings")"
        echo 'create_main_cluster = false' | as_root tee "$settings" >/dev/null
    fi
}

case "${1:-}" in
'' | bench) ;;
*) fail "usage: $0 [bench]" ;;
esac

packages=
unpack=
have_postgres || packages="$packages postgresql"
if [ "${1:-}" = bench ]; then
    have wrk || packages="$packages wrk"
    have taskset || packages="$packages util-linux"
    # On Debian pgbench comes with the server.
    have_pgbench || packages="$packages postgresql"
else
    have_python || packages="$packages python3 python3-venv"
    # The tests of clocks that lie load its library.
    have faketime || packages="$packages faketime"
    # A pooler before PostgreSQL.
    [ -x /usr/sbin/pgbouncer ] || packages="$packages pgbouncer"
    # The documents show what they say with curl.
    have curl || packages="$packages curl"
    # It starts nothing where another program is the first process.
    have systemd-analyze || packages="$packages systemd"
    have_yaml || packages="$packages python3-yaml"
    have caddy || [ -x "$unpacked/usr/bin/caddy" ] || unpack="$unpack caddy"
    have promtool || [ -x "$unpacked/usr/bin/promtool" ] || unpack="$unpack prometheus"
fi
[ -n "$packages$unpack" ] || exit 0

have apt-get || fail "missing:$packages$unpack. Install them with this system's package manager (PostgreSQL: the server)"
case "$packages" in
*postgresql*) prevent_main_cluster ;;
esac
as_root apt-get update -q
# shellcheck disable=SC2086 # one word for each package
[ -z "$packages" ] || as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages
for package in $unpack; do
    folder=$(mktemp -d)
    (cd "$folder" && apt-get download -q "$package")
    mkdir -p "$unpacked"
    dpkg-deb --extract "$folder"/*.deb "$unpacked"
    rm -r "$folder"
done

have_postgres || fail "the package postgresql is installed, but there is no initdb, pg_ctl and psql"
[ "${1:-}" = bench ] || have_python || fail "installed$packages, but python3 (3.10 or newer) has no venv"
[ "${1:-}" = bench ] || have_yaml || fail "installed$packages, but python3 has no yaml: is it another one than Debian's?"
[ "${1:-}" != bench ] || { have wrk && have_pgbench; } || fail "installed$packages, but wrk or pgbench is missing"
