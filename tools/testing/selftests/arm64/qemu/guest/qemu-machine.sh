#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Is this machine what its block in machines.conf says? The harness leaves the
# block in /job/machine.

if [ ! -r /job/machine ]; then
	echo "1..0 # SKIP not started by the harness in arm64/qemu"
	exit 4
fi
. /job/machine
aarch32=${aarch32:-absent}
smp=${smp:-1}
append=${append:-}
kvm=${kvm:-}

count=0
failed=0

# check DESCRIPTION EXPECTED GOT
check()
{
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count $1"
	else
		echo "# expected '$2', got '$3'"
		echo "not ok $count $1"
		failed=1
	fi
}

# skip DESCRIPTION REASON
skip()
{
	count=$((count + 1))
	echo "ok $count $1 # SKIP $2"
}

# What timeout(1) must know for kselftest's runner to stop a test that hangs.
foreground()
{
	timeout --foreground 60 true && echo yes || echo no
}

echo "TAP version 13"
echo "1..6"

online=$smp
case $append in
*maxcpus=*) online=${append##*maxcpus=}; online=${online%% *} ;;
esac
check online_cpus "$online" "$(grep -c ^processor /proc/cpuinfo)"

sysfs=/sys/devices/system/cpu/aarch32_el0
if [ ! -e $sysfs ]; then
	got=absent
else
	got=$(cat $sysfs)
	[ -n "$got" ] || got=none
fi
check aarch32_el0 "$aarch32" "$got"

if [ -n "$kvm" ]; then
	check kvm_mode yes "$(dmesg | grep -qF "$kvm" && echo yes || echo no)"
	check dev_kvm yes "$([ -c /dev/kvm ] && echo yes || echo no)"
else
	skip kvm_mode "the machine has no EL2"
	skip dev_kvm "the machine has no EL2"
fi

check timeout_foreground yes "$(foreground)"
check untainted 0 "$(cat /proc/sys/kernel/tainted)"

exit $failed
