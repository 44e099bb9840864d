// SPDX-License-Identifier: GPL-2.0
/*
 * Start a 32-bit or a 64-bit program, in a cpuset of its own if one is asked
 * for, and say where it may run.
 */
#include "cpuset.h"

static int help(const char *name)
{
	fprintf(stderr, "usage: %s [-c CPULIST] 32|64\n", name);
	return 2;
}

static int start(const struct spawn *s, const char *bits)
{
	pid_t pid = spawn(s);
	int ret = wait_step(pid);

	if (ret) {
		printf("%s-bit program: %s\n", bits,
		       ret > 0 ? strerror(ret) : "died");
		return 1;
	}
	printf("%s-bit program: may run on CPUs %s, is on CPU %d\n", bits,
	       affinity(pid), processor(pid));
	end_step(pid);
	return 0;
}

int main(int argc, char **argv)
{
	struct spawn s = {};
	const char *bits, *why, *group;
	struct hierarchy h;
	cpu_set_t cpus;
	int opt, ret;

	CPU_ZERO(&cpus);
	while ((opt = getopt(argc, argv, "c:")) != -1) {
		if (opt != 'c' || !parse_cpulist(optarg, &cpus))
			return help(argv[0]);
	}
	if (optind + 1 != argc)
		return help(argv[0]);
	bits = argv[optind];
	if (!strcmp(bits, "32"))
		s.chain[0] = STEP32;
	else if (!strcmp(bits, "64"))
		s.chain[0] = STEP64;
	else
		return help(argv[0]);
	if (!CPU_COUNT(&cpus))
		return start(&s, bits);

	ret = 1;
	why = open_hierarchy(&h, 2);
	group = why ? NULL : make_group(&h, NULL, "asym32-run", &cpus);
	if (group) {
		s.procs = tasks_file(group);
		ret = start(&s, bits);
	} else {
		fprintf(stderr, "%s: no cpuset: %s\n", argv[0],
			why ?: strerror(errno));
	}
	close_hierarchy(&h);
	return ret;
}
