// SPDX-License-Identifier: GPL-2.0
/*
 * What execve() of a 32-bit program does: whether it is allowed, and what
 * becomes of the CPU affinity of the task.
 *
 * The cases run in whatever cpuset the test is started in and never change
 * it; asym32-cpuset looks at execve() inside cpusets.
 */
#include <sys/personality.h>

#include "kselftest_harness.h"
#include "asym32.h"

#define PLACEMENT_TURNS	200

#define FAILSLAB	"/sys/kernel/debug/failslab/"
#define MAX_FAILURES	2000

FIXTURE(exec)
{
	struct machine m;
	int kmsg;
};

FIXTURE_SETUP(exec)
{
	ASSERT_TRUE(probe_machine(&self->m));
	self->kmsg = open_kmsg();
}

FIXTURE_TEARDOWN(exec)
{
	end_all();
	close(self->kmsg);
}

/* Without AArch32, or with a mismatch nobody asked to be ignored: ENOEXEC. */
TEST_F(exec, enoexec)
{
	int cpu = -1;
	pid_t pid;

	if (has_aarch32(&self->m))
		SKIP(return, "32-bit programs run here");

	EXPECT_EQ(ENOEXEC, self->m.err);
	while ((cpu = next_cpu(cpu, &self->m.cpus)) >= 0) {
		cpu_set_t mask = one_cpu(cpu);

		EXPECT_EQ(ENOEXEC, try_exec32(&mask))
			TH_LOG("on CPU %d", cpu);
	}

	/* The task that tried may still exec a native program. */
	pid = spawn(&(struct spawn){ .chain = { STEP64, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.cpus, pid);
	pid = spawn(&(struct spawn){ .chain = { STEP64, EXIT32 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_EQ(ENOEXEC, next_step(pid));
}

/* Every listed CPU runs 32-bit programs. */
TEST_F(exec, works)
{
	int cpu = -1;

	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);

	while ((cpu = next_cpu(cpu, &self->m.el32)) >= 0) {
		cpu_set_t mask = one_cpu(cpu);

		EXPECT_EQ(0, try_exec32(&mask))
			TH_LOG("on CPU %d", cpu);
	}
	EXPECT_EQ(0, try_exec32(&self->m.cpus));
}

/* PER_LINUX32 goes with the exec of 32-bit programs. */
TEST_F(exec, personality)
{
	int old = personality(0xffffffff);

	ASSERT_NE(-1, old);
	if (has_aarch32(&self->m)) {
		EXPECT_EQ(old, personality(PER_LINUX32));
		EXPECT_EQ(PER_LINUX32, personality(0xffffffff));
	} else {
		EXPECT_EQ(-1, personality(PER_LINUX32));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(old, personality(0xffffffff));
	}
}

/*
 * Rule 1: the affinity becomes its 32-bit subset, whatever the affinity was,
 * and the next native program gets all of it back.
 */
TEST_F(exec, rule1_root)
{
	cpu_set_t mask, want, seen;
	int cpu[6], nr = 0;
	pid_t pid;

	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);

	for (int i = 0; i < 3; i++) {
		cpu[nr] = nth_cpu(&self->m.el32, i);
		nr += cpu[nr] >= 0;
		cpu[nr] = nth_cpu(&self->m.el64, i);
		nr += cpu[nr] >= 0;
	}

	for (int bits = 1; bits < 1 << nr; bits++) {
		CPU_ZERO(&mask);
		for (int i = 0; i < nr; i++) {
			if (bits & 1 << i)
				CPU_SET(cpu[i], &mask);
		}
		want = cpus_and(&mask, &self->m.el32);
		if (!CPU_COUNT(&want))
			continue;

		pid = spawn(&(struct spawn){
			.mask = &mask,
			.chain = { STEP64, STEP32, STEP64 } });
		ASSERT_EQ(0, wait_step(pid));
		ASSERT_EQ(0, sched_getaffinity(pid, sizeof(seen), &seen));
		ASSERT_TRUE(CPU_EQUAL(&mask, &seen))
			TH_LOG("%s instead of %s", cpulist(&seen),
			       cpulist(&mask));
		ASSERT_EQ(0, next_step(pid));
		EXPECT_AFFINITY(&want, pid);
		EXPECT_PROCESSOR(&want, pid);
		ASSERT_EQ(0, next_step(pid));
		EXPECT_AFFINITY(&mask, pid);
		end_step(pid);
	}
}

/*
 * Rule 2 in its simplest form: a task pinned to a 64-bit-only CPU gets the
 * 32-bit CPUs of its cpuset, and its pin back from the next native program.
 */
TEST_F(exec, rule2_pinned)
{
	cpu_set_t mask;
	pid_t pid;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	mask = one_cpu(nth_cpu(&self->m.el64, 0));
	pid = spawn(&(struct spawn){
		.mask = &mask, .chain = { STEP64, STEP32, STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&mask, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.el32, pid);
	EXPECT_PROCESSOR(&self->m.el32, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.el32, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&mask, pid);
}

/* The child of a 32-bit task starts with the affinity of its parent. */
TEST_F(exec, fork_inherits)
{
	pid_t pid, clone;

	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);

	pid = spawn(&(struct spawn){ .chain = { FORK32 } });
	ASSERT_LT(0, pid);
	for (int i = 0; i < 2; i++) {
		clone = waitpid(-1, NULL, WUNTRACED);
		ASSERT_LT(0, clone);
		if (clone != pid)
			remember(clone);
		EXPECT_AFFINITY(&self->m.el32, clone);
		EXPECT_PROCESSOR(&self->m.el32, clone);
	}
}

/* What exec saved is inherited too: it comes back in a native grandchild. */
TEST_F(exec, fork_then_native)
{
	pid_t pid, got, clone = 0;
	cpu_set_t mask;

	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);

	/* One CPU of each kind, and none where there is but one kind. */
	mask = one_cpu(nth_cpu(&self->m.el32, 0));
	if (CPU_COUNT(&self->m.el64))
		CPU_SET(nth_cpu(&self->m.el64, 0), &mask);

	for (int turn = 0; turn < 2; turn++) {
		const cpu_set_t *asked = turn ? &mask : NULL;
		const cpu_set_t *want = turn ? &mask : &self->m.cpus;
		cpu_set_t want32 = cpus_and(want, &self->m.el32);

		pid = spawn(&(struct spawn){
			.mask = asked, .chain = { FORK32, STEP64 } });
		ASSERT_LT(0, pid);
		for (int i = 0; i < 2; i++) {
			got = waitpid(-1, NULL, WUNTRACED);
			ASSERT_LT(0, got);
			if (got != pid)
				clone = got;
		}
		ASSERT_NE(0, clone);
		remember(clone);

		EXPECT_AFFINITY(&want32, clone);
		ASSERT_EQ(0, next_step(clone));
		EXPECT_AFFINITY(want, clone);
		/* The parent is a 32-bit task still. */
		EXPECT_AFFINITY(&want32, pid);
		ASSERT_EQ(0, next_step(pid));
		EXPECT_AFFINITY(want, pid);
		end_step(clone);
		end_step(pid);
		clone = 0;
	}
}

/* 32-bit to 32-bit keeps the affinity and has nothing to report. */
TEST_F(exec, chain32)
{
	pid_t pid;

	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);

	pid = spawn(&(struct spawn){
		.chain = { STEP32, STEP32, STEP32, STEP64 } });
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, i ? next_step(pid) : wait_step(pid));
		EXPECT_AFFINITY(&self->m.el32, pid);
		EXPECT_PROCESSOR(&self->m.el32, pid);
	}
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.cpus, pid);
	if (self->kmsg >= 0)
		EXPECT_EQ(0, count_overrides(self->kmsg, pid));
}

