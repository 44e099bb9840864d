#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# mkroot.sh FOLDER: unpack a small arm64 user space into FOLDER.
#
# The packages come from the archive that apt of this (Debian) host uses, in
# the host's own release; nothing is installed, nothing is configured, and no
# privilege is needed. Elsewhere: any folder with these for arm64 will do,
# given as ROOTFS=.

set -eu

out=$1
packages=dash,bash,coreutils,diffutils,findutils,gawk,grep,hostname,libc6
packages=$packages,kmod,libcap-dev,perl-base,procps,sed,strace,util-linux

if ! command -v mmdebstrap >/dev/null || ! command -v apt-get >/dev/null; then
	echo "error: an arm64 user space is needed for the guest" >&2
	echo "       on Debian: apt-get install mmdebstrap uidmap" >&2
	echo "       elsewhere: ROOTFS=folder, with $packages" >&2
	exit 2
fi

# shellcheck source=/dev/null
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
# shellcheck disable=SC2016 # apt's own placeholders
mirror=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' \
	'Created-By: Packages' | awk -v s="$suite" '$1 == s { print $2; exit }')
if [ -z "$mirror" ]; then
	echo "error: apt knows no archive for '$suite': run apt-get update" >&2
	exit 2
fi

# By way of a tarball, so that the files belong to who runs this: without
# privileges mmdebstrap works in a user namespace, with other owners.
mode=root
[ "$(id -u)" -eq 0 ] || mode=unshare
rm -rf "$out.new"
trap 'rm -rf "$out.new"' EXIT
mkdir -p "$out.new"
mmdebstrap --quiet --mode=$mode --variant=extract --architectures=arm64 \
	--aptopt='Acquire::Retries "3"' \
	--include="$packages" "$suite" "$out.new/.tar" "$mirror"
tar -C "$out.new" -xf "$out.new/.tar" --no-same-owner --exclude='./dev/*'
rm "$out.new/.tar"
# the links that a package's configuration would make
[ -e "$out.new/usr/bin/awk" ] || ln -s gawk "$out.new/usr/bin/awk"
# mount points, for the root is shared read-only
for dir in proc sys dev run tmp kselftest job work; do
	mkdir -p "$out.new/$dir"
done
chmod -R u+rwX,go+rX "$out.new"
rm -rf "$out"
mv "$out.new" "$out"
