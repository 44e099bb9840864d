// SPDX-License-Identifier: GPL-2.0
/*
 * sched_setaffinity() on a 32-bit task: only CPUs that run AArch32 count, and
 * the request replaces what an earlier execve() saved.
 */
#include "kselftest_harness.h"
#include "asym32.h"

FIXTURE(setaffinity)
{
	struct machine m;
	pid_t pid;		/* a native task that became a 32-bit one */
};

FIXTURE_SETUP(setaffinity)
{
	ASSERT_TRUE(probe_machine(&self->m));
	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);

	self->pid = spawn(&(struct spawn){
		.chain = { STEP64, STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(self->pid));
	EXPECT_AFFINITY(&self->m.cpus, self->pid);
	ASSERT_EQ(0, next_step(self->pid));
	EXPECT_AFFINITY(&self->m.el32, self->pid);
}

FIXTURE_TEARDOWN(setaffinity)
{
	end_all();
}

/* The 64-bit-only CPUs of a request are ignored. */
TEST_F(setaffinity, intersect)
{
	int cpu32, cpu64 = -1;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	while ((cpu64 = next_cpu(cpu64, &self->m.el64)) >= 0) {
		cpu32 = -1;
		while ((cpu32 = next_cpu(cpu32, &self->m.el32)) >= 0) {
			cpu_set_t want = one_cpu(cpu32);
			cpu_set_t mask = want;

			CPU_SET(cpu64, &mask);
			EXPECT_EQ(0, sched_setaffinity(self->pid, sizeof(mask),
						       &mask));
			EXPECT_AFFINITY(&want, self->pid);
		}
	}
	EXPECT_EQ(0, sched_setaffinity(self->pid, sizeof(self->m.cpus),
				       &self->m.cpus));
	EXPECT_AFFINITY(&self->m.el32, self->pid);
}

/* A request with nothing else is refused, and nothing changes by it. */
TEST_F(setaffinity, empty_einval)
{
	cpu_set_t mask;
	int cpu = -1;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	while ((cpu = next_cpu(cpu, &self->m.el64)) >= 0) {
		mask = one_cpu(cpu);
		EXPECT_EQ(-1, sched_setaffinity(self->pid, sizeof(mask),
						&mask));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_AFFINITY(&self->m.el32, self->pid);
	}
	EXPECT_EQ(-1, sched_setaffinity(self->pid, sizeof(self->m.el64),
					&self->m.el64));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_AFFINITY(&self->m.el32, self->pid);

	/* What was saved for the next native program is as it was, too. */
	ASSERT_EQ(0, next_step(self->pid));
	EXPECT_AFFINITY(&self->m.cpus, self->pid);
}

/* Whatever is asked for, a running 32-bit task stays where it can run. */
TEST_F(setaffinity, never_64)
{
	pid_t pid;
	int nr;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	pid = spawn(&(struct spawn){ .chain = { SPIN32 } });
	ASSERT_EQ(0, wait_step(pid));
	ASSERT_EQ(0, kill(pid, SIGCONT));

	nr = CPU_COUNT(&self->m.cpus);
	if (nr > 6)
		nr = 6;
	for (int bits = 1; bits < 1 << nr; bits++) {
		cpu_set_t mask, want;
		int ret;

		CPU_ZERO(&mask);
		for (int i = 0; i < nr; i++) {
			if (bits & 1 << i)
				CPU_SET(nth_cpu(&self->m.cpus, i), &mask);
		}
		want = cpus_and(&mask, &self->m.el32);
		ret = sched_setaffinity(pid, sizeof(mask), &mask);
		EXPECT_EQ(CPU_COUNT(&want) ? 0 : -1, ret);
		if (!ret) {
			EXPECT_AFFINITY(&want, pid);
			/* The call returns once the task has moved. */
			EXPECT_PROCESSOR(&want, pid);
		}
		EXPECT_PROCESSOR(&self->m.el32, pid);
	}
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
}

/* The request, not what was saved before, is what a native program gets. */
TEST_F(setaffinity, replaces_saved)
{
	cpu_set_t want, mask;

	mask = one_cpu(nth_cpu(&self->m.el32, 0));
	want = mask;
	if (CPU_COUNT(&self->m.el64))
		CPU_SET(nth_cpu(&self->m.el64, 0), &mask);

	ASSERT_EQ(0, sched_setaffinity(self->pid, sizeof(mask), &mask));
	EXPECT_AFFINITY(&want, self->pid);
	ASSERT_EQ(0, next_step(self->pid));
	EXPECT_AFFINITY(&mask, self->pid);
}

TEST_HARNESS_MAIN
