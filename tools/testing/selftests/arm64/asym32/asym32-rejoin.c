// SPDX-License-Identifier: GPL-2.0
/*
 * A partition that was invalid for want of CPUs, and is valid again.
 *
 * This is a program of its own, and the last one, because a kernel that fails
 * has lost a CPU: the root cpuset does not get it back, nor do the programs
 * that run after this one.
 */
#include "kselftest_harness.h"
#include "cpuset.h"

FIXTURE(rejoin)
{
	struct machine m;
	struct hierarchy h;
	int cpu;		/* the one that was put offline */
};

FIXTURE_SETUP(rejoin)
{
	const char *why;

	self->cpu = -1;
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(probe_machine(&self->m));
	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);
	if (CPU_COUNT(&self->m.el32) < 2)
		SKIP(return, "needs two CPUs that run AArch32");

	why = open_hierarchy(&self->h, 2);
	if (why) {
		close_hierarchy(&self->h);
		SKIP(return, "%s", why);
	}
}

FIXTURE_TEARDOWN(rejoin)
{
	end_all();
	if (self->cpu >= 0)
		set_online(self->cpu, true);
	close_hierarchy(&self->h);
}

/* It has all of its CPUs that nobody else has by then. */
TEST_F(rejoin, valid_again_has_all)
{
	cpu_set_t lost, left, first, others;
	const char *one, *two;

	if (CPU_COUNT(&self->m.cpus) < 3)
		SKIP(return, "needs three CPUs");

	self->cpu = offline_one(&self->m.cpus);
	if (self->cpu < 0)
		SKIP(return, "no CPU can be offlined");
	lost = one_cpu(self->cpu);
	left = cpus_andnot(&self->m.cpus, &lost);
	first = one_cpu(nth_cpu(&left, 0));
	others = cpus_andnot(&left, &first);
	ASSERT_EQ(0, set_online(self->cpu, true));

	one = make_partition(&self->h, "asym32-one", &first, "root");
	ASSERT_NE(NULL, one);
	two = make_partition(&self->h, "asym32-two", &left, "root");
	ASSERT_NE(NULL, two);
	EXPECT_STREQ(cpulist(&others), effective_cpus(two));
	/* Nothing would be left for the tasks of the root cpuset. */
	ASSERT_EQ(0, set_online(self->cpu, false));
	ASSERT_EQ(0, strncmp(partition_state(two), "root invalid", 12));
	ASSERT_EQ(0, rmdir(one));

	ASSERT_EQ(0, set_online(self->cpu, true));
	self->cpu = -1;
	EXPECT_STREQ("root", partition_state(two));
	EXPECT_STREQ(cpulist(&left), effective_cpus(two));
	EXPECT_STREQ(cpulist(&lost), effective_cpus(self->h.root));
	ASSERT_EQ(0, set_partition(two, "member"));
	EXPECT_STREQ(cpulist(&self->m.cpus), effective_cpus(self->h.root));
}

TEST_HARNESS_MAIN
