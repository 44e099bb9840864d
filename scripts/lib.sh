# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2016
# Sourced by every script here: where things are, how they speak.
#
# Set by the Makefile or the caller, all optional:
#   O               folder of all outputs (default: build)
#   LINUX           a clone of the kernel to use instead of Debian's source
#   BASE            the commit of LINUX to apply the stack to (default: HEAD)
#   QEMU            qemu-system-aarch64 >= 11.1, may carry arguments
#   CROSS_COMPILE   prefix of the aarch64 compiler
#   CROSS_COMPILE32 prefix of the 32-bit Arm compiler, empty for none
#   ROOTFS          an arm64 user space for the guest, a folder
#   SPARSE ABIDIFF  programs to use instead of those that setup fetches
#   J               parallel jobs
#   XDG_CACHE_HOME  where the cache folder lies (default: ~/.cache)

set -euo pipefail
# what git and the compilers say is read here
export LC_ALL=C.UTF-8

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# The kernel series that patches/ is for, and what the stack was tested on.
KVER=7.3
PATCHES=$TOP/patches/$KVER
TESTED=$(cat "$PATCHES/tested")

# depmod is not in everybody's PATH
PATH=$PATH:/usr/sbin:/sbin

# cron and some CI systems set no HOME
HOME=${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}
OUT=$(realpath -m "${O:-$TOP/build}")
CACHE=$(realpath -m "${XDG_CACHE_HOME:-$HOME/.cache}/arm64-abi-stack")
# what was found good or bad, by the sum of all that it was found with
export RESULTS=$CACHE/results
J=${J:-$(nproc)}
CROSS_COMPILE=${CROSS_COMPILE:-aarch64-linux-gnu-}
CROSS_COMPILE32=${CROSS_COMPILE32-arm-linux-gnueabihf-}

export STACK_NAME='arm64 ABI stack'
export STACK_MAIL='arm64-abi-stack@example.org'

say()  { printf '%s\n' "$*"; }
step() { printf '==> %s\n' "$*" >&2; }
warn() { printf 'warning: %s\n' "$*" >&2; }

