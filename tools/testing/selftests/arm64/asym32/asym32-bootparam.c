// SPDX-License-Identifier: GPL-2.0
/*
 * What other parameters of the kernel command line mean for 32-bit programs.
 */
#include <sys/personality.h>

#include "kselftest_harness.h"
#include "asym32.h"

#define CPU_DIR	"/sys/devices/system/cpu/"

FIXTURE(bootparam)
{
	struct machine m;
	cpu_set_t online;
	cpu_set_t isolated;
};

FIXTURE_SETUP(bootparam)
{
	char buf[64];

	ASSERT_TRUE(probe_machine(&self->m));
	ASSERT_TRUE(read_cpulist(CPU_DIR "online", &self->online));
	CPU_ZERO(&self->isolated);
	if (read_file(CPU_DIR "isolated", buf, sizeof(buf)) > 1)
		ASSERT_TRUE(read_cpulist(CPU_DIR "isolated", &self->isolated));
	self->isolated = cpus_and(&self->isolated, &self->online);
}

FIXTURE_TEARDOWN(bootparam)
{
	end_all();
}

#define NONE_ISOLATED	"no CPU is isolated"
#define NOT_LISTED	"no " PARAMETER " on the command line"

static bool parameter_given(const char *name)
{
	static char cmdline[1 << 16];

	if (read_file("/proc/cmdline", cmdline, sizeof(cmdline)) <= 0)
		return false;
	for (char *s = strtok(cmdline, "\n "); s; s = strtok(NULL, "\n ")) {
		if (!strcmp(s, "--"))
			return false;
		if (!strcmp(s, name))
			return true;
	}
	return false;
}

/* Who does not want AArch32 at all gets none. */
TEST_F(bootparam, override_wins)
{
	int cpu = -1;

	if (!parameter_given("arm64.no32bit_el0"))
		SKIP(return, "no arm64.no32bit_el0 on the command line");

	EXPECT_STREQ("", cpulist(&self->m.file));
	while ((cpu = next_cpu(cpu, &self->m.cpus)) >= 0) {
		cpu_set_t mask = one_cpu(cpu);

		EXPECT_EQ(ENOEXEC, try_exec32(&mask));
	}
	EXPECT_EQ(ENOEXEC, self->m.err);
	EXPECT_EQ(-1, personality(PER_LINUX32));
	EXPECT_EQ(EINVAL, errno);
}

/* Only a request brings a task to an isolated CPU, and execve() is none. */
TEST_F(bootparam, native_exec_leaves_affinity)
{
	cpu_set_t seen, there;
	pid_t pid;

	if (!CPU_COUNT(&self->isolated))
		SKIP(return, NONE_ISOLATED);

	ASSERT_EQ(0, sched_getaffinity(1, sizeof(seen), &seen));
	there = cpus_and(&seen, &self->isolated);
	EXPECT_STREQ("", cpulist(&there))
		TH_LOG("for PID 1, which may run on CPUs %s", cpulist(&seen));

	pid = spawn(&(struct spawn){ .chain = { STEP64, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&self->m.cpus, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.cpus, pid);
	there = cpus_and(&self->m.cpus, &self->isolated);
	EXPECT_STREQ("", cpulist(&there));
}

/* A task that must leave its CPU does not end up on an isolated one. */
TEST_F(bootparam, isolcpus_not_used)
{
	cpu_set_t from, there;
	pid_t pid;

	if (!self->m.listed)
		SKIP(return, NOT_LISTED);
	if (!CPU_COUNT(&self->isolated))
		SKIP(return, NONE_ISOLATED);
	from = cpus_andnot(&self->online, &self->m.file);
	from = cpus_andnot(&from, &self->isolated);
	if (no_aarch32(&self->m) || !CPU_COUNT(&from))
		SKIP(return, NOT_MIXED);

	pid = spawn(&(struct spawn){
		.mask = &from, .chain = { STEP64, STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&from, pid);
	ASSERT_EQ(0, next_step(pid));
	ASSERT_EQ(0, sched_getaffinity(pid, sizeof(there), &there));
	there = cpus_and(&there, &self->isolated);
	EXPECT_STREQ("", cpulist(&there));
	EXPECT_PROCESSOR(&self->m.file, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&from, pid);
}

/* The same kind of CPU, as far as its identification goes. */
static bool same_kind(int a, int b)
{
	char path[96], midr[2][32] = {};

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path),
			 CPU_DIR "cpu%d/regs/identification/midr_el1",
			 i ? b : a);
		if (read_file(path, midr[i], sizeof(midr[i])) <= 0)
			return false;
	}
	return !strcmp(midr[0], midr[1]);
}

/* But who asks for it may run there, in a 32-bit program, too. */
TEST_F(bootparam, isolcpus_explicit_pin)
{
	int cpu = -1, some;
	cpu_set_t mask;
	pid_t pid;

	if (!self->m.listed)
		SKIP(return, NOT_LISTED);
	if (!CPU_COUNT(&self->isolated))
		SKIP(return, NONE_ISOLATED);
	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);

	/* The file itself may leave out what it should not. */
	some = nth_cpu(&self->m.el32, 0);
	do {
		cpu = next_cpu(cpu, &self->isolated);
	} while (cpu >= 0 && !same_kind(cpu, some));
	if (cpu < 0)
		SKIP(return, "the isolated CPUs are not like CPU %d", some);

	mask = one_cpu(cpu);
	pid = spawn(&(struct spawn){
		.mask = &mask, .chain = { STEP64, STEP32, STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	for (int i = 0; i < 3; i++) {
		EXPECT_AFFINITY(&mask, pid);
		EXPECT_PROCESSOR(&mask, pid);
		ASSERT_EQ(0, next_step(pid));
	}
	EXPECT_AFFINITY(&mask, pid);
	end_step(pid);

	/* Nor is it too late to ask. */
	pid = spawn(&(struct spawn){ .chain = { STEP32, STEP32 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_EQ(0, sched_setaffinity(pid, sizeof(mask), &mask));
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&mask, pid);
	EXPECT_PROCESSOR(&mask, pid);
}

TEST_HARNESS_MAIN
