#!/usr/bin/env bash
# Makes two packages, so that a server needs no compiler: target/package/green-homes_VERSION_ARCH.deb, and a tarball of the
# same files for other systems with systemd. FEATURES=tls for PostgreSQL over TLS (needs libssl-dev). Run it on the oldest
# Debian on which the package shall run, because a program needs at least the C library that it was built with.
# From the same commit, folder and toolchain the same bytes come.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    printf 'package: %s\n' "$*" >&2
    exit 1
}

for program in dpkg-deb gzip tar; do
    command -v "$program" >/dev/null || fail "$program is missing"
done

# More than one word: CARGO="cargo +1.95".
read -ra cargo <<<"${CARGO:-cargo}"
target=${CARGO_TARGET_DIR:-target}
# The instant of the commit: build.rs and dpkg-deb take it for now.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | sed -n 1p)
# Every commit has a version of its own, and a later one is newer to apt.
version+=+git$(date --utc --date="@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S)
hash=$(git describe --always --dirty=.changed --exclude='*' 2>/dev/null) && version+=.$hash
architecture=$(dpkg --print-architecture)

"${cargo[@]}" build --locked --profile dist ${FEATURES:+--features "$FEATURES"}
program=$target/dist/green-homes
# The newest version of the C library of which the program names a symbol.
glibc=$(grep -aoE 'GLIBC_2\.[0-9]+' "$program" | sort -uV | sed -n '$s/GLIBC_//p')
depends="libc6 (>= $glibc), libgcc-s1, systemd"
[[ ${FEATURES:-} != *tls* ]] || depends+=", libssl3, ca-certificates"

folder=$target/package
root=$folder/root
rm -rf "$folder"
put() {
    install -D --mode="$1" "$2" "$root/$3"
}
put 755 "$program" usr/bin/green-homes
# The unit of the backup calls it.
put 755 deploy/nightly.sh usr/lib/green-homes/nightly
for unit in deploy/*.service deploy/*.socket deploy/*.timer; do
    put 644 "$unit" "usr/lib/systemd/system/${unit##*/}"
done
put 644 deploy/green-homes.sysusers usr/lib/sysusers.d/green-homes.conf
put 644 deploy/green-homes.tmpfiles usr/lib/tmpfiles.d/green-homes.conf
put 644 deploy/environment etc/green-homes/environment
# What operators read and copy from, in the folders of the repository, so that links lead on.
for file in README.md CHANGELOG.md SECURITY.md docs/*.* docs/internals/* reference/methodology/* reference/*.md \
    deploy/Caddyfile deploy/*.yml deploy/*.json deploy/*.conf; do
    put 644 "$file" "usr/share/doc/green-homes/$file"
done
cat LICENSE LICENSE-MIT LICENSE-APACHE >"$folder/copyright"
put 644 "$folder/copyright" usr/share/doc/green-homes/copyright
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +

name=green-homes-$version-$architecture
# Files alone: the folders of the system keep their rights.
(cd "$root" && find . -type f -printf '%P\n' | LC_ALL=C sort |
    tar --create --files-from=- --format=gnu --owner=0 --group=0 --numeric-owner) | gzip --no-name >"$folder/$name.tar.gz"

mkdir "$root/DEBIAN"
install --mode=755 deploy/debian/* "$root/DEBIAN"
echo /etc/green-homes/environment >"$root/DEBIAN/conffiles"
cat >"$root/DEBIAN/control" <<CONTROL
Package: green-homes
Version: $version
Architecture: $architecture
Section: net
Priority: optional
Maintainer: GreenID and VCCA
Installed-Size: $(du --summarize --apparent-size --block-size=1024 "$root" | cut -f 1)
Depends: $depends
Recommends: curl, gnupg, sqlite3
Description: $(sed -n 's/^description = "\(.*\)"/\1/p' Cargo.toml)
 One service on SQLite or PostgreSQL, with units for systemd. Nothing is started
 by the installation; docs/operations.md says what to do next.
CONTROL
dpkg-deb --root-owner-group --build "$root" "$folder/green-homes_${version}_$architecture.deb" >/dev/null
rm -r "$root" "$folder/copyright"
printf 'package: %s (needs: %s)\n' "$folder"/*.deb "$depends" "$folder"/*.tar.gz "the C library $glibc or newer, systemd"
