// SPDX-License-Identifier: GPL-2.0
/*
 * execve() of a 32-bit program when CPUs that run such programs are offline.
 *
 * This is a program of its own because a kernel that fails has most likely
 * run AArch32 code on a CPU which cannot do that, and is gone.
 */
#include "kselftest_harness.h"
#include "asym32.h"

FIXTURE(offline)
{
	struct machine m;
	int cpu;		/* the one that was put offline */
};

FIXTURE_SETUP(offline)
{
	self->cpu = -1;
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(probe_machine(&self->m));
	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);
	if (CPU_COUNT(&self->m.el32) < 2)
		SKIP(return, "needs two CPUs that run AArch32");
}

FIXTURE_TEARDOWN(offline)
{
	end_all();
	if (self->cpu >= 0)
		set_online(self->cpu, true);
}

/*
 * All CPUs that the task asked for are 64-bit-only or offline.  The request
 * cannot be kept, so rule 2 gives it the 32-bit CPUs that are left, and it is
 * kept again from the next 64-bit program on.
 */
TEST_F(offline, request)
{
	int before = wrong_cpus();
	cpu_set_t mask, left;
	pid_t pid = -1;

	for (int cpu = next_cpu(-1, &self->m.el32); cpu >= 0;
	     cpu = next_cpu(cpu, &self->m.el32)) {
		mask = one_cpu(cpu);
		CPU_SET(nth_cpu(&self->m.el64, 0), &mask);
		pid = spawn(&(struct spawn){
			.mask = &mask, .chain = { STEP64, STEP32, STEP64 } });
		ASSERT_EQ(0, wait_step(pid));
		EXPECT_AFFINITY(&mask, pid);
		/* The kernel keeps one of them. */
		if (!set_online(cpu, false)) {
			self->cpu = cpu;
			break;
		}
		end_step(pid);
	}
	if (self->cpu < 0)
		SKIP(return, "no CPU that runs AArch32 can be offlined");

	left = self->m.el32;
	CPU_CLR(self->cpu, &left);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&left, pid);
	EXPECT_PROCESSOR(&left, pid);

	ASSERT_EQ(0, set_online(self->cpu, true));
	self->cpu = -1;
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&mask, pid);
	EXPECT_EQ(before, wrong_cpus());
}

TEST_HARNESS_MAIN