# die MESSAGE [HINT...]: each hint on a line of its own
die()
{
	printf 'error: %s\n' "$1" >&2
	shift
	[ $# -eq 0 ] || printf '       %s\n' "$@" >&2
	exit 2
}

# kbuild takes no blank and no colon in a path, QEMU no comma
for f in "$TOP" "$OUT" "$CACHE"; do
	[[ $f != *[[:space:]:,]* ]] || die "blanks, colons and commas cannot be in the path $f" \
		"another place: O=/some/dir for outputs, XDG_CACHE_HOME=/some/dir for downloads"
done
[[ $J =~ ^[1-9][0-9]*$ ]] || die "J is a number of jobs, not '$J'"
# they are used in other folders than this
[[ $CROSS_COMPILE != [!/]*/* ]] || CROSS_COMPILE=$PWD/$CROSS_COMPILE
[[ $CROSS_COMPILE32 != [!/]*/* ]] || CROSS_COMPILE32=$PWD/$CROSS_COMPILE32

# A user's git configuration (signing, hooks, templates, three-way am) must
# not change what comes out, and a missing identity must not stop git am.
g()
{
	GIT_COMMITTER_NAME=$STACK_NAME GIT_COMMITTER_EMAIL=$STACK_MAIL \
	GIT_AUTHOR_NAME=${GIT_AUTHOR_NAME:-$STACK_NAME} \
	GIT_AUTHOR_EMAIL=${GIT_AUTHOR_EMAIL:-$STACK_MAIL} \
		git -c core.hooksPath=/dev/null -c commit.gpgSign=false \
		-c am.threeWay=false -c core.autocrlf=false \
		-c core.safecrlf=false -c gc.auto=0 -c advice.detachedHead=false \
		-c diff.algorithm=myers -c diff.noprefix=false \
		-c diff.mnemonicPrefix=false -c format.pretty=medium \
		-c apply.whitespace=nowarn -c mailinfo.scissors=false \
		-c am.keepcr=false "$@"
}

# One run per output folder: a second one would build over the first.
lock()
{
	[ "${STACK_LOCKED:-}" != "$OUT" ] || return 0
	mkdir -p "$OUT" 2>/dev/null || die "cannot create $OUT"
	exec 9>>"$OUT/.lock"
	if ! flock -n 9; then
		die "another run is using $OUT (pid $(cat "$OUT/.lock.pid" 2>/dev/null || echo unknown))" \
			"wait for it to end, or give this one a folder of its own: O=/some/dir"
	fi
	echo $$ >"$OUT/.lock.pid"
	export STACK_LOCKED=$OUT
}

# need_space FOLDER GIGABYTES
need_space()
{
	local dir=$1 have

	while [ ! -d "$dir" ]; do dir=$(dirname "$dir"); done
	have=$(df --output=avail -k "$dir" | tail -n 1)
	[ "$((have / 1048576))" -ge "$2" ] ||
		die "$dir has $((have / 1048576)) GB free, $2 GB are needed" \
		    "another place: O=/some/dir for outputs, XDG_CACHE_HOME=/some/dir for downloads"
}

# of_base DIR: is it a worktree of the base's clone?
of_base()
{
	[ -e "$1/.git" ] &&
	[ "$(git -C "$1" rev-parse --path-format=absolute --git-common-dir 2>/dev/null)" = \
	  "$(git -C "$BASE_GIT" rev-parse --path-format=absolute --git-common-dir)" ]
}

# scratch_tree DIR REV: a worktree in the place of whatever is there now
scratch_tree()
{
	step "checking out $1"
	rm -rf "$1"
	# -f: the folder may have been removed by hand
	g -C "$BASE_GIT" -c checkout.workers=0 worktree add -f -q --detach "$1" "$2"
}

# those of some paths that a kernel is built from
kernel_code() { grep -Ev '^(tools|Documentation|scripts|LICENSES|samples)/|(^|/)\.' || :; }

series_list() { find "$PATCHES" -mindepth 1 -maxdepth 1 -type d -name '[0-9]*' -printf '%f\n' | sort; }
series_patches() { find "$PATCHES/$1" -maxdepth 1 -name '[0-9]*.patch' | sort; }
# the series that one stands on: "Depends: 01-qemu 03-kvm-abi" in its cover
series_needs() { sed -n 's/^Depends: *//p' "$PATCHES/$1/cover.txt" 2>/dev/null; }

# full name (02-asym32) of a series given as 02-asym32 or asym32
series_name()
{
	local s

	for s in $(series_list); do
		if [ "$s" = "$1" ] || [ "${s#*-}" = "$1" ]; then echo "$s"; return; fi
	done
	die "no series '$1'" "the series are: $(series_list | tr '\n' ' ')"
}

# Sets BASE_GIT (a repository) and BASE_REV (a commit in it) and BASE_VERSION;
# brings the base into the cache when there is none.
need_base()
{
	local v inside why

	[ -z "${BASE_REV:-}" ] || return 0
	if [ -n "${LINUX:-}" ]; then
		BASE_GIT=$(realpath -m "$LINUX")
		[ -d "$BASE_GIT" ] || die "LINUX=$LINUX is not a folder"
		why=$(git -C "$BASE_GIT" rev-parse --git-dir 2>&1 >/dev/null) ||
			die "LINUX=$LINUX: ${why#fatal: }" \
			    "the stack is applied in a worktree, which needs one; leave LINUX out to use Debian's source"
		# a bare repository, or a clone's top folder
		inside=$(git -C "$BASE_GIT" rev-parse --is-inside-work-tree)
		[ "$inside" = false ] || [ "$(git -C "$BASE_GIT" rev-parse --show-toplevel)" = "$BASE_GIT" ] ||
			die "LINUX=$LINUX lies inside the git repository $(git -C "$BASE_GIT" rev-parse --show-toplevel)" \
			    "give the top folder of a kernel clone"
		if [ -z "${BASE:-}" ] && [ "$inside" = true ] &&
		   [ -n "$(git -C "$BASE_GIT" status --porcelain --untracked-files=no | head -n 1)" ]; then
			die "LINUX=$LINUX has changes that are not committed" \
			    "they would not be built: commit or stash them, or say BASE=HEAD to go on without them"
		fi
		BASE_REV=$(git -C "$BASE_GIT" rev-parse --verify -q "${BASE:-HEAD}^{commit}") ||
			die "LINUX=$LINUX has no commit '${BASE:-HEAD}'"
	else
		BASE_GIT=$CACHE/linux.git
		[ -d "$BASE_GIT" ] || "$TOP/scripts/setup" base
		BASE_REV=$(git -C "$BASE_GIT" rev-parse refs/heads/base)
	fi
	v=$(git -C "$BASE_GIT" show "$BASE_REV:Makefile" 2>/dev/null |
		awk 'NR > 8 { next }
		     /^VERSION/ { v = $3 } /^PATCHLEVEL/ { p = $3 }
		     /^SUBLEVEL/ { s = $3 } /^EXTRAVERSION/ { e = $3 }
		     END { printf "%s.%s.%s%s", v, p, s, e }')
	case $v in
	"$KVER".*) ;;
	*) die "${LINUX:-$BASE_GIT} is Linux ${v:-of no known version}, the stack is for $KVER" \
		"choose a $KVER.y commit: BASE=v$KVER, or leave LINUX out" ;;
	esac
	BASE_VERSION=$v
	export BASE_GIT BASE_REV BASE_VERSION
}

