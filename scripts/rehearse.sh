#!/usr/bin/env bash
# Rehearses docs/operations.md: boots a clean Debian 12 with its own systemd, installs the package there, and runs the blocks of
# the chapters on installation, backup, restoration and repair as they are written, after the damage that each is for. Fails
# when a block fails, when what it should bring about does not come, or when one of these chapters has a block that was not run.
#
# Usage: make package, then sudo scripts/rehearse.sh target/package/*.deb: root's files in target would be in your way. Needs debootstrap, nsenter, and 2 GB in
# TMPDIR. The tarball beside the package is rehearsed, too. Takes three minutes beside the build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck source=scripts/clean-root.sh
source scripts/clean-root.sh

document=docs/operations.md
# Every block of these chapters, and of the sections in them, must have been run.
chapters='Install|Before going public|Backup|Restore, and the drill|When something is wrong'
# What the first block of Install and the recommendations of the package install, and what the walk of README.md needs.
programs='curl gnupg sqlite3 python3'
database=/var/lib/green-homes/green-homes.db
number=http://127.0.0.1:8080/v1/progress
# The first block of Install makes the package, on this machine.
ran=('Install#1')

# The blocks of the shell in a document: chapter, section and place of each, then its text, ended by a line `\0`.
blocks() {
    awk -v print_of="${2:-}" '
        !inside && /^## / { chapter = section = substr($0, 4); place = 0 }
        !inside && /^### / { section = substr($0, 5); place = 0 }
        /^ *```/ {
            if (inside) { inside = 0; next }
            inside = 1; indent = match($0, /`/) - 1
            is_shell = ($0 ~ /```sh( run)?$/)
            if (is_shell) { name = section "#" ++place; if (print_of == "") print chapter "\t" name }
            next
        }
        inside && is_shell && print_of == name { print substr($0, indent + 1) }
    ' "$1"
}

# In the machine, as root logs in there.
enter() {
    nsenter --target "$machine" --all --root --wd -- /usr/bin/env -i HOME=/root USER=root LANG=C.UTF-8 \
        PATH="$paths" "$@"
}

# shell TEXT: runs a text of the shell in the machine, in the folder with the package, knowing the function of the document.
# What it prints stays in $answer, what it says in $answer.said.
shell() {
    { blocks "$document" 'Install#5' | grep '^green_homes()'; printf '%s\n' "$1"; } >"$root/root/script"
    enter sh -euc 'cd /root; exec sh -eu ./script' >"$answer" 2>"$answer.said" </dev/null
}

# Tells what the last text printed and said, and the end of the machine's journal.
tell() {
    cat "$answer" "$answer.said" >&2
    enter journalctl --no-pager --lines=30 >&2 || true
}

# What must go through.
must_run() {
    shell "$1" || {
        tell
        fail "this fails in the machine: ${1%%$'\n'*}"
    }
}

# run BLOCK [SETTINGS]: runs a block of the document as it is written.
run() {
    local text
    text=$(blocks "$document" "$1")
    [[ -n $text ]] || fail "$document has no block $1"
    say "$1"
    ran+=("$1")
    shell "${2:-}
$text" || {
        tell
        fail "this block of $document fails: $1"
    }
}

# expect WORDS: what the last text printed or said has them.
expect() {
    grep --quiet --fixed-strings -- "$1" "$answer" "$answer.said" || {
        tell
        fail "no word of: $1"
    }
}

# The service gives up after five starts that fail. Its socket may have been started so often in these ten seconds that it waits as well.
must_fail_to_start() {
    must_run 'for second in $(seq 60); do
        systemctl start green-homes.service 2>/dev/null || true
        [ "$(systemctl is-active green-homes.service)" != failed ] || exit 0
        sleep 1; done; systemctl status green-homes.service; exit 1'
}

# must_refuse TEXT WORDS: refused, and for this reason.
must_refuse() {
    ! shell "$1" || fail "this should not go through: $1"
    expect "$2"
}

# A member of the JSON object that the last text printed, which is a text or a number.
member() {
    sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" "$answer" | sed -n 1p
}

client() {
    must_run "green_homes client add $1"
    id=$(member client_id)
    must_run "curl --fail-with-body --silent --show-error http://127.0.0.1:8080/oauth/token --data grant_type=client_credentials \
        --data client_id=$id --data client_secret=$(member client_secret)"
    token=$(member access_token)
}

# send PATH BODY
send() {
    must_run "curl --fail-with-body --silent --show-error 'http://127.0.0.1:8080$1' --header 'Authorization: Bearer $token' \
        --header 'Content-Type: application/json' --data '$2'"
}

# register NAME: one home.
register() {
    send /v1/installations '{"external_id": "'"$1"'", "status": "installed", "installed_on": "2026-10-02", "site":
        {"external_id": "'"$1"'", "kind": "home", "province_code": "01"}, "measures": [{"measure": "rooftop_solar_pv", "quantity": 5.4}]}'
}

# reported COUNT: the public number comes to this, within ten seconds.
reported() {
    must_run "for second in 1 2 3 4 5 6 7 8 9 10; do
        curl --silent $number | grep --quiet '\"reported\":$1,' && exit; sleep 1; done; curl --silent $number; exit 1"
}

# The token that `client` fetched is refused within five seconds: other processes follow a change in one.
shut_out() {
    must_run "for second in 1 2 3 4 5; do
        status=\$(curl --silent --output /dev/null --write-out '%{http_code}' http://127.0.0.1:8080/v1/installations \\
            --header 'Authorization: Bearer $token'); [ \$status = 401 ] && exit; sleep 1; done; echo \$status; exit 1"
}

# The database, changed behind the service's back.
tamper() {
    must_run "systemctl stop green-homes.socket green-homes.service; runuser -u green-homes -- sqlite3 $database \"$1\"
        systemctl start green-homes.socket green-homes.service; curl --fail --silent --show-error http://127.0.0.1:8080/readyz"
}

# Ends the machine, and takes its groups away.
power_off() {
    kill -KILL "$parent" 2>/dev/null || true
    wait "$parent" 2>/dev/null || true
    local until=$((SECONDS + 10))
    until find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || ((SECONDS > until)); do sleep 0.2; done
}

# Boots the machine: a systemd of its own, with a network that leads nowhere and settings of the kernel that it cannot change.
boot() {
    mount --bind "$root" "$root"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t tmpfs -o mode=755 tmpfs "$root/run"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    mkdir "$root/dev/shm" "$root/dev/pts"
    mount -t devpts -o newinstance,mode=620,ptmxmode=666,gid=5 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    local device
    for device in null zero full random urandom tty; do
        touch "$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    # A group of its own, so that nothing of it is left among those of this machine.
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    group=$root/sys/fs/cgroup/green-homes-rehearsal-$(basename "${root%/*}")
    mkdir "$group"
    # shellcheck disable=SC2016 # expanded by the shell in the namespaces
    sh -euc 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' sh "$group" \
        unshare --mount --pid --fork --kill-child --cgroup --uts --ipc --net sh -euc '
        mount -t proc proc "$1/proc"
        mount --bind "$1/proc/sys" "$1/proc/sys"
        mount -o remount,bind,ro "$1/proc/sys"
        umount "$1/sys/fs/cgroup"
        mount -t cgroup2 cgroup2 "$1/sys/fs/cgroup"
        hostname rehearsal
        exec chroot "$1" env -i container=rehearsal PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd
    ' sh "$root" </dev/null >"$root.boot.log" 2>&1 &
    parent=$!
    trap power_off EXIT
    local until=$((SECONDS + 60)) state=
    until [[ $state == running ]]; do
        ((SECONDS < until)) && kill -0 "$parent" 2>/dev/null || {
            cat "$root.boot.log" >&2
            fail "systemd does not come up: ${state:-no answer}"
        }
        sleep 0.5
        # The file ends without a line feed.
        machine=$(cat "/proc/$parent/task/$parent/children" 2>/dev/null) && machine=${machine%% *} && [[ -n $machine ]] || continue
        state=$(enter systemctl is-system-running 2>/dev/null) || true
    done
}

rehearse() {
    root=$1
    answer=$root.answer
    local package=$2 proxies latest expected walk
    mapfile -t proxies < <(proxies)
    make_root "$root" ca-certificates,systemd
    cp "$package" "${package%/*}"/*.tar.gz "$root/root"
    # The machine has no way out: apt finds there what was fetched before.
    chroot "$root" env -i PATH="$paths" "${proxies[@]}" DEBIAN_FRONTEND=noninteractive sh -euc "
        apt-get update; apt-get install --download-only --yes /root/*.deb $programs" >"$answer" 2>&1 || {
        tail -n 20 "$answer" >&2
        fail "apt-get fails"
    }
    boot
    say "a clean Debian ($suite) with $(enter systemctl --version | sed -n 1p)"

    install_and_use
    lose_the_register
    repair
    lose_secrets
    lose_the_server
    begin_anew
    all_were_run
}

install_and_use() {
    run 'Install#2'
    must_refuse 'systemctl is-active green-homes.socket green-homes.service' inactive
    run 'Install#4'
    expect ready
    run 'Install#5'
    expect client_secret
    must_run 'stat --format=%U /proc/$(systemctl show --property=MainPID --value green-homes)'
    expect green-homes
    must_run 'systemctl list-timers --all "green-homes*"; systemd-analyze verify --man=no /usr/lib/systemd/system/green-homes*'
    expect green-homes-backup.timer
    expect green-homes-audit.timer
    # The first steps of README.md, on a register of their own.
    must_run 'apt-get install --yes python3'
    must_run "export GREEN_HOMES_LISTEN=127.0.0.1:18090
$(blocks README.md 'A walk of five minutes#1')"
    expect '"verified": 1'
    # And a register of the service's.
    must_run 'green_homes partner add --code SOLARCO --name "Solar Co"'
    client '--role partner --partner SOLARCO --name "Back office"'
    register HN-0001
    register HN-0002
    reported 2

    run 'Backup#1'
    expect '"kid"'
    must_refuse 'green_homes backup /var/lib/green-homes-backups/by-hand-*' 'is not empty'
    run 'Backup#2'
    expect by-hand
    must_run 'gpg --batch --quiet --passphrase "" --quick-generate-key backup@example.org default default never'
    run 'Backup#3'
    must_run 'ls /root/2*.tar.gpg'
    run 'The drill#1' "$(blocks "$document" 'Backup#3' | sed -n 1p)"
    expect 'The drill went through.'
    run 'Upgrade#1'
    expect '"ok": true'
    # A copy as a migration makes one; what was recorded after it is lost.
    must_run "install -d -o green-homes -g green-homes -m 700 /var/lib/green-homes/backups
        install -o green-homes -g green-homes -m 600 /var/lib/green-homes-backups/by-hand-*/green-homes.db /var/lib/green-homes/backups/schema-1.db"
    register HN-0003
    reported 3
    run 'Upgrade#2' 'copy=/var/lib/green-homes/backups/schema-1.db old=$(ls /root/green-homes_*.deb)'
    expect ready
    reported 2
    must_run 'rm -r /var/lib/green-homes/backups'
}

lose_the_register() {
    # After the backup, to be lost with the register.
    register HN-0003
    reported 3
    must_run "cd /var/lib/green-homes; rm $database; systemctl kill --signal=KILL green-homes.service"
    run 'Restore, and the drill#1'
    expect '"void_after"'
    expect 'the register is whole'
    run 'Restore, and the drill#2'
    expect '"reported":2,'
    must_run 'test -e /var/lib/green-homes.lost/signing-key.pem'
    run 'What to delete afterwards#1'
    must_run 'test ! -e /var/lib/green-homes.lost'
    # Whoever was lost is sent again.
    register HN-0003
    reported 3
}

repair() {
    tamper "DELETE FROM cells"
    must_refuse 'green_homes audit' '"ok": false'
    run 'An audit that fails#1'
    run 'An audit that fails#2'
    expect 'the register is whole'
    # A day that is over before the register began. An operator is not so fast that systemd counts five starts in ten seconds.
    must_run "systemctl stop green-homes.socket green-homes.service; systemctl reset-failed 'green-homes*'
        runuser -u green-homes -- sqlite3 $database \"INSERT INTO days (day, version, hash, body) SELECT '2026-01-01', version, hash, '{}' FROM entries WHERE version = 1\""
    must_refuse 'green_homes audit' '"ok": false'
    run 'An audit that fails#3'
    expect 'the register is whole'
    run 'An audit that fails#4'
    expect manifest.json
    run 'An audit that fails#5'
    expect ok
    must_run 'ls -d /root/evidence-*/signing-key.pem'
    run 'An audit that fails#6'
    must_refuse 'ls -d /root/evidence-*' 'No such file'
    reported 3

    run 'A disk that is full#1'
    expect /var/lib/green-homes

    # An older copy in the place of the database.
    must_run 'cp /var/lib/green-homes-backups/by-hand-*/green-homes.db /root/older.db'
    must_run "systemctl stop green-homes.socket green-homes.service; cat /root/older.db >$database; rm -f $database-*
        rm /root/older.db; systemctl reset-failed 'green-homes*'"
    must_fail_to_start
    run 'A database that is refused#1'
    expect 'green-homes.db'
    # No block is needed twice in the list, but this one is for this, too.
    run 'Restore, and the drill#1'
    run 'Restore, and the drill#2'
    expect '"reported":2,'
    run 'What to delete afterwards#1'
}

lose_secrets() {
    run 'A lost secret#1'
    must_run "rm /var/lib/green-homes/signing-key.pem"
    run 'A lost secret#2'
    must_run 'stat --format=%a /var/lib/green-homes/signing-key.pem'
    expect 600
    client '--role partner --partner SOLARCO --name "Leaked"'
    run 'A lost secret#3' "id=$id"
    expect client_secret
    run 'A lost secret#4' "id=$id"
    shut_out
    must_run 'chmod 644 /var/lib/green-homes/signing-key.pem; systemctl stop green-homes.service'
    must_fail_to_start
    run 'A lost secret#5'
    expect ready
    client '--role partner --partner SOLARCO --name "Of a stolen key"'
    must_run 'sha256sum /var/lib/green-homes/signing-key.pem'
    local stolen
    stolen=$(cat "$answer")
    run 'A lost secret#6'
    shut_out
    must_run 'sha256sum /var/lib/green-homes/signing-key.pem'
    [[ $(cat "$answer") != "$stolen" ]] || fail "the stolen key is still in use"
}

lose_the_server() {
    must_run 'rm -f /root/*.tar.gpg; systemctl start green-homes-backup.service'
    run 'Backup#3'
    # Another server: nothing is left but the copy, and this time the tarball is installed.
    must_run 'apt-get purge --yes green-homes; rm -r /var/lib/green-homes /var/lib/green-homes-backups; test ! -e /etc/green-homes/environment'
    run 'Install#3'
    run 'A server that is lost#1' 'copy=$(ls /root/2*.tar.gpg)'
    expect 'the register is whole'
    run 'Install#4'
    reported 2
    run 'A server that is lost#2' 'copy=$(ls /root/2*.tar.gpg)'
    must_refuse 'ls /root/2*.tar.gpg' 'No such file'
    must_run 'systemctl is-active green-homes.service && green_homes audit'
}

begin_anew() {
    run 'Before going public#1'
    expect ready
    reported 0
}

all_were_run() {
    local chapter block missing=0
    while IFS=$'\t' read -r chapter block; do
        [[ $chapter =~ ^($chapters)$ ]] || continue
        [[ " ${ran[*]/%/|} " == *" $block|"* ]] || {
            say "$document: nothing rehearses the block $block" >&2
            missing=1
        }
    done < <(blocks "$document")
    ((missing == 0)) || fail "blocks were left out"
    say "${#ran[@]} blocks went through as they are written"
}

if [[ ${1:-} == --in-namespaces ]]; then
    rehearse "$2" "$3"
    exit
fi

must_have nsenter
package=${1:-}
[[ -f $package ]] || fail "name the package: make package, then sudo scripts/rehearse.sh target/package/*.deb"
again_in_namespaces "$(readlink -f "$package")"
