// SPDX-License-Identifier: GPL-2.0
/*
 * The last CPU goes offline that is not isolated.
 *
 * This is a program of its own because a kernel that fails has hit a BUG().
 */
#include "kselftest_harness.h"
#include "cpuset.h"
#include "hotplug.h"

FIXTURE(lastcpu)
{
	struct machine m;
	struct hierarchy h;
};

FIXTURE_SETUP(lastcpu)
{
	const char *why;

	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(probe_machine(&self->m));
	/* One of the 32-bit CPUs could not be put offline. */
	if (!not_mixed(&self->m))
		SKIP(return, "the CPUs in reach are of two kinds");
	if (CPU_COUNT(&self->m.cpus) < 2)
		SKIP(return, "needs two CPUs");
	why = open_hierarchy(&self->h, 2);
	if (why) {
		close_hierarchy(&self->h);
		SKIP(return, "%s", why);
	}
}

FIXTURE_TEARDOWN(lastcpu)
{
	end_all();
	all_online(&self->m.cpus);
	close_hierarchy(&self->h);
}

/* Its tasks go to an isolated CPU, as there is no other one. */
TEST_F(lastcpu, offline)
{
	int nr = CPU_COUNT(&self->m.cpus);
	cpu_set_t isolated = one_cpu(nth_cpu(&self->m.cpus, 0));
	cpu_set_t last = one_cpu(nth_cpu(&self->m.cpus, nr - 1));
	const char *group;
	pid_t pid;

	group = make_partition(&self->h, "asym32-isolated", &isolated, "isolated");
	ASSERT_NE(NULL, group);

	group = make_group(&self->h, NULL, "asym32", &last);
	ASSERT_NE(NULL, group);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			;
	}
	ASSERT_LT(0, pid);
	remember(pid);
	ASSERT_EQ(0, attach(group, pid));
	EXPECT_PROCESSOR(&last, pid);

	for (int i = 1; i < nr; i++)
		ASSERT_EQ(0, set_online(nth_cpu(&self->m.cpus, i), false));
	EXPECT_PROCESSOR(&isolated, pid);
	ASSERT_EQ(0, all_online(&self->m.cpus));
	EXPECT_AFFINITY(&last, pid);
	EXPECT_PROCESSOR(&last, pid);
}

TEST_HARNESS_MAIN
