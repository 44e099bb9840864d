# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced after lib.sh: from commits back to patch files and the mirror, and
# the comparison of both with what stands in the repository.

# What a tree was made from: the base and every patch. The same sum as the
# first word of $OUT/tree.stamp.
stack_key()
{
	local s

	{
		echo "$BASE_REV"
		for s in $(series_list); do
			# a cover alone is a series that is being begun
			[ -n "$(series_patches "$s")" ] || continue
			echo "$s"
			series_patches "$s" | xargs -r sha256sum | cut -d' ' -f1
		done
	} | sha256sum | cut -c1-16
}

# Git with no configuration, attributes or environment of the user or of the
# kernel tree: those change hunk headers, contexts and file names.
bare_git()
{
	local gitdir=$1

	shift
	env -i PATH="$PATH" HOME=/nonexistent LC_ALL=C TZ=UTC \
		GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null \
		GIT_CONFIG_NOSYSTEM=1 GIT_ATTR_NOSYSTEM=1 \
		GIT_AUTHOR_NAME="$STACK_NAME" GIT_AUTHOR_EMAIL="$STACK_MAIL" \
		GIT_AUTHOR_DATE="${author_date:-}" \
		GIT_COMMITTER_NAME="$STACK_NAME" GIT_COMMITTER_EMAIL="$STACK_MAIL" \
		GIT_COMMITTER_DATE='1970-01-01T00:00:00Z' \
		git --git-dir="$gitdir" -c core.attributesFile=/dev/null "$@"
}

# Tags that name a person. The patches carry none: whoever applies them signs
# them off.
PERSON_TAGS='^(Signed-off|Reviewed|Acked|Tested|Reported|Suggested|Co-developed|Debugged|Requested)[a-z-]*-by:|^Cc:|^CC:'

# check_history DIR: what refresh cannot turn into patches, told precisely
check_history()
{
	local dir=$1 rev subject series='' last='' bad=0

	complain() { printf 'error: %s: %s\n' "$(git -C "$dir" log -1 --format='%h ("%s")' "$rev")" "$1" >&2; bad=1; }

	git -C "$dir" merge-base --is-ancestor "$BASE_REV" HEAD 2>/dev/null ||
		die "$dir does not stand on the base $(git -C "$BASE_GIT" rev-parse --short "$BASE_REV")" \
		    "make tree applies the stack to it"
	for rev in $(git -C "$dir" rev-list --reverse "$BASE_REV..HEAD"); do
		subject=$(git -C "$dir" log -1 --format=%s "$rev")
		if [ -n "$(git -C "$dir" rev-parse -q --verify "$rev^2" || :)" ]; then
			complain 'a merge cannot become a patch; rebase instead'
			continue
		fi
		case $subject in
		'series: '*)
			series=${subject#series: }
			[[ $series =~ ^[0-9][0-9]-[a-z0-9-]+$ ]] ||
				complain "a series is named like 02-asym32, not '$series'"
			[[ $series > $last ]] ||
				complain "series stand in the order of their numbers, this one follows '$last'"
			[ "$(git -C "$dir" rev-parse "$rev^{tree}")" = "$(git -C "$dir" rev-parse "$rev^^{tree}")" ] ||
				complain 'the commit that opens a series must be empty; commit the change after it'
			last=$series
			continue ;;
		'fixup! '*|'squash! '*|'amend! '*)
			complain 'fold it in first: git rebase -i --autosquash' ;;
		esac
		[ -n "$series" ] ||
			complain 'stands before the first "series: NN-name" commit; move it behind one'
		[ "$(git -C "$dir" rev-parse "$rev^{tree}")" != "$(git -C "$dir" rev-parse "$rev^^{tree}")" ] ||
			complain 'changes nothing'
		! git -C "$dir" log -1 --format=%b "$rev" | grep -Eiq "$PERSON_TAGS" ||
			complain 'carries a tag that names a person; the patches carry none'
	done
	[ $bad -eq 0 ]
}