/* Back in a native program, the task has the affinity it had before. */
TEST_F(exec, restore)
{
	cpu_set_t mask;
	int cpu = -1;
	pid_t pid;

	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);

	/* Nothing was ever asked for. */
	pid = spawn(&(struct spawn){ .chain = { STEP64, STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&self->m.cpus, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.el32, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.cpus, pid);
	end_step(pid);

	/* Something was, and the request outlives several programs. */
	while ((cpu = next_cpu(cpu, &self->m.el32)) >= 0) {
		cpu_set_t want = one_cpu(cpu);

		mask = cpus_or(&want, &self->m.el64);
		pid = spawn(&(struct spawn){
			.mask = &mask,
			.chain = { STEP32, STEP64, STEP32, STEP32, STEP64 } });
		ASSERT_EQ(0, wait_step(pid));
		EXPECT_AFFINITY(&want, pid);
		ASSERT_EQ(0, next_step(pid));
		EXPECT_AFFINITY(&mask, pid);
		ASSERT_EQ(0, next_step(pid));
		EXPECT_AFFINITY(&want, pid);
		ASSERT_EQ(0, next_step(pid));
		EXPECT_AFFINITY(&want, pid);
		ASSERT_EQ(0, next_step(pid));
		EXPECT_AFFINITY(&mask, pid);
		end_step(pid);
	}
}

/* STEP32, and the @nth allocation on the way there fails. */
static pid_t spawn_failing(const cpu_set_t *mask, const char *path, int nth)
{
	char *argv[2] = {};
	char buf[16];
	pid_t pid;

	argv[0] = (char *)path;
	snprintf(buf, sizeof(buf), "%d", nth);
	fflush(NULL);
	pid = fork();
	if (pid > 0)
		remember(pid);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (sched_setaffinity(0, sizeof(*mask), mask) ||
	    write_file("/proc/thread-self/fail-nth", buf))
		_exit(255);
	execv(argv[0], argv);
	_exit(errno);
}

/*
 * Rule 3: without memory to work in, every CPU that runs AArch32 will do, and
 * the kernel says so.  Which allocation that is nobody knows, so fail all of
 * them in turn; the exec fails for most.
 */
TEST_F(exec, rule3_failslab)
{
	char reclaim[16], verbose[16], path[48], left[16];
	int seen = 0, ret, nth;
	const char *program;
	cpu_set_t mask;
	pid_t pid;

	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);
	if (!self->m.listed)
		SKIP(return, "no " PARAMETER " on the command line");
	if (CPU_COUNT(&self->m.el32) < 2)
		SKIP(return, "needs two CPUs that run AArch32");
	if (geteuid() || self->kmsg < 0 ||
	    access("/proc/self/fail-nth", W_OK) ||
	    read_file(FAILSLAB "ignore-gfp-wait", reclaim,
		      sizeof(reclaim)) <= 0 ||
	    read_file(FAILSLAB "verbose", verbose, sizeof(verbose)) <= 0)
		SKIP(return, "no allocation can be made to fail here");

	program = payload_path(STEP32);
	ASSERT_NE(NULL, program);
	ASSERT_EQ(0, write_file(FAILSLAB "ignore-gfp-wait", "N"));
	ASSERT_EQ(0, write_file(FAILSLAB "verbose", "0"));

	mask = one_cpu(nth_cpu(&self->m.el32, 1));
	for (nth = 1; nth < MAX_FAILURES; nth++) {
		pid = spawn_failing(&mask, program, nth);
		ret = wait_step(pid);
		EXPECT_NE(255, ret);
		if (ret)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/fail-nth", pid);
		EXPECT_LT(0, read_file(path, left, sizeof(left)));
		seen += count_overrides(self->kmsg, pid);
		/* All that run AArch32, of those that were asked for. */
		EXPECT_AFFINITY(&mask, pid);
		EXPECT_PROCESSOR(&self->m.el32, pid);
		end_step(pid);
		/* No more of them. */
		if (atoi(left) > 0)
			break;
	}
	write_file(FAILSLAB "ignore-gfp-wait", reclaim);
	write_file(FAILSLAB "verbose", verbose);

	EXPECT_GT(MAX_FAILURES, nth);
	EXPECT_EQ(1, seen)
		TH_LOG("in %d turns", nth);
}

