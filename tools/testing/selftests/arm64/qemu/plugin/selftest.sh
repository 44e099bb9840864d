#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Test of the plugin itself: boots selftest.c on machines with and without it,
# and checks that a machine which is not as it should be is noticed.
#
# Arguments: [QEMU=command] [PLUGIN=file] [CROSS_COMPILE=prefix] [HOSTCC=command]
#	     [OUT=folder]
#
# Prints KTAP. Exits with 0 if all is well, 1 if not, 4 if a program is missing.

set -u
export LC_ALL=C

QEMU=${QEMU:-qemu-system-aarch64}
CROSS_COMPILE=${CROSS_COMPILE-aarch64-linux-gnu-}
HOSTCC=${HOSTCC:-cc}
PLUGIN=${PLUGIN:-}
OUT=${OUT:-}

usage()
{
	sed -n '3,/^$/s/^# \{0,1\}//p' "$0"
	exit 2
}

for arg; do
	case $arg in
	QEMU=*)			QEMU=${arg#*=} ;;
	PLUGIN=*)		PLUGIN=${arg#*=} ;;
	CROSS_COMPILE=*)	CROSS_COMPILE=${arg#*=} ;;
	HOSTCC=*)		HOSTCC=${arg#*=} ;;
	OUT=*)			OUT=${arg#*=} ;;
	*)			usage >&2 ;;
	esac
done

skip()
{
	echo "1..0 # SKIP $*"
	exit 4
}

bail_out()
{
	echo "Bail out! $*"
	exit 1
}

src=$(cd "$(dirname "$0")" && pwd)
if [ -z "$OUT" ]; then
	OUT=$(mktemp -d)
	trap 'rm -rf "$OUT"' EXIT
fi
mkdir -p "$OUT" || exit 1
OUT=$(cd "$OUT" && pwd)
report=$OUT/report
log=$OUT/log
elf=$OUT/selftest.elf

echo "KTAP version 1"
$QEMU --version > "$log" 2>&1 || skip "cannot run $QEMU"
"${CROSS_COMPILE}gcc" --version > "$log" 2>&1 || skip "cannot run ${CROSS_COMPILE}gcc"

"${CROSS_COMPILE}gcc" -O2 -Wall -Wextra -ffreestanding -fno-pic \
	-fno-stack-protector -ffixed-x18 -mgeneral-regs-only -mstrict-align \
	-nostdlib -static -Wl,--build-id=none -Wl,-Ttext=0x40200000 \
	-o "$elf" "$src/selftest.S" "$src/selftest.c" ||
	bail_out "selftest.elf does not build"
if [ -z "$PLUGIN" ]; then
	PLUGIN=$OUT/cpus.so
	$HOSTCC -O2 -Wall -Wextra -shared -fPIC -o "$PLUGIN" "$src/cpus.c" ||
		bail_out "the plugin does not build"
fi
case $PLUGIN in
*,*)	bail_out "QEMU cannot load a plugin from a path with a comma" ;;
esac

nr=0
failed=0

# ok STATUS NAME: prints the result of a test by its exit status
ok()
{
	nr=$((nr + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $nr $2"
	else
		echo "not ok $nr $2"
		failed=$((failed + 1))
	fi
}

# boot EXPECT [QEMU OPTION]...: runs selftest.c into the log
boot()
{
	boot_expect=$1
	shift
	# A command with its arguments is meant to be split
	# shellcheck disable=SC2086
	timeout 20 $QEMU -smp 4 -m 256M -display none -monitor none \
		-serial stdio -no-reboot -kernel "$elf" \
		-device "loader,addr=0x47000000,data=$boot_expect,data-len=8" \
		"$@" < /dev/null > "$log" 2>&1
}

# Are there as many results as promised, and are they all good?
all_ok()
{
	awk '
		/^1\.\./	{ plan = substr($0, 4) }
		/^ok /		{ good++ }
		/^not ok /	{ bad++ }
		END		{ exit !(plan && good == plan && !bad) }
	' "$log"
}

# The report is what the machine counted itself, which it prints in the same form
report_ok()
{
	sed -n 's/^# \(cpu=\)/\1/p' "$log" > "$OUT/counted"
	for rule in $1; do
		for cpu in 0 1 2 3; do
			case $rule:$cpu in
			*@1+3:[02])	;;
			*)		echo "$rule cpu=$cpu rewrites=1" ;;
			esac
		done
	done >> "$OUT/counted"
	sed -n 's/^# \(tag-faults \)/\1/p' "$log" >> "$OUT/counted"
	diff "$OUT/counted" "$report" > "$log" || sed 's/^/# /' "$log"
	cmp -s "$OUT/counted" "$report"
}

