#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Runs in the guest after the job. Each line it prints is a finding that fails
# the run; the status says that the checks themselves could be done.

set -e

# shellcheck source=/dev/null
may=$(. /job/machine && echo "$taint")
taint=$(cat /proc/sys/kernel/tainted)
[ $((taint & ~may)) -eq 0 ] || echo "kernel tainted: $taint"

# Objects younger than five seconds are not reported by a scan.
leaks=/sys/kernel/debug/kmemleak
if [ -w $leaks ]; then
	echo scan >$leaks
	sleep 6
	echo scan >$leaks
	grep -A 12 '^unreferenced object' $leaks | head -n 40 || :
fi

dmesg >/tmp/dmesg
grep -v '^#' /job/splats >/tmp/splats
grep -E -m 5 -f /tmp/splats /tmp/dmesg || [ $? -eq 1 ]