/* A 32-bit program never gets to see a 64-bit-only CPU. */
TEST_F(exec, placement)
{
	int cpu, status, nr;
	pid_t pid[12];

	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);

	/* As seen by the first instructions after exec ... */
	for (int i = 0; i < PLACEMENT_TURNS; i++) {
		cpu_set_t mask = self->m.cpus;

		if (i & 1 && CPU_COUNT(&self->m.el64)) {
			cpu = nth_cpu(&self->m.el32,
				      i % CPU_COUNT(&self->m.el32));
			mask = one_cpu(cpu);
			mask = cpus_or(&mask, &self->m.el64);
		}
		status = wait_step(spawn(&(struct spawn){
			.mask = &mask, .chain = { CPU32 } }));
		/* An exit status has 8 bits. */
		cpu = -1;
		do {
			cpu = next_cpu(cpu, &self->m.el32);
		} while (cpu >= 0 && (cpu & 0xff) != status);
		ASSERT_LE(0, cpu)
			TH_LOG("ran on CPU %d, not on one of %s", status,
			       cpulist(&self->m.el32));
	}

	/* ... and while more of them spin than there are CPUs. */
	nr = CPU_COUNT(&self->m.el32) + 2;
	if (nr > (int)ARRAY_SIZE(pid))
		nr = ARRAY_SIZE(pid);
	for (int i = 0; i < nr; i++) {
		pid[i] = spawn(&(struct spawn){ .chain = { SPIN32 } });
		ASSERT_EQ(0, wait_step(pid[i]));
	}
	for (int i = 0; i < nr; i++)
		ASSERT_EQ(0, kill(pid[i], SIGCONT));
	for (int i = 0; i < PLACEMENT_TURNS; i++) {
		EXPECT_PROCESSOR(&self->m.el32, pid[i % nr]);
		usleep(1000);
	}
}