# good NAME EXPECT PLUGIN_OPTIONS [QEMU OPTION]...
good()
{
	good_name=$1 good_expect=$2 good_options=$3
	shift 3
	echo "none" > "$report"
	boot "$good_expect" -plugin "$PLUGIN,$good_options,report=$report" "$@"
	status=$?
	sed 's/^/  /' "$log"
	[ $status -eq 0 ] && all_ok && report_ok "$(echo "$good_options" |
		tr , '\n' | grep ^set=)"
	ok $? "$good_name"
}

# One for two CPUs and one for all, as selftest.c and report_ok() know them
rules="set=id_aa64mmfr1_el1.16=0xe@1+3,set=s3_0_c0_c6_2.4:8=0x5a"

el1="-M virt"
el2="-M virt,virtualization=on"
one="-accel tcg,thread=multi,one-insn-per-tb=on"

tests=39
echo "1..$tests"

# These options are words
# shellcheck disable=SC2086
{
good a710_el1		0x05  64only=0+2 $el1 -cpu cortex-a710
good a710_el2		0x0e  64only=1-3 $el2 -cpu cortex-a710
good max_all_tags	0x100f 64only=0-3,tag-faults=perm $el2,mte=on -cpu max
good max_none_tags	0x1200 "$rules,tag-faults=perm" $el2,mte=on -cpu max $one
good max_el1		0x303 "64only=0+1,aarch32-regs=poison,$rules" $el1 -cpu max
good max_el2		0x20c "64only=2+3,aarch32-regs=raz,$rules" $el2 -cpu max
good a710_el1_one_insn	0x105 64only=0+2,aarch32-regs=poison $el1 -cpu cortex-a710 $one
good max_el2_one_insn	0x206 "64only=1-2,strict-eret=on,$rules" $el2 -cpu max $one
good max_el2_iss2		0x405 64only=0+2,iss2=on $el2 -cpu max
good max_el2_impdef		0x805 64only=0+2,impdef=on $el2 -cpu max
good max_el2_syndromes		0xc00 iss2=on,impdef=on $el2 -cpu max

# From here on a good machine would be a failure. CPUs that are as expected have
# to be so here as well: the test tells the difference, it does not just fail.
boot 0x05 $el1 -cpu cortex-a710
grep -q '^not ok .* cpu0 ID_AA64PFR0_EL1$' "$log" &&
	grep -q '^not ok .* cpu2 EL1: return to AArch32$' "$log" &&
	grep -q '^not ok .* cpu2 together with the others$' "$log" &&
	! grep -q '^not ok .* cpu[13] ' "$log"
ok $? "fails_without_plugin"

boot 0x05 $el1 -cpu cortex-a710 -plugin "$PLUGIN,64only=0-3"
grep -q '^not ok .* cpu1 ID_AA64PFR0_EL1$' "$log" &&
	! grep -q '^not ok .* cpu[02] ' "$log"
ok $? "fails_if_hidden_on_other_cpus"

boot 0x105 $el1 -cpu cortex-a710 -plugin "$PLUGIN,64only=0+2"
grep -q '^not ok .* cpu0 AArch32 ID registers$' "$log"
ok $? "fails_with_zero_for_poison"

boot 0x200 $el1 -cpu max -plugin "$PLUGIN,set=id_aa64mmfr1_el1.16=0xe@1+2"
grep -q '^not ok .* cpu3 field set on this CPU$' "$log" &&
	grep -q '^not ok .* cpu2 field not set on this CPU$' "$log" &&
	grep -q '^not ok .* cpu0 field set on all CPUs$' "$log" &&
	! grep -q '^not ok .* cpu1 field set on this CPU$' "$log"
ok $? "fails_with_field_set_on_other_cpus"

for machine in "$el1" "$el2"; do
	boot 0x05 $machine -cpu cortex-a710 \
		-plugin "$PLUGIN,64only=0+2,strict-eret=off,report=$report"
	grep -q '^not ok .* cpu0 .*: return to AArch32$' "$log" &&
		! grep -q '^not ok .* cpu[13] ' "$log" &&
		grep -q '^cpu=0 64only=1 .* illegal_returns=0 aarch32_insns=[1-9]' "$report" &&
		grep -q '^cpu=2 64only=1 .* illegal_returns=0 aarch32_insns=[1-9]' "$report"
	ok $? "oracle_counts: $machine"
done

# CPUs 0 and 2 are to be 64-bit only: of that, their illegal return is there
boot 0x05 $el2 -cpu cortex-a710 -plugin "$PLUGIN,64only=2,refuse32=0,report=$report"
grep -q '^not ok .* cpu0 ID_AA64PFR0_EL1$' "$log" &&
	grep -q '^ok .* cpu0 .*: return to AArch32$' "$log" &&
	grep -q '^cpu=0 64only=0 .* illegal_returns=[1-9]' "$report" &&
	! grep -q '^not ok .* cpu[123] ' "$log"
ok $? "refuse32"
}

