// SPDX-License-Identifier: GPL-2.0
/*
 * A 32-bit task that the scheduler puts on a CPU without AArch32 does not
 * leave the kernel there.  A fault-injection point does that to it.
 *
 * That no AArch32 instruction is executed there cannot be seen from inside;
 * the emulator counts them.
 */
#include "kselftest_harness.h"
#include "asym32.h"

#define FAULT		DEBUGFS "/fail_task_placement"
#define TURNS		500	/* of 20 ms */

FIXTURE(net)
{
	struct machine m;
};

/* The next @times chances to go wrong are taken, or all of them. */
static int inject(const char *times)
{
	return write_file(FAULT "/verbose", "0") ?:
	       write_file(FAULT "/interval", "1") ?:
	       write_file(FAULT "/times", times) ?:
	       write_file(FAULT "/probability", "100");
}

static int inject_nothing(void)
{
	return write_file(FAULT "/probability", "0");
}

/* A task was caught since it was @before. */
static bool caught(int before)
{
	for (int i = 0; i < TURNS && wrong_cpus() <= before; i++)
		usleep(20000);
	return wrong_cpus() > before;
}

static bool gets_to(pid_t pid, const cpu_set_t *set)
{
	for (int i = 0; i < TURNS && stray(pid, set)[0]; i++)
		usleep(20000);
	return !stray(pid, set)[0];
}

static bool ends(pid_t pid, int turns, int *status)
{
	for (int i = 0; i < turns; i++) {
		if (waitpid(pid, status, WNOHANG) == pid) {
			forget(pid);
			return true;
		}
		usleep(20000);
	}
	return false;
}

/*
 * A 32-bit program that was continued on a wrong CPU and gets no right one.
 * It is one that would end as soon as it executes an instruction.
 */
static pid_t spawn_misplaced(void)
{
	int status;
	pid_t pid;

	/* A right CPU that is idle may pull it before it runs on the wrong one. */
	for (int turn = 0; turn < 10; turn++) {
		if (inject_nothing())
			return -1;
		pid = spawn(&(struct spawn){ .chain = { STEP32, EXIT32 } });
		if (wait_step(pid) || inject("-1") || kill(pid, SIGCONT))
			return -1;
		/* It tries again ten times a second. */
		if (!ends(pid, 25, &status))
			return pid;
	}
	return -1;
}

/* Time spent in user space, in ticks (field 14 of stat). */
static long user_time(pid_t pid)
{
	char path[32], buf[1024], *s;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_file(path, buf, sizeof(buf)) <= 0)
		return -1;
	s = strrchr(buf, ')');
	for (int field = 2; s && field < 14; field++)
		s = strchr(s + 1, ' ');
	return s ? atol(s) : -1;
}

static bool gets_user_time(pid_t pid)
{
	long before = user_time(pid);

	for (int i = 0; i < TURNS && user_time(pid) < before + 2; i++)
		usleep(20000);
	return user_time(pid) >= before + 2;
}

FIXTURE_SETUP(net)
{
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(probe_machine(&self->m));
	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);
	ASSERT_LE(0, wrong_cpus())
		TH_LOG("the kernel does not count");
	if (access(FAULT, F_OK))
		SKIP(return, "needs CONFIG_FAIL_TASK_PLACEMENT");
}

FIXTURE_TEARDOWN(net)
{
	inject_nothing();
	end_all();
}

/* Once on the wrong CPU, it is moved to a right one, and goes on there. */
TEST_F(net, moved)
{
	int before = wrong_cpus();
	pid_t pid;

	pid = spawn(&(struct spawn){ .chain = { SPIN32 } });
	ASSERT_EQ(0, wait_step(pid));
	/* Another CPU may pull it before it runs on the wrong one. */
	for (int i = 0; i < TURNS && wrong_cpus() == before; i++) {
		if (i) {
			ASSERT_EQ(0, kill(pid, SIGSTOP));
			ASSERT_EQ(0, wait_step(pid));
		}
		ASSERT_EQ(0, inject("1"));
		ASSERT_EQ(0, kill(pid, SIGCONT));
		usleep(20000);
	}
	EXPECT_TRUE(caught(before));
	EXPECT_TRUE(gets_to(pid, &self->m.el32));
	EXPECT_TRUE(gets_user_time(pid));
	EXPECT_EQ(before + 1, wrong_cpus());
}

/* As long as nothing moves it, it waits; then it goes on. */
TEST_F(net, waits)
{
	int status = 0, before = wrong_cpus();
	pid_t pid;

	pid = spawn_misplaced();
	ASSERT_LT(0, pid);
	EXPECT_TRUE(caught(before));
	EXPECT_PROCESSOR(&self->m.el64, pid);

	ASSERT_EQ(0, inject_nothing());
	ASSERT_TRUE(ends(pid, TURNS, &status));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(EXIT32_STATUS, WEXITSTATUS(status));
}

/* A fatal signal ends it while it waits. */
TEST_F(net, killed)
{
	int status = 0, before = wrong_cpus();
	pid_t pid;

	pid = spawn_misplaced();
	ASSERT_LT(0, pid);
	EXPECT_TRUE(caught(before));
	EXPECT_PROCESSOR(&self->m.el64, pid);
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_TRUE(ends(pid, TURNS, &status));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGKILL, WTERMSIG(status));
}

/* The same for a program that has just been executed. */
TEST_F(net, exec)
{
	int status = 0, before = wrong_cpus();
	cpu_set_t mask;
	pid_t pid;

	mask = one_cpu(nth_cpu(&self->m.el64, 0));
	pid = spawn(&(struct spawn){
		.mask = &mask, .chain = { STEP64, EXIT32 } });
	ASSERT_EQ(0, wait_step(pid));
	ASSERT_EQ(0, inject("-1"));
	ASSERT_EQ(0, kill(pid, SIGCONT));
	EXPECT_TRUE(caught(before));
	ASSERT_EQ(0, inject_nothing());
	ASSERT_TRUE(ends(pid, TURNS, &status));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(EXIT32_STATUS, WEXITSTATUS(status));
}

TEST_HARNESS_MAIN