/* The hwcaps of a 32-bit program do not depend on where it was started. */
TEST_F(exec, hwcap)
{
	unsigned long first = 0, now, want;
	int cpu = -1;

	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);

	want = least_hwcap32();
	while ((cpu = next_cpu(cpu, &self->m.cpus)) >= 0) {
		cpu_set_t mask = one_cpu(cpu);
		pid_t pid = spawn(&(struct spawn){
			.mask = &mask, .chain = { STEP32 } });

		ASSERT_EQ(0, wait_step(pid));
		now = read_hwcap(pid, false);
		EXPECT_EQ(want, now & want);
		if (!first)
			first = now;
		EXPECT_EQ(first, now)
			TH_LOG("started on CPU %d", cpu);
		end_step(pid);
	}
}

/*
 * /proc/cpuinfo under PER_LINUX32 describes a 32-bit machine, and lists every
 * CPU all the same: C libraries count CPUs there.
 */
TEST_F(exec, cpuinfo32)
{
	static char buf[1 << 20];
	cpu_set_t seen, online;
	int cpu;

	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);
	ASSERT_TRUE(read_cpulist("/sys/devices/system/cpu/online", &online));
	ASSERT_NE(-1, personality(PER_LINUX32));
	ASSERT_LT(0, read_file("/proc/cpuinfo", buf, sizeof(buf)));

	CPU_ZERO(&seen);
	for (char *line = strtok(buf, "\n"); line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "processor : %d", &cpu) == 1)
			CPU_SET(cpu, &seen);
		if (strncmp(line, "Features", strlen("Features")))
			continue;
		EXPECT_NE(NULL, strstr(line, " half "))
			TH_LOG("%s", line);
		EXPECT_NE(NULL, strstr(line, " thumb "))
			TH_LOG("%s", line);
		EXPECT_EQ(NULL, strstr(line, " asimd "))
			TH_LOG("%s", line);
	}
	EXPECT_STREQ(cpulist(&online), cpulist(&seen));
}

/*
 * The affinity of a deadline task is not restricted behind the back of the
 * admission control, but where all CPUs of its root domain run 32-bit programs
 * there is nothing to restrict: no change and no message.
 */
TEST_F(exec, deadline_quiet)
{
	cpu_set_t others;
	char runtime[32];
	pid_t pid;
	int ret;

	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);
	/* Offline CPUs count, too: they are part of the affinity. */
	ASSERT_TRUE(read_cpulist("/sys/devices/system/cpu/possible", &others));
	others = cpus_andnot(&others, &self->m.file);
	if (self->m.listed && CPU_COUNT(&others))
		SKIP(return, "CPUs %s are not known to run AArch32",
		     cpulist(&others));
	if (geteuid() || self->kmsg < 0)
		SKIP(return, "needs root and the kernel log");
	if (read_file("/proc/sys/kernel/sched_rt_runtime_us", runtime,
		      sizeof(runtime)) > 0 && atoi(runtime) < 0)
		SKIP(return, "admission control is switched off");

	pid = spawn(&(struct spawn){
		.deadline = true, .chain = { STEP64, STEP32, STEP32 } });
	ret = wait_step(pid);
	if (ret == EPERM || ret == EBUSY)
		SKIP(return, "no deadline task admitted here: %s",
		     strerror(ret));
	ASSERT_EQ(0, ret);
	EXPECT_AFFINITY(&self->m.cpus, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.cpus, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.cpus, pid);
	EXPECT_EQ(0, count_overrides(self->kmsg, pid));
}

TEST_HARNESS_MAIN
