// SPDX-License-Identifier: GPL-2.0
/*
 * Suspend and hibernation on a machine where not all CPUs run AArch32.  All
 * CPUs but one go offline, and nobody asks whether that one does.
 *
 * pm_test=processors stops half-way: the CPUs are taken down and brought up
 * again, and no wake-up device or image is needed.
 */
#include "kselftest_harness.h"
#include "cpuset.h"
#include "hotplug.h"

#define PM_DIR		"/sys/power/"
#define DELAY_FILE	"/sys/module/suspend/parameters/pm_test_delay"

FIXTURE(pm)
{
	struct machine m;
	struct hierarchy h;
	cpu_set_t online;
	char delay[16];
	bool testing;
	int from[2];
	int state;
};

FIXTURE_VARIANT(pm)
{
	const char *state;
	bool compat;		/* who asks */
};

FIXTURE_VARIANT_ADD(pm, disk_native)
{
	.state = "disk",
};

FIXTURE_VARIANT_ADD(pm, disk_compat)
{
	.state = "disk",
	.compat = true,
};

FIXTURE_VARIANT_ADD(pm, mem_native)
{
	.state = "mem",
};

FIXTURE_VARIANT_ADD(pm, mem_compat)
{
	.state = "mem",
	.compat = true,
};

/* Whether a file that lists its possible values has this one. */
static bool offers(const char *file, const char *value)
{
	size_t len = strlen(value);
	char buf[256];

	if (read_file(file, buf, sizeof(buf)) <= 0)
		return false;
	for (char *s = strtok(buf, " []\n"); s; s = strtok(NULL, " []\n")) {
		if (!strncmp(s, value, len) && !s[len])
			return true;
	}
	return false;
}

FIXTURE_SETUP(pm)
{
	self->h.root[0] = '\0';
	self->state = -1;
	self->from[0] = -1;
	self->from[1] = -1;
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(probe_machine(&self->m));
	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);
	if (!offers(PM_DIR "pm_test", "processors"))
		SKIP(return, "no " PM_DIR "pm_test here");
	if (!offers(PM_DIR "state", variant->state))
		SKIP(return, "no '%s' here", variant->state);
	if (!strcmp(variant->state, "mem") &&
	    !offers(PM_DIR "mem_sleep", "deep"))
		SKIP(return, "no suspend that takes CPUs offline");

	ASSERT_TRUE(read_cpulist(CPU_DIR "online", &self->online));
	if (read_file(DELAY_FILE, self->delay, sizeof(self->delay)) > 0)
		write_file(DELAY_FILE, "1");
	ASSERT_EQ(0, write_file(PM_DIR "pm_test", "processors"));
	self->testing = true;
	self->state = open(PM_DIR "state", O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, self->state);
	ASSERT_EQ(0, pipe(self->from));
}

FIXTURE_TEARDOWN(pm)
{
	end_all();
	if (self->h.root[0])
		close_hierarchy(&self->h);
	if (self->testing)
		write_file(PM_DIR "pm_test", "none");
	if (self->delay[0])
		write_file(DELAY_FILE, self->delay);
	close(self->from[0]);
	close(self->from[1]);
	close(self->state);
}

/* What COPY32 does, as a native program. */
static void copy64(void)
{
	char buf[64];
	ssize_t len;

	len = read(COPY_FROM, buf, sizeof(buf));
	len = write(COPY_TO, buf, len);
	if (len < 0)
		len = -errno;
	raise(SIGSTOP);
	_exit(len);
}

static pid_t request(const char *program, int from, int to,
		     const cpu_set_t *mask)
{
	char *argv[2] = {};
	pid_t pid;

	argv[0] = (char *)program;
	fflush(NULL);
	pid = fork();
	if (pid > 0)
		remember(pid);
	if (pid)
		return pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(from, COPY_FROM) < 0 || dup2(to, COPY_TO) < 0)
		_exit(errno);
	if (mask && sched_setaffinity(0, sizeof(*mask), mask))
		_exit(errno);
	if (!program)
		copy64();
	execv(program, argv);
	_exit(errno);
}

/*
 * The system comes back, with the CPUs and the tasks it had, and whoever asked
 * for it is where its user mode can run.
 */
