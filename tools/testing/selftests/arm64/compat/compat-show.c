// SPDX-License-Identifier: GPL-2.0
/*
 * Make a few system calls natively and with bit 31 of x8, and show what comes
 * of it: if there is one, on a CPU that does not run AArch32.
 */
#define COMPAT_NO_TESTS
#include "compat.h"

#define FRESH	0xa5

/* Whether a list like "0-1,4" has @cpu. */
static bool in_list(const char *list, long cpu)
{
	char *end;
	long from, to;

	for (;; list = end + 1) {
		from = strtol(list, &end, 10);
		if (end == list)
			return false;
		to = *end == '-' ? strtol(end + 1, &end, 10) : from;
		if (cpu >= from && cpu <= to)
			return true;
		if (*end != ',')
			return false;
	}
}

/* Go to a CPU that does not run AArch32; false if none is known. */
static bool leave_aarch32(void)
{
	char list[256];
	cpu_set_t cpus;

	if (read_text("/sys/devices/system/cpu/aarch32_el0", list, sizeof(list)) < 0)
		return false;
	for (long cpu = sysconf(_SC_NPROCESSORS_CONF) - 1; cpu >= 0; cpu--) {
		CPU_ZERO(&cpus);
		CPU_SET(cpu, &cpus);
		if (!in_list(list, cpu) && !sched_setaffinity(0, sizeof(cpus), &cpus))
			return true;
	}
	return false;
}

/* How much of memory that was fresh is not any more. */
static size_t filled(const unsigned char *p, size_t size)
{
	while (size && p[size - 1] == FRESH)
		size--;
	return size;
}

static void show(const char *call, long native_nr, const char *native_result,
		 long compat_nr, const char *compat_result)
{
	printf("  %-10s nr %3ld: %-20s nr %3ld: %s\n", call, native_nr,
	       native_result, compat_nr, compat_result);
}

int main(void)
{
	unsigned char *info = low(256);
	bool left = leave_aarch32();
	char a[32], b[32];

	if (!have_compat_calls()) {
		puts("This kernel has no compat calls for 64-bit tasks.");
		return 1;
	}
	printf("A 64-bit program on CPU %d%s makes compat calls:\n",
	       sched_getcpu(), left ? ", which does not run AArch32," : "");
	printf("  %-10s %-28s with bit 31 of x8\n", "", "native");

	snprintf(a, sizeof(a), "%ld", native0(getpid));
	snprintf(b, sizeof(b), "%ld", compat0(getpid));
	show("getpid()", __NR_getpid, a, __NR_compat32_getpid, b);

	snprintf(a, sizeof(a), "%#lx",
		 native(mmap, 0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	snprintf(b, sizeof(b), "%#lx",
		 compat(mmap2, 0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	show("mmap()", __NR_mmap, a, __NR_compat32_mmap2, b);

	memset(info, FRESH, 256);
	native(sysinfo, info);
	snprintf(a, sizeof(a), "fills %zu bytes", filled(info, 256));
	memset(info, FRESH, 256);
	compat(sysinfo, info);
	snprintf(b, sizeof(b), "fills %zu bytes", filled(info, 256));
	show("sysinfo()", __NR_sysinfo, a, __NR_compat32_sysinfo, b);
	return 0;
}
