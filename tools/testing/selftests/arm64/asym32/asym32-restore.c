// SPDX-License-Identifier: GPL-2.0
/*
 * What a 64-bit program gets after a 32-bit one when the cpuset was changed
 * in between: its earlier affinity as far as that is possible, or else what
 * it has, and no complaint.
 */
#include "kselftest_harness.h"
#include "cpuset.h"

FIXTURE(restore)
{
	struct machine m;
	struct hierarchy h;
	int kmsg;

	cpu_set_t all;		/* all CPUs the test may use */
	cpu_set_t first;	/* one that runs AArch32 */
	cpu_set_t second;	/* another one */
	cpu_set_t other;	/* a third one, 64-bit only if there is one */
};

FIXTURE_VARIANT(restore)
{
	int version;
};

FIXTURE_VARIANT_ADD(restore, v1)
{
	.version = 1,
};

FIXTURE_VARIANT_ADD(restore, v2)
{
	.version = 2,
};

FIXTURE_SETUP(restore)
{
	cpu_set_t rest;
	const char *why;

	self->kmsg = -1;
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(probe_machine(&self->m));
	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);
	if (CPU_COUNT(&self->m.el32) < 2 || CPU_COUNT(&self->m.cpus) < 3)
		SKIP(return, "needs three CPUs, two of them with AArch32");

	self->all = self->m.cpus;
	self->first = one_cpu(nth_cpu(&self->m.el32, 0));
	self->second = one_cpu(nth_cpu(&self->m.el32, 1));
	rest = cpus_andnot(&self->all, &self->first);
	rest = cpus_andnot(&rest, &self->second);
	self->other = one_cpu(nth_cpu(CPU_COUNT(&self->m.el64) ?
				      &self->m.el64 : &rest, 0));

	why = open_hierarchy(&self->h, variant->version);
	if (why) {
		close_hierarchy(&self->h);
		SKIP(return, "%s", why);
	}
	self->kmsg = open_kmsg();
	ASSERT_LE(0, self->kmsg);
	/* A warning that was given before would not be given again. */
	mount_debugfs();
	write_file(DEBUGFS "/clear_warn_once", "1");
}

FIXTURE_TEARDOWN(restore)
{
	end_all();
	close_hierarchy(&self->h);
	close(self->kmsg);
}

/* The number of warnings that the kernel gave since it was last asked. */
static int count_warnings(int fd)
{
	return count_lines(fd, ";WARNING: ");
}

/* The part of the request that the cpuset allows by now. */
TEST_F(restore, after_cpuset_change)
{
	const char *top, *group;
	cpu_set_t mask, narrow;
	pid_t pid;

	top = make_group(&self->h, NULL, "asym32", &self->all);
	ASSERT_NE(NULL, top);
	group = make_group(&self->h, top, "group", &self->all);
	ASSERT_NE(NULL, group);

	narrow = cpus_or(&self->first, &self->other);
	mask = cpus_or(&narrow, &self->second);
	pid = spawn(&(struct spawn){
		.procs = tasks_file(group), .mask = &mask,
		.chain = { STEP64, STEP32, STEP64, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&mask, pid);
	ASSERT_EQ(0, next_step(pid));
	ASSERT_EQ(0, set_cpus(group, &narrow));
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&narrow, pid);
	ASSERT_EQ(0, set_cpus(group, &self->all));
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&mask, pid);
	EXPECT_EQ(0, count_warnings(self->kmsg));
}

/* Nothing of it is allowed: what it has as a 32-bit task stays. */
TEST_F(restore, impossible_silent)
{
	const char *top, *group;
	cpu_set_t rest, rest32;
	pid_t pid;

	rest = cpus_andnot(&self->all, &self->first);
	rest32 = cpus_and(&rest, &self->m.el32);
	top = make_group(&self->h, NULL, "asym32", &self->all);
	ASSERT_NE(NULL, top);
	group = make_group(&self->h, top, "group", &rest);
	ASSERT_NE(NULL, group);

	pid = spawn(&(struct spawn){
		.mask = &self->first, .chain = { STEP64, STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&self->first, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->first, pid);
	ASSERT_EQ(0, attach(group, pid));
	EXPECT_AFFINITY(&rest32, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&rest32, pid);
	EXPECT_EQ(0, count_warnings(self->kmsg));
}

/* And a task that has never been a 32-bit one has nothing restored. */
TEST_F(restore, native_untouched)
{
	const char *top, *group;
	cpu_set_t rest;
	pid_t pid;

	rest = cpus_andnot(&self->all, &self->first);
	top = make_group(&self->h, NULL, "asym32", &self->all);
	ASSERT_NE(NULL, top);
	group = make_group(&self->h, top, "group", &rest);
	ASSERT_NE(NULL, group);

	pid = spawn(&(struct spawn){
		.mask = &self->first, .chain = { STEP64, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&self->first, pid);
	ASSERT_EQ(0, attach(group, pid));
	EXPECT_AFFINITY(&rest, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&rest, pid);
	EXPECT_EQ(0, count_warnings(self->kmsg));
}

TEST_HARNESS_MAIN
