// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/devices/system/cpu/aarch32_el0: when it is there, what it looks like,
 * and that it follows the CPUs that come up late, but none that go away.
 */
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "asym32.h"

#define CPU_DIR	"/sys/devices/system/cpu/"

FIXTURE(sysfs)
{
	struct machine m;
};

FIXTURE_SETUP(sysfs)
{
	ASSERT_TRUE(probe_machine(&self->m));
}

FIXTURE_TEARDOWN(sysfs)
{
	end_all();
}

#define NOT_LISTED	"no " PARAMETER " on the command line"

/* With a value or without, but as a word of its own. */
static bool parameter_given(void)
{
	size_t len = strlen(PARAMETER);
	static char cmdline[1 << 16];

	if (read_file("/proc/cmdline", cmdline, sizeof(cmdline)) <= 0)
		return false;
	for (char *s = strtok(cmdline, "\n "); s; s = strtok(NULL, "\n ")) {
		if (!strcmp(s, "--"))
			return false;
		if (!strncmp(s, PARAMETER, len) && (!s[len] || s[len] == '='))
			return true;
	}
	return false;
}

/* The file exists if and only if the parameter was given. */
TEST_F(sysfs, exists_with_parameter)
{
	EXPECT_EQ(parameter_given(), self->m.listed);
	EXPECT_EQ(parameter_given(), !access(AARCH32_EL0, F_OK));
}

/* A list of CPUs as the file "possible" has one; an empty line for none. */
TEST_F(sysfs, format)
{
	cpu_set_t file, possible, outside;

	if (!self->m.listed)
		SKIP(return, NOT_LISTED);
	ASSERT_TRUE(read_cpulist(AARCH32_EL0, &file));
	ASSERT_TRUE(read_cpulist(CPU_DIR "possible", &possible));
	outside = cpus_andnot(&file, &possible);
	EXPECT_STREQ("", cpulist(&outside));
}

/* For everybody to read, and for nobody to write. */
TEST_F(sysfs, read_only)
{
	struct stat st;

	if (!self->m.listed)
		SKIP(return, NOT_LISTED);
	ASSERT_EQ(0, stat(AARCH32_EL0, &st));
	EXPECT_EQ(S_IFREG | 0444, st.st_mode);
	EXPECT_EQ(-1, open(AARCH32_EL0, O_WRONLY));
	EXPECT_EQ(EACCES, errno);
}

/* Nothing changes it but a CPU that comes up. */
TEST_F(sysfs, stable)
{
	cpu_set_t file;

	if (!self->m.listed)
		SKIP(return, NOT_LISTED);
	for (int i = 0; i < 10; i++) {
		/* Successful or not, an exec is no reason. */
		try_exec32(NULL);
		ASSERT_TRUE(read_cpulist(AARCH32_EL0, &file));
		EXPECT_STREQ(cpulist(&self->m.file), cpulist(&file));
	}
}

/*
 * The listed CPUs, and no others, run 32-bit programs: a program that may run
 * anywhere is confined to them, and each of them will do.
 */
TEST_F(sysfs, tells_the_truth)
{
	int cpu = -1;
	pid_t pid;

	if (!self->m.listed)
		SKIP(return, NOT_LISTED);
	if (!has_aarch32(&self->m)) {
		EXPECT_EQ(ENOEXEC, self->m.err);
		return;
	}
	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);

	pid = spawn(&(struct spawn){ .chain = { STEP32 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&self->m.el32, pid);
	while ((cpu = next_cpu(cpu, &self->m.el32)) >= 0) {
		cpu_set_t mask = one_cpu(cpu);

		EXPECT_EQ(0, sched_setaffinity(pid, sizeof(mask), &mask));
		EXPECT_EQ(0, next_step(pid));
		EXPECT_PROCESSOR(&mask, pid);
	}
}

/* A CPU that goes offline stays in the list. */
TEST_F(sysfs, offline_stays)
{
	cpu_set_t file;
	int cpu;

	if (!self->m.listed)
		SKIP(return, NOT_LISTED);
	if (geteuid())
		SKIP(return, "needs root");
	if (CPU_COUNT(&self->m.el32) < 2)
		SKIP(return, "needs two CPUs that run AArch32");

	/* The kernel keeps one of them, see which one it lets go. */
	for (cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
		if (CPU_ISSET(cpu, &self->m.el32) && !set_online(cpu, false))
			break;
	}
	if (cpu < 0)
		SKIP(return, "no CPU that runs AArch32 can be offlined");

	EXPECT_TRUE(read_cpulist(AARCH32_EL0, &file));
	EXPECT_STREQ(cpulist(&self->m.file), cpulist(&file));
	EXPECT_EQ(0, set_online(cpu, true));
	EXPECT_TRUE(read_cpulist(AARCH32_EL0, &file));
	EXPECT_STREQ(cpulist(&self->m.file), cpulist(&file));
}

/*
 * A CPU that comes up late is added if it runs 32-bit programs, even if it is
 * the first that does.  As the kernel may not let go of it again, this is the
 * last case, and few programs run after this one.
 */
TEST_F(sysfs, late_online)
{
	cpu_set_t present, online, late, before, after, mask;
	int cpu = -1;

	if (!self->m.listed)
		SKIP(return, NOT_LISTED);
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(read_cpulist(CPU_DIR "present", &present));
	ASSERT_TRUE(read_cpulist(CPU_DIR "online", &online));
	late = cpus_andnot(&present, &online);
	if (!CPU_COUNT(&late))
		SKIP(return, "every CPU is online");

	while ((cpu = next_cpu(cpu, &late)) >= 0) {
		ASSERT_TRUE(read_cpulist(AARCH32_EL0, &before));
		ASSERT_EQ(0, set_online(cpu, true));
		ASSERT_TRUE(read_cpulist(AARCH32_EL0, &after));

		/* Nothing but this CPU may have come in. */
		mask = before;
		if (CPU_ISSET(cpu, &after))
			CPU_SET(cpu, &mask);
		EXPECT_STREQ(cpulist(&mask), cpulist(&after));

		mask = one_cpu(cpu);
		EXPECT_EQ(CPU_COUNT(&after) ? 0 : ENOEXEC, try_exec32(&mask));
		if (CPU_COUNT(&after)) {
			pid_t pid = spawn(&(struct spawn){
				.mask = &mask, .chain = { STEP32 } });

			ASSERT_EQ(0, wait_step(pid));
			EXPECT_PROCESSOR(&after, pid);
			if (CPU_ISSET(cpu, &after))
				EXPECT_AFFINITY(&mask, pid);
			end_step(pid);
		}
	}
	cpu = -1;
	while ((cpu = next_cpu(cpu, &late)) >= 0)
		set_online(cpu, false);
}

TEST_HARNESS_MAIN
