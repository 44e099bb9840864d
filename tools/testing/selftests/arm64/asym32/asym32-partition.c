// SPDX-License-Identifier: GPL-2.0
/*
 * A 32-bit task that is moved to the root cpuset while all CPUs which could run
 * it are in a partition.
 *
 * What an unfixed kernel does about it is right, but it warns, so for the time
 * of this test a warning is fatal. That is why this is a program of its own.
 */
#include "kselftest_harness.h"
#include "cpuset.h"

#define PANIC_ON_WARN	"/proc/sys/kernel/panic_on_warn"

FIXTURE(partition)
{
	struct machine m;
	struct hierarchy h;
	char panic[32];
};

FIXTURE_SETUP(partition)
{
	const char *why;

	self->panic[0] = '\0';
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(probe_machine(&self->m));
	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);
	why = open_hierarchy(&self->h, 2);
	if (why) {
		close_hierarchy(&self->h);
		SKIP(return, "%s", why);
	}
	ASSERT_LT(0, read_file(PANIC_ON_WARN, self->panic,
			       sizeof(self->panic)));
	ASSERT_EQ(0, write_file(PANIC_ON_WARN, "1"));
}

FIXTURE_TEARDOWN(partition)
{
	end_all();
	close_hierarchy(&self->h);
	if (self->panic[0])
		write_file(PANIC_ON_WARN, self->panic);
}

TEST_F(partition, move_to_root)
{
	cpu_set_t cpus = one_cpu(nth_cpu(&self->m.el64, 0));
	const char *group, *home;
	pid_t pid;

	/* Its CPUs must not be those of the root, or nothing is updated. */
	home = make_group(&self->h, NULL, "asym32", &cpus);
	ASSERT_NE(NULL, home);
	group = make_group(&self->h, NULL, "asym32-all32", &self->m.el32);
	ASSERT_NE(NULL, group);
	pid = spawn(&(struct spawn){
		.procs = tasks_file(home), .chain = { STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&self->m.el32, pid);
	ASSERT_TRUE(to_partition(group, "root"));
	EXPECT_AFFINITY(&self->m.el32, pid);

	ASSERT_EQ(0, attach(self->h.root, pid));
	EXPECT_AFFINITY(&self->m.el32, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.el64, pid);
}

TEST_HARNESS_MAIN