# refused OPTIONS MESSAGE: the plugin does not load, and says why
refused()
{
	boot 0 -M virt -cpu max -plugin "$PLUGIN,$1"
	status=$?
	[ $status -ne 0 ] && [ $status -ne 124 ] && grep -qF "cpus plugin: $2" "$log"
	status=$?
	[ $status -eq 0 ] || sed 's/^/# /' "$log"
	ok $status "refused: $1"
}

refused 64-only=1			"64-only=1: unknown option"
refused 64only=4			"64only=4: there is no CPU 4, only 0-3"
refused 64only=2-1			"64only=2-1: not a list of CPUs"
refused 64only=1+			"64only=1+: not a list of CPUs"
refused refuse32=4			"refuse32=4: there is no CPU 4, only 0-3"
refused aarch32-regs=ones		"aarch32-regs=ones: neither"
refused strict-eret=yes			"strict-eret=yes: neither"
refused iss2=1				"iss2=1: neither"
refused impdef=1			"impdef=1: neither"
refused set=id_aa64pfr9_el1.0=1		"set=id_aa64pfr9_el1.0=1: unknown ID register"
refused set=s3_0_c0_c8_0.0=1		"set=s3_0_c0_c8_0.0=1: unknown ID register"
refused set=id_aa64pfr0_el1.64=1	"set=id_aa64pfr0_el1.64=1: not a field"
refused set=id_aa64pfr0_el1.60:5=1	"set=id_aa64pfr0_el1.60:5=1: not a field"
refused set=id_aa64pfr0_el1.0=16	"set=id_aa64pfr0_el1.0=16: not a number of 4 bits"
refused set=id_aa64pfr0_el1.0=1@0+7	"set=id_aa64pfr0_el1.0=1@0+7: there is no CPU 7"
refused "report=$OUT/none/report"	"report=$OUT/none/report: No such file"

boot 0 -M virt -cpu max -accel tcg,thread=single -plugin "$PLUGIN,64only=0"
[ $? -eq 1 ] && grep -q 'cpus plugin: CPU 1 has no thread of its own' "$log"
ok $? "refused: all CPUs in one thread"

# A report is written when QEMU is told to go. If it cannot be, an older one that
# could be mistaken for it is gone
for signal in TERM INT HUP KILL; do
	echo "stale" > "$report"
	: > "$log"
	$QEMU -M virt -cpu max -smp 4 -m 256M -display none -monitor none \
		-serial "file:$log" -no-shutdown -kernel "$elf" \
		-plugin "$PLUGIN,64only=0,report=$report" 2> "$OUT/stderr" &
	pid=$!
	while ! grep -q '^# cpu=3 ' "$log" && kill -0 $pid 2> /dev/null; do
		sleep 0.05
	done
	kill -$signal $pid
	wait $pid 2> /dev/null
	lines=4
	[ $signal = KILL ] && lines=0
	[ "$(wc -l < "$report")" -eq $lines ]
	ok $? "report after SIG$signal"
done

[ $nr -eq $tests ] || failed=$((failed + 1))
echo "# $((nr - failed)) passed, $failed failed"
[ $failed -eq 0 ]