# export_stack DIR DEST: writes the commits of DIR above BASE_REV as patch
# files below DEST/patches and the files they create below DEST/mirror. The
# commits are made anew in a repository that knows nothing but their content,
# so that the bytes depend on trees, messages and author dates alone.
export_stack()
{
	local dir=$1 dest=$2 rev subject series='' new mode path
	local author_date='' git=$2/export.git

	mkdir -p "$dest/patches" "$dest/mirror"
	bare_git "$git" init -q --bare
	git -C "$dir" rev-parse --path-format=absolute --git-path objects >"$git/objects/info/alternates"
	mkdir -p "$git/info"
	# name the function in a hunk header, not a label and not the last type
	printf '%s\n' '* !diff' '*.[ch] diff=c' >"$git/info/attributes"
	bare_git "$git" config diff.c.xfuncname $'!^[A-Za-z_][A-Za-z_0-9]*:[ \t]*$\n^[A-Za-z_].*'

	new=$(bare_git "$git" commit-tree -m base "$BASE_REV^{tree}")
	for rev in $(git -C "$dir" rev-list --reverse "$BASE_REV..HEAD"); do
		subject=$(git -C "$dir" log -1 --format=%s "$rev")
		if [[ $subject == 'series: '* ]]; then
			[ -z "$series" ] || export_series "$git" "$dest" "$series"
			series=${subject#series: }
			bare_git "$git" update-ref refs/heads/from "$new"
			bare_git "$git" update-ref refs/heads/to "$new"
			continue
		fi
		author_date=$(git -C "$dir" log -1 --format='%ad' --date=raw "$rev")
		new=$(git -C "$dir" log -1 --format=%B "$rev" |
			bare_git "$git" commit-tree -p "$new" -F - "$rev^{tree}")
		bare_git "$git" update-ref refs/heads/to "$new"
	done
	[ -z "$series" ] || export_series "$git" "$dest" "$series"

	bare_git "$git" diff-tree -r --no-renames --diff-filter=A "$BASE_REV^{tree}" "$new^{tree}" |
	while read -r _ mode _ rev _ path; do
		mkdir -p "$dest/mirror/$(dirname "$path")"
		if [ "$mode" = 120000 ]; then
			ln -s "$(bare_git "$git" cat-file blob "$rev")" "$dest/mirror/$path"
		else
			bare_git "$git" cat-file blob "$rev" >"$dest/mirror/$path"
			[ "$mode" != 100755 ] || chmod 755 "$dest/mirror/$path"
		fi
	done
	rm -rf "$git"
}

export_series()
{
	mkdir -p "$2/patches/$3"
	bare_git "$1" format-patch -q -N --zero-commit --no-signature \
		--full-index --no-renames --diff-algorithm=myers \
		-o "$2/patches/$3" refs/heads/from..refs/heads/to
}

# Top folders of the kernel, without scripts/, which is ours here: whatever
# lies below them in the repository is mirror.
mirror_roots()
{
	git -C "$BASE_GIT" ls-tree -d --name-only "$BASE_REV" | grep -vx scripts
}

# The mirror as it stands: what git knows of or would add
mirror_files()
{
	local -a roots

	mapfile -t roots < <(mirror_roots)
	if git -C "$TOP" rev-parse -q --git-dir >/dev/null 2>&1; then
		git -C "$TOP" ls-files -co --exclude-standard -- "${roots[@]}"
	else
		(cd "$TOP" && find "${roots[@]}" ! -type d 2>/dev/null)
	fi | sort -u | while read -r f; do
		[ ! -e "$TOP/$f" ] && [ ! -L "$TOP/$f" ] || printf '%s\n' "$f"
	done
}

same_file()
{
	local a=$1 b=$2

	if [ -L "$a" ] || [ -L "$b" ]; then
		[ "$(readlink "$a")" = "$(readlink "$b")" ]
		return
	fi
	cmp -s "$a" "$b" || return 1
	if [ -x "$a" ]; then [ -x "$b" ]; else [ ! -x "$b" ]; fi
}

# compare_export DEST: one line for each file of the repository that is not
# what the commits say; false if there is one.
compare_export()
{
	local dest=$1 f bad=0

	differs() { say "  $1: $2"; bad=1; }

	while read -r f; do
		if [ ! -e "$PATCHES/$f" ]; then
			differs "patches/$KVER/$f" 'missing'
		elif ! cmp -s "$PATCHES/$f" "$dest/patches/$f"; then
			differs "patches/$KVER/$f" 'differs'
		fi
	done < <(cd "$dest/patches" && find . -name '*.patch' -printf '%P\n' | sort)
	while read -r f; do
		[ -e "$dest/patches/$f" ] || differs "patches/$KVER/$f" 'is in no commit'
	done < <(cd "$PATCHES" && find . -name '*.patch' -printf '%P\n' | sort)

	while read -r f; do
		if [ ! -e "$TOP/$f" ] && [ ! -L "$TOP/$f" ]; then
			differs "$f" 'mirror is missing'
		elif ! same_file "$TOP/$f" "$dest/mirror/$f"; then
			differs "$f" 'mirror differs'
		fi
	done < <(cd "$dest/mirror" && find . ! -type d -printf '%P\n' | sort)
	while read -r f; do
		[ -e "$dest/mirror/$f" ] || [ -L "$dest/mirror/$f" ] ||
			differs "$f" 'mirrors a file that no patch creates'
	done < <(mirror_files)
	[ $bad -eq 0 ]
}
