#!/bin/sh
# What systemd's timers do on a server, in a container: every night at 01:30 in Hà Nội the named jobs, `backup`, `expire` and
# `audit`, one after the other. A backup that was missed is made up for at the start. With --now once and at once, as the unit
# of the backup calls it; the exit code is the jobs'.
# PID 1 of a container takes no signal that it does not trap: docker-compose.yml sets `init`.
set -eu

backups=${BACKUPS:-/backups}
data=${GREEN_HOMES_DATA_DIR:-/data}

backup() {
    green-homes backup "$backups/$(date -u +%Y%m%dT%H%M%SZ)"
}

# What is 28 days old goes, by whatever name, because who was erased since is still in it; and so do copies before migrations. The
# text of consent promises 30 days: a night comes up to a day after the age is reached. Needs no new backup, but leaves the newest
# whole one.
expire() {
    left=0
    newest=$(find "$backups" -mindepth 2 -maxdepth 2 -name manifest.json -not -path '*.partial-*' -printf '%T@ %h\n' |
        sort -n | tail -n 1 | cut -d ' ' -f 2-)
    find "$backups" -mindepth 1 -maxdepth 1 -mtime +27 -not -path "$newest" -exec rm -r {} + || left=1
    find "$data" -mindepth 2 -maxdepth 2 -path '*/backups/*schema-*' -mtime +27 -delete || left=1
    return $left
}

audit() {
    green-homes audit
}

run_all() {
    failed=0
    for job in "$@"; do
        echo "nightly: $job" >&2
        # The next job does not wait for the one that failed; the alerts tell of it.
        "$job" || { echo "nightly: $job FAILED" >&2; failed=1; }
    done
    return $failed
}

# Whether a night has gone by without a backup.
missed() {
    case " $* " in
    *' backup '*) [ -z "$(find "$backups" -mindepth 1 -maxdepth 1 -name '2*' -mtime -1)" ] ;;
    *) false ;;
    esac
}

if [ "${1:-}" = --now ]; then
    shift
    run_all "$@"
    exit
fi

if missed "$@"; then run_all "$@" || true; fi
while :; do
    # 01:30 in Hà Nội is 18:30 UTC.
    sleep $(((66600 - $(date +%s) % 86400 + 86399) % 86400 + 1))
    run_all "$@" || true
done