TEST_F(pm, processors)
{
	const cpu_set_t *want = variant->compat ? &self->m.el32 :
						  &self->m.cpus;
	int len = strlen(variant->state), cpu = -1, before = wrong_cpus();
	const char *program = NULL;
	pid_t pid, pid32, pid64;
	cpu_set_t online, file;

	if (variant->compat) {
		program = payload_path(COPY32);
		ASSERT_NE(NULL, program);
	}
	/* One task of each kind that is frozen, and will go on. */
	pid32 = spawn(&(struct spawn){ .chain = { SPIN32 } });
	ASSERT_EQ(0, wait_step(pid32));
	ASSERT_EQ(0, kill(pid32, SIGCONT));
	pid64 = spawn(&(struct spawn){ .chain = { STEP64, STEP64 } });
	ASSERT_EQ(0, wait_step(pid64));

	ASSERT_EQ(len, write(self->from[1], variant->state, len));
	pid = request(program, self->from[0], self->state, NULL);
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(want, pid);
	EXPECT_PROCESSOR(want, pid);
	EXPECT_EQ(len, next_step(pid));
	EXPECT_EQ(before, wrong_cpus());

	ASSERT_TRUE(read_cpulist(CPU_DIR "online", &online));
	EXPECT_STREQ(cpulist(&self->online), cpulist(&online));
	if (self->m.listed) {
		ASSERT_TRUE(read_cpulist(AARCH32_EL0, &file));
		EXPECT_STREQ(cpulist(&self->m.file), cpulist(&file));
	}
	EXPECT_AFFINITY(&self->m.el32, pid32);
	EXPECT_PROCESSOR(&self->m.el32, pid32);
	EXPECT_AFFINITY(&self->m.cpus, pid64);
	EXPECT_EQ(0, next_step(pid64));
	while ((cpu = next_cpu(cpu, &self->m.el32)) >= 0) {
		cpu_set_t mask = one_cpu(cpu);

		EXPECT_EQ(0, try_exec32(&mask));
	}
	/* It is still that CPU which is kept. */
	if (CPU_COUNT(&self->m.el64)) {
		cpu_set_t kept = kept_cpus(&self->m.cpus);

		EXPECT_EQ(1, CPU_COUNT(&kept));
	}
}

/* What it had asked for before, it has again. */
TEST_F(pm, pinned)
{
	int len = strlen(variant->state);
	cpu_set_t mask;
	pid_t pid;

	if (!variant->compat)
		SKIP(return, "the affinity of native programs is not restored");
	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	/* The first CPU is the one that stays online. */
	mask = one_cpu(nth_cpu(&self->m.el32, CPU_COUNT(&self->m.el32) - 1));
	ASSERT_EQ(len, write(self->from[1], variant->state, len));
	pid = request(payload_path(COPY32), self->from[0], self->state, &mask);
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&mask, pid);
	EXPECT_PROCESSOR(&mask, pid);
	EXPECT_EQ(len, next_step(pid));
}

/*
 * When the CPU that cannot be offlined becomes isolated, another one takes its
 * place. Nobody but the suspend has touched a CPU before that.
 */
TEST_F(pm, kept_cpu_moves)
{
	int len = strlen(variant->state), other, kmsg;
	const char *group, *why;
	cpu_set_t kept, rest;
	bool moved = false;
	pid_t pid;

	if (variant->compat)
		SKIP(return, "the same with a native program will do");
	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);
	if (CPU_COUNT(&self->m.el32) != 2)
		SKIP(return, "needs exactly two CPUs that run AArch32");
	why = open_hierarchy(&self->h, 2);
	if (why)
		SKIP(return, "%s", why);
	kmsg = open_kmsg();
	if (kmsg < 0)
		SKIP(return, "needs the kernel log");

	kept = kept_cpus(&self->m.cpus);
	ASSERT_EQ(1, CPU_COUNT(&kept));
	rest = cpus_andnot(&self->m.el32, &kept);
	other = nth_cpu(&rest, 0);
	group = make_group(&self->h, NULL, "asym32", &kept);
	ASSERT_NE(NULL, group);

	ASSERT_EQ(len, write(self->from[1], variant->state, len));
	pid = request(NULL, self->from[0], self->state, NULL);
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_EQ(len, next_step(pid));

	ASSERT_TRUE(to_partition(group, "isolated"));
	for (int i = 0; i < 500 && !moved; i++) {
		moved = kmsg_says(kmsg, "CPU hot-unplug disabled on CPU");
		usleep(20000);
	}
	close(kmsg);
	EXPECT_TRUE(moved);
	EXPECT_EQ(-1, set_online(other, false));
	EXPECT_EQ(EPERM, errno);
	set_online(other, true);
}

TEST_HARNESS_MAIN
