// SPDX-License-Identifier: GPL-2.0
/*
 * 32-bit tasks and SCHED_DEADLINE, whose admission control counts on every CPU
 * of a root domain: there must be none in it that cannot run the task.
 */
#include "kselftest_harness.h"
#include "cpuset.h"

#define RT_RUNTIME	"/proc/sys/kernel/sched_rt_runtime_us"

FIXTURE(dl)
{
	struct machine m;
	struct hierarchy h;
	char runtime[32];
	int kmsg;
};

FIXTURE_SETUP(dl)
{
	const char *why;

	self->kmsg = -1;
	self->runtime[0] = '\0';
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(probe_machine(&self->m));
	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);
	if (read_file(RT_RUNTIME, self->runtime, sizeof(self->runtime)) <= 0 ||
	    atoi(self->runtime) < 0)
		SKIP(return, "admission control is switched off");
	why = open_hierarchy(&self->h, 2);
	if (why) {
		close_hierarchy(&self->h);
		SKIP(return, "%s", why);
	}
	self->kmsg = open_kmsg();
}

FIXTURE_TEARDOWN(dl)
{
	end_all();
	close_hierarchy(&self->h);
	if (self->runtime[0])
		write_file(RT_RUNTIME, self->runtime);
	close(self->kmsg);
}

static int policy(pid_t pid)
{
	return sched_getscheduler(pid) & ~SCHED_RESET_ON_FORK;
}

#define DEADLINE	6	/* SCHED_DEADLINE, which libc may not have */

/* A 32-bit task does not become one where other CPUs are around ... */
TEST_F(dl, setattr_denied)
{
	pid_t pid;

	pid = spawn(&(struct spawn){ .chain = { STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_EQ(-1, set_deadline(pid));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(SCHED_OTHER, policy(pid));
	/* With all its CPUs back it does. */
	ASSERT_EQ(0, next_step(pid));
	EXPECT_EQ(0, set_deadline(pid));
	EXPECT_EQ(DEADLINE, policy(pid));
}

/* ... unless nobody controls the admission. */
TEST_F(dl, setattr_admission_off)
{
	pid_t pid;

	ASSERT_EQ(0, write_file(RT_RUNTIME, "-1"));
	pid = spawn(&(struct spawn){ .chain = { STEP32, STEP32 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_EQ(0, set_deadline(pid));
	EXPECT_EQ(DEADLINE, policy(pid));
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.el32, pid);
	EXPECT_PROCESSOR(&self->m.el32, pid);
}

/* A deadline task does not become a 32-bit one there, either. */
TEST_F(dl, exec_enoexec)
{
	pid_t pid;

	pid = spawn(&(struct spawn){
		.deadline = true, .chain = { STEP64, EXIT32 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_EQ(DEADLINE, policy(pid));
	EXPECT_AFFINITY(&self->m.cpus, pid);
	EXPECT_EQ(ENOEXEC, next_step(pid));
}

TEST_F(dl, exec_admission_off)
{
	pid_t pid;

	ASSERT_EQ(0, write_file(RT_RUNTIME, "-1"));
	pid = spawn(&(struct spawn){
		.deadline = true, .chain = { STEP64, STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	ASSERT_EQ(0, next_step(pid));
	EXPECT_EQ(DEADLINE, policy(pid));
	EXPECT_AFFINITY(&self->m.el32, pid);
	EXPECT_PROCESSOR(&self->m.el32, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.cpus, pid);
}

/* Where all CPUs run 32-bit tasks, everything goes, and quietly so. */
TEST_F(dl, partition_ok)
{
	const char *group;
	pid_t pid;

	group = make_partition(&self->h, "asym32-dl", &self->m.el32, "root");
	ASSERT_NE(NULL, group);

	pid = spawn(&(struct spawn){
		.procs = tasks_file(group), .deadline = true,
		.chain = { STEP64, STEP32, STEP32, STEP64 } });
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, i ? next_step(pid) : wait_step(pid));
		EXPECT_EQ(DEADLINE, policy(pid));
		EXPECT_AFFINITY(&self->m.el32, pid);
		EXPECT_PROCESSOR(&self->m.el32, pid);
	}
	if (self->kmsg >= 0)
		EXPECT_EQ(0, count_overrides(self->kmsg, pid));
	end_step(pid);

	pid = spawn(&(struct spawn){
		.procs = tasks_file(group), .chain = { STEP32 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_EQ(0, set_deadline(pid));
	EXPECT_EQ(DEADLINE, policy(pid));
}

/* But then the task does not leave for a root domain with other CPUs. */
TEST_F(dl, attach_denied)
{
	const char *group, *wide, *only64;
	pid_t pid;

	wide = make_group(&self->h, NULL, "asym32-wide", &self->m.cpus);
	ASSERT_NE(NULL, wide);
	only64 = make_group(&self->h, NULL, "asym32-only64", &self->m.el64);
	ASSERT_NE(NULL, only64);
	group = make_partition(&self->h, "asym32-dl", &self->m.el32, "root");
	ASSERT_NE(NULL, group);

	pid = spawn(&(struct spawn){
		.procs = tasks_file(group), .deadline = true,
		.chain = { STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	for (int i = 0; i < 2; i++) {
		const char *to = i ? only64 : wide;

		EXPECT_EQ(-1, attach(to, pid))
			TH_LOG("to %s", to);
		EXPECT_EQ(EBUSY, errno);
		EXPECT_AFFINITY(&self->m.el32, pid);
		EXPECT_EQ(DEADLINE, policy(pid));
		/* In case it went all the same. */
		attach(group, pid);
	}

	/* A native one may. */
	ASSERT_EQ(0, next_step(pid));
	EXPECT_EQ(0, attach(only64, pid));
	EXPECT_AFFINITY(&self->m.el64, pid);
	EXPECT_EQ(DEADLINE, policy(pid));
}

TEST_HARNESS_MAIN
