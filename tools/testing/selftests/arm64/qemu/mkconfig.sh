#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# mkconfig.sh TREE OUT FRAGMENT...: configure OUT from allnoconfig and the
# fragments, and prove that what they ask for is what came out: Kconfig drops
# an option whose dependencies are not met without a word.
#
# MAKE and the variables of a kernel build come from the environment. With
# OTHER_TREE=1 an option that TREE does not know at all is let pass: the
# fragments are those of the patched tree, TREE is the one it is compared to.

set -eu

tree=$1 out=$2
shift 2

mkdir -p "$out"
# the last word on an option counts
cat "$@" | grep '^CONFIG' | tac | awk -F= '!seen[$1]++' | tac >"$out/fragment.new"

# kept NAME VALUE: is the option as it was asked for?
kept()
{
	case $2 in
	n) ! grep -q "^$1=" "$out/.config" ;;
	*) grep -qx "$1=$2" "$out/.config" ;;
	esac
}

known()
{
	grep -rqsE --include='Kconfig*' "^(menu)?config ${1#CONFIG_}\$" "$tree"
}

missing()
{
	while IFS='=' read -r option value; do
		[ -n "$option" ] || continue
		kept "$option" "$value" && continue
		[ "${OTHER_TREE:-0}" != 1 ] || known "$option" || continue
		printf ' %s' "$option=$value"
	done <"$out/fragment.new"
}

# A build drops what the tree does not know at the time, and does not take it
# back when it does.
if [ -f "$out/.config" ] && cmp -s "$out/fragment.new" "$out/fragment" &&
   [ -z "$(missing)" ]; then
	exit 0
fi

${MAKE:-make} -s -C "$tree" O="$out" \
	KCONFIG_ALLCONFIG="$out/fragment.new" allnoconfig >/dev/null

missing=$(missing)
if [ -n "$missing" ]; then
	echo "error: asked for, but not in $out/.config:$missing" >&2
	exit 2
fi
mv "$out/fragment.new" "$out/fragment"
