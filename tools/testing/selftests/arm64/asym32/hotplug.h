/* SPDX-License-Identifier: GPL-2.0 */
/* Taking CPUs offline and online in the asym32 tests. */
#ifndef ASYM32_HOTPLUG_H
#define ASYM32_HOTPLUG_H

#include "asym32.h"

#define CPU_DIR	"/sys/devices/system/cpu/"

static inline const char *cpu_file(int cpu, const char *file)
{
	static char path[2][96];
	static int turn;
	char *s = path[turn++ % 2];

	snprintf(s, sizeof(path[0]), CPU_DIR "cpu%d/%s", cpu, file);
	return s;
}

static inline bool is_online(int cpu)
{
	cpu_set_t online;

	return read_cpulist(CPU_DIR "online", &online) &&
	       CPU_ISSET(cpu, &online);
}

/* All CPUs of @set; the errno of the first that does not come up. */
static inline int all_online(const cpu_set_t *set)
{
	int cpu = -1, ret = 0;

	while ((cpu = next_cpu(cpu, set)) >= 0) {
		if (!is_online(cpu) && set_online(cpu, true) && !ret)
			ret = errno;
	}
	return ret;
}

/*
 * The CPUs of @set that the kernel does not let go of even though all others
 * are there, which they are again afterwards.
 */
static inline cpu_set_t kept_cpus(const cpu_set_t *set)
{
	cpu_set_t kept;
	int cpu = -1;

	CPU_ZERO(&kept);
	while ((cpu = next_cpu(cpu, set)) >= 0) {
		if (set_online(cpu, false))
			CPU_SET(cpu, &kept);
		else
			set_online(cpu, true);
	}
	return kept;
}

/* The CPUs that were not brought up when the machine was booted. */
static inline bool late_cpus(cpu_set_t *late)
{
	cpu_set_t present, online;

	if (!read_cpulist(CPU_DIR "present", &present) ||
	    !read_cpulist(CPU_DIR "online", &online))
		return false;
	*late = cpus_andnot(&present, &online);
	return true;
}

#endif /* ASYM32_HOTPLUG_H */
