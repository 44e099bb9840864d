// SPDX-License-Identifier: GPL-2.0
/*
 * A throttled 32-bit deadline task whose CPU goes offline.
 *
 * This is a program of its own because a kernel that fails has most likely
 * run AArch32 code on a CPU which cannot do that, and is gone.
 */
#include "kselftest_harness.h"
#include "asym32.h"

#define RT_RUNTIME	"/proc/sys/kernel/sched_rt_runtime_us"

FIXTURE(throttled)
{
	struct machine m;
	char runtime[32];
	int cpu;		/* the one that was put offline */
};

FIXTURE_SETUP(throttled)
{
	self->cpu = -1;
	self->runtime[0] = '\0';
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(probe_machine(&self->m));
	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);
	if (CPU_COUNT(&self->m.el32) < 2)
		SKIP(return, "needs two CPUs that run AArch32");
	ASSERT_LT(0, read_file(RT_RUNTIME, self->runtime,
			       sizeof(self->runtime)));
	ASSERT_EQ(0, write_file(RT_RUNTIME, "-1"));
}

FIXTURE_TEARDOWN(throttled)
{
	end_all();
	if (self->cpu >= 0)
		set_online(self->cpu, true);
	if (self->runtime[0])
		write_file(RT_RUNTIME, self->runtime);
}

/*
 * The task has used up its runtime when the only CPU it may use is put
 * offline, and comes back on another one that runs 32-bit programs.
 */
TEST_F(throttled, offline)
{
	int before = wrong_cpus();
	cpu_set_t mask, left;
	pid_t pid = -1;

	for (int cpu = next_cpu(-1, &self->m.el32); cpu >= 0;
	     cpu = next_cpu(cpu, &self->m.el32)) {
		mask = one_cpu(cpu);
		pid = spawn(&(struct spawn){
			.mask = &mask, .deadline = true, .chain = { SPIN32 } });
		ASSERT_EQ(0, wait_step(pid));
		ASSERT_EQ(0, kill(pid, SIGCONT));
		/* It runs for a tenth of each period of 100 ms. */
		usleep(150000);
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
	for (int i = 0; i < 10; i++) {
		usleep(100000);
		EXPECT_PROCESSOR(&left, pid);
	}
	EXPECT_EQ(before, wrong_cpus());
}

TEST_HARNESS_MAIN