# Pre-images that the patches name and that are not what the base holds. A
# pre-image that an earlier patch makes is not the base's business.
drift_report()
{
	local old path n=0 total=0

	while read -r old path; do
		total=$((total + 1))
		[ "$(git -C "$BASE_GIT" rev-parse -q --verify "$BASE_REV:$path" || echo none)" = "$old" ] && continue
		n=$((n + 1))
		say "  differs from $TESTED: $path"
	done < <(first_preimages)
	say "base $BASE_VERSION (tested: $TESTED): $n of $total files that the stack changes differ"
}

# blob id and path of the first pre-image of each file the stack edits
first_preimages()
{
	local s

	for s in $(series_list); do series_patches "$s"; done | xargs -r awk '
		/^diff --git a\// { path = substr($3, 3) }
		/^index [0-9a-f]+\.\.[0-9a-f]+/ {
			split($2, id, /\.\./)
			if (id[1] !~ /^0+$/ && !(path in seen) && !(id[1] in made))
				print id[1], path
			seen[path] = 1; made[id[2]] = 1
		}'
}

# sparse_worktree DIR [PATTERN...]: a worktree at the base that holds just the
# files the stack touches (and those of the patterns), so that git am in it
# takes a second and not a checkout.
sparse_worktree()
{
	local dir=$1 patterns s

	rm -rf "$dir"
	g -C "$BASE_GIT" worktree add -f -q --no-checkout --detach "$dir" "$BASE_REV"
	# this file is the worktree's own, the folder info/ is not: that is the clone's
	patterns=$(git -C "$dir" rev-parse --path-format=absolute --git-path info/sparse-checkout)
	mkdir -p "$(dirname "$patterns")"
	{
		[ $# -eq 1 ] || printf '%s\n' "${@:2}"
		for s in $(series_list); do series_patches "$s"; done |
			xargs -r awk '/^diff --git a\//{print substr($3, 2)}' | sort -u
	} >"$patterns"
	sg "$dir" read-tree -mu HEAD
}
# git in a sparse worktree: the setting rides on each call, so that nothing
# is left in the configuration of a user's repository
sg() { local d=$1; shift; g -C "$d" -c core.sparseCheckout=true -c index.sparse=false "$@"; }

# not "worktree prune": that would also forget a user's worktree on a disk that
# is not mounted now
drop_worktree()
{
	rm -rf "$1"
	g -C "$BASE_GIT" worktree remove --force "$1" 2>/dev/null || :
}

# am_series DIR SERIES: plain git am; on failure says which patch, which file,
# what to do, and leaves nothing half-applied.
am_series()
{
	local dir=$1 s=$2 log p rc=0
	local -a files

	mapfile -t files < <(series_patches "$s")
	[ ${#files[@]} -gt 0 ] || return 0
	# the marker tells refresh where a series begins
	sg "$dir" commit -q --allow-empty -m "series: $s" --date '1970-01-01T00:00:00Z'
	log=$(sg "$dir" am --quiet --committer-date-is-author-date "${files[@]}" 2>&1) || rc=$?
	[ $rc -ne 0 ] || return 0
	p=$(cat "$(git -C "$dir" rev-parse --git-path rebase-apply/next)" 2>/dev/null || echo 1)
	say "git am failed (base $BASE_VERSION):" >&2
	say "  patch: patches/$KVER/$s/$(basename "${files[$((p - 1))]}")" >&2
	printf '%s\n' "$log" | sed -n 's/^error: patch failed: \(.*\)/  file:  \1/p; s/^error: \(.*\): does not exist in index/  file:  \1 (not in this tree)/p; s/^error: \(.*\): already exists in index/  file:  \1 (this tree already has it)/p' >&2
	sg "$dir" am --abort 2>/dev/null || :
	drift_report >&2
	say "  do:    git -C LINUX am -3 with that patch shows the conflict; the pre-images" >&2
	say "         are those of $TESTED. To report it, send these lines and the output of" >&2
	say "         git -C LINUX log -1 --oneline" >&2
	return 1
}

# sparse_works COMMAND...: the kernel asks only whether it prints "error", which
# a program that cannot even be loaded does not. So: silent on what 7.3 needs
# and 0.6.4 lacks, a warning on what is wrong.
sparse_works()
{
	local good bad

	good=$(echo 'static inline int u(const int *q) { __typeof_unqual__(*q) v = *q; return v; }' |
		"$@" - 2>&1) && [ -z "$good" ] || return 1
	bad=$(echo 'extern int *p; int *p = 0;' | "$@" - 2>&1) || :
	[[ $bad == *'Using plain integer as NULL pointer'* ]]
}
