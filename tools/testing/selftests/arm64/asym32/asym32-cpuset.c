// SPDX-License-Identifier: GPL-2.0
/*
 * 32-bit programs inside cpusets, on both cgroup versions: from execve() on the
 * task stays in its cpuset as long as that has a CPU for it, and otherwise goes
 * no further up than it has to, whatever happens to the cpusets and to the CPUs.
 *
 * Every case builds its own groups and removes them; the test itself never
 * moves.
 */
#include <dirent.h>

#include "kselftest_harness.h"
#include "cpuset.h"

#define RATELIMIT	"/proc/sys/kernel/printk_ratelimit"

FIXTURE(cpuset)
{
	struct machine m;
	struct hierarchy h;
	char ratelimit[32];
	int kmsg;
	int cpu;		/* the one that was put offline */

	cpu_set_t all;		/* all CPUs the test may use */
	cpu_set_t most;		/* without one that runs AArch32 */
	cpu_set_t some32;	/* those of them that do */
};

FIXTURE_VARIANT(cpuset)
{
	int version;
};

FIXTURE_VARIANT_ADD(cpuset, v1)
{
	.version = 1,
};

FIXTURE_VARIANT_ADD(cpuset, v2)
{
	.version = 2,
};

static int only_cpuset_files(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "cpuset.", strlen("cpuset."));
}

/* Name and content of every cpuset file of a group, for comparison. */
static char *snapshot(const char *group)
{
	struct dirent **entry;
	char *text, buf[1024];
	size_t size;
	FILE *out;
	int nr;

	nr = scandir(group, &entry, only_cpuset_files, alphasort);
	out = open_memstream(&text, &size);
	if (nr <= 0 || !out)
		return NULL;
	for (int i = 0; i < nr; i++) {
		if (read_file(group_file(group, entry[i]->d_name), buf,
			      sizeof(buf)) >= 0)
			fprintf(out, "%s=%s", entry[i]->d_name, buf);
		free(entry[i]);
	}
	free(entry);
	fclose(out);
	return text;
}

static char *membership(pid_t pid)
{
	char path[32], *buf = malloc(4096);

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	if (buf && read_file(path, buf, 4096) <= 0)
		buf[0] = '\0';
	return buf;
}

/* Where the rate limit cannot be lifted, a message may be missing. */
#define EXPECT_OVERRIDES(nr, pid) do {					\
	int overrides, want = nr;					\
									\
	if (self->kmsg < 0)						\
		break;							\
	overrides = count_overrides(self->kmsg, pid);			\
	EXPECT_GE(want, overrides);					\
	if (self->ratelimit[0])						\
		EXPECT_EQ(want, overrides);				\
} while (0)

FIXTURE_SETUP(cpuset)
{
	const char *why;
	int last;

	self->kmsg = -1;
	self->cpu = -1;
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(probe_machine(&self->m));
	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);
	if (CPU_COUNT(&self->m.el32) < 2)
		SKIP(return, "needs two CPUs that run AArch32");

	self->all = self->m.cpus;
	self->most = self->all;
	for (last = CPU_SETSIZE - 1; !CPU_ISSET(last, &self->m.el32); last--)
		;
	CPU_CLR(last, &self->most);
	self->some32 = cpus_and(&self->most, &self->m.el32);

	why = open_hierarchy(&self->h, variant->version);
	if (why) {
		close_hierarchy(&self->h);
		SKIP(return, "%s", why);
	}

	/* The messages looked for are rate limited. */
	self->kmsg = open_kmsg();
	if (read_file(RATELIMIT, self->ratelimit,
		      sizeof(self->ratelimit)) < 0 ||
	    write_file(RATELIMIT, "0"))
		self->ratelimit[0] = '\0';
}

FIXTURE_TEARDOWN(cpuset)
{
	end_all();
	if (self->cpu >= 0)
		set_online(self->cpu, true);
	close_hierarchy(&self->h);
	if (self->ratelimit[0])
		write_file(RATELIMIT, self->ratelimit);
	close(self->kmsg);
}

/*
 * Rule 1: the new affinity is the 32-bit subset of the affinity the task has,
 * which is what its cpuset allows if nobody ever asked for anything.
 */
TEST_F(cpuset, rule1_in_cpuset)
{
	const char *top, *group;
	pid_t pid;

	top = make_group(&self->h, NULL, "asym32", &self->all);
	ASSERT_NE(NULL, top);
	group = make_group(&self->h, top, "most", &self->most);
	ASSERT_NE(NULL, group);

	pid = spawn(&(struct spawn){
		.procs = tasks_file(group), .chain = { STEP64, STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&self->most, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->some32, pid);
	EXPECT_PROCESSOR(&self->some32, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->most, pid);
	EXPECT_OVERRIDES(0, pid);
}

/*
 * The same with a request: one that the cpuset covers in part, and one made
 * before the task came to a cpuset that does not cover it at all.
 */
TEST_F(cpuset, rule1_requested)
{
	cpu_set_t lost = cpus_andnot(&self->all, &self->most);
	cpu_set_t keep = one_cpu(nth_cpu(&self->some32, 0));
	const char *top, *group, *wide;
	cpu_set_t mask;
	pid_t pid;

	top = make_group(&self->h, NULL, "asym32", &self->all);
	ASSERT_NE(NULL, top);
	group = make_group(&self->h, top, "most", &self->most);
	ASSERT_NE(NULL, group);
	wide = make_group(&self->h, top, "wide", &self->all);
	ASSERT_NE(NULL, wide);

	mask = cpus_or(&lost, &keep);
	pid = spawn(&(struct spawn){
		.mask = &mask, .chain = { STEP64, STEP64, STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&mask, pid);
	ASSERT_EQ(0, attach(group, pid));
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&keep, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&keep, pid);
	/* The request itself is not forgotten. */
	ASSERT_EQ(0, attach(wide, pid));
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&mask, pid);
	end_step(pid);

	pid = spawn(&(struct spawn){
		.mask = &lost, .chain = { STEP64, STEP32, STEP32 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&lost, pid);
	ASSERT_EQ(0, attach(group, pid));
	EXPECT_AFFINITY(&self->most, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->some32, pid);
	EXPECT_PROCESSOR(&self->some32, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->some32, pid);
	EXPECT_OVERRIDES(0, pid);
}

/* From one 32-bit program to the next, the affinity stays, and quietly so. */
TEST_F(cpuset, chain32)
{
	const char *top, *group;
	pid_t pid;

	top = make_group(&self->h, NULL, "asym32", &self->all);
	ASSERT_NE(NULL, top);
	group = make_group(&self->h, top, "most", &self->most);
	ASSERT_NE(NULL, group);

	pid = spawn(&(struct spawn){
		.procs = tasks_file(group), .chain = { STEP32, STEP32, STEP32 } });
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, i ? next_step(pid) : wait_step(pid));
		EXPECT_AFFINITY(&self->some32, pid);
		EXPECT_PROCESSOR(&self->some32, pid);
	}
	EXPECT_OVERRIDES(0, pid);
}

/*
 * Rule 2: no CPU of the cpuset runs AArch32, nor does one of its parent.  The
 * nearest ancestor that has such CPUs decides, not the root; one message says
 * so, and the next 32-bit program has nothing to add.
 */
TEST_F(cpuset, rule2_walk)
{
	const char *top, *parent, *child;
	pid_t pid;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	top = make_group(&self->h, NULL, "asym32", &self->most);
	ASSERT_NE(NULL, top);
	parent = make_group(&self->h, top, "parent", &self->m.el64);
	ASSERT_NE(NULL, parent);
	child = make_group(&self->h, parent, "child", &self->m.el64);
	ASSERT_NE(NULL, child);

	pid = spawn(&(struct spawn){
		.procs = tasks_file(child),
		.chain = { STEP64, STEP32, STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&self->m.el64, pid);
	EXPECT_OVERRIDES(0, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->some32, pid);
	EXPECT_PROCESSOR(&self->some32, pid);
	EXPECT_OVERRIDES(1, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->some32, pid);
	EXPECT_OVERRIDES(0, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.el64, pid);
	EXPECT_OVERRIDES(0, pid);
}

/* None of that moves the task or rewrites a cpuset. */
TEST_F(cpuset, exec_in_64only)
{
	char *before[3], *after[3], *home;
	const char *group[2];
	pid_t pid;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	group[0] = make_group(&self->h, NULL, "asym32", &self->most);
	ASSERT_NE(NULL, group[0]);
	group[1] = make_group(&self->h, group[0], "only64", &self->m.el64);
	ASSERT_NE(NULL, group[1]);

	pid = spawn(&(struct spawn){
		.procs = tasks_file(group[1]), .chain = { STEP64, STEP32 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&self->m.el64, pid);
	home = membership(pid);
	ASSERT_NE(NULL, strstr(home, "/asym32/only64"));
	for (int i = 0; i < 2; i++)
		ASSERT_NE(NULL, before[i] = snapshot(group[i]));

	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->some32, pid);
	EXPECT_PROCESSOR(&self->some32, pid);
	EXPECT_OVERRIDES(1, pid);
	EXPECT_STREQ(home, membership(pid));
	for (int i = 0; i < 2; i++) {
		ASSERT_NE(NULL, after[i] = snapshot(group[i]));
		EXPECT_STREQ(before[i], after[i]);
	}
}

/*
 * A 32-bit task whose affinity no longer has to do with its cpuset, as the
 * cpuset was narrowed to CPUs that the task cannot use, is back inside what
 * the hierarchy allows after its next exec at the latest.
 */
TEST_F(cpuset, exec_after_shrink)
{
	cpu_set_t lost = cpus_andnot(&self->all, &self->most);
	const char *top, *group;
	pid_t pid;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	top = make_group(&self->h, NULL, "asym32", &self->all);
	ASSERT_NE(NULL, top);
	group = make_group(&self->h, top, "group", &lost);
	ASSERT_NE(NULL, group);

	pid = spawn(&(struct spawn){
		.procs = tasks_file(group), .chain = { STEP32, STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&lost, pid);
	ASSERT_EQ(0, set_cpus(group, &self->m.el64));
	ASSERT_EQ(0, set_cpus(top, &self->most));
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->some32, pid);
	EXPECT_PROCESSOR(&self->some32, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.el64, pid);
}

/*
 * A cpuset that loses its 32-bit CPUs while a 32-bit task is in it is as good
 * as one that never had any; with the first one it gets it is back to normal.
 */
TEST_F(cpuset, shrink_to_64only)
{
	cpu_set_t lost = cpus_andnot(&self->all, &self->most);
	const char *top, *group;
	char *home;
	pid_t pid;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	top = make_group(&self->h, NULL, "asym32", &self->all);
	ASSERT_NE(NULL, top);
	group = make_group(&self->h, top, "group", &lost);
	ASSERT_NE(NULL, group);

	pid = spawn(&(struct spawn){
		.procs = tasks_file(group), .chain = { STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&lost, pid);
	home = membership(pid);

	ASSERT_EQ(0, set_cpus(group, &self->m.el64));
	EXPECT_AFFINITY(&self->m.el32, pid);
	EXPECT_STREQ(home, membership(pid));
	ASSERT_EQ(0, set_cpus(group, &self->most));
	EXPECT_AFFINITY(&self->some32, pid);
	ASSERT_EQ(0, set_cpus(group, &self->m.el64));
	EXPECT_AFFINITY(&self->m.el32, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.el64, pid);
}

/* A task that runs on CPUs of an ancestor follows what becomes of these. */
TEST_F(cpuset, ancestor_changes)
{
	const char *top, *parent, *child;
	cpu_set_t lost;
	pid_t pid;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	top = make_group(&self->h, NULL, "asym32", &self->all);
	ASSERT_NE(NULL, top);
	parent = make_group(&self->h, top, "parent", &self->m.el64);
	ASSERT_NE(NULL, parent);
	child = make_group(&self->h, parent, "child", &self->m.el64);
	ASSERT_NE(NULL, child);

	pid = spawn(&(struct spawn){
		.procs = tasks_file(child), .chain = { STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&self->m.el32, pid);

	ASSERT_EQ(0, set_cpus(top, &self->most));
	EXPECT_AFFINITY(&self->some32, pid);
	ASSERT_EQ(0, set_cpus(top, &self->all));
	EXPECT_AFFINITY(&self->m.el32, pid);
	lost = cpus_andnot(&self->all, &self->some32);
	ASSERT_EQ(0, set_cpus(parent, &lost));
	lost = cpus_and(&lost, &self->m.el32);
	EXPECT_AFFINITY(&lost, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.el64, pid);
}

/* A task that comes to a cpuset without 32-bit CPUs, with and without a pin. */
TEST_F(cpuset, move_into_64only)
{
	cpu_set_t lost = cpus_andnot(&self->all, &self->most);
	const char *top, *only64, *wide;
	pid_t pid;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	top = make_group(&self->h, NULL, "asym32", &self->most);
	ASSERT_NE(NULL, top);
	only64 = make_group(&self->h, top, "only64", &self->m.el64);
	ASSERT_NE(NULL, only64);
	wide = make_group(&self->h, NULL, "asym32-wide", &self->all);
	ASSERT_NE(NULL, wide);

	for (int pinned = 0; pinned < 2; pinned++) {
		const cpu_set_t *want = pinned ? &lost : &self->m.el32;

		pid = spawn(&(struct spawn){
			.procs = tasks_file(wide),
			.mask = pinned ? &lost : NULL, .chain = { STEP32 } });
		ASSERT_EQ(0, wait_step(pid));
		EXPECT_AFFINITY(want, pid);
		ASSERT_EQ(0, attach(only64, pid));
		EXPECT_AFFINITY(&self->some32, pid);
		ASSERT_EQ(0, attach(wide, pid));
		EXPECT_AFFINITY(want, pid);
		end_step(pid);
	}
}

/* The task uses CPUs of the parent, which another cpuset has others of. */
TEST_F(cpuset, move_between_borrowers)
{
	const char *parent, *group[2];
	cpu_set_t lone[2], cpus;
	pid_t pid;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	for (int i = 0; i < 2; i++) {
		lone[i] = one_cpu(nth_cpu(&self->m.el32, i));
		cpus = cpus_or(&self->m.el64, &lone[i]);
		parent = make_group(&self->h, NULL, i ? "asym32-b" : "asym32-a",
				    &cpus);
		ASSERT_NE(NULL, parent);
		group[i] = make_group(&self->h, parent, "only64",
				      &self->m.el64);
		ASSERT_NE(NULL, group[i]);
	}

	pid = spawn(&(struct spawn){
		.procs = tasks_file(group[0]), .chain = { STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&lone[0], pid);
	ASSERT_EQ(0, attach(group[1], pid));
	EXPECT_AFFINITY(&lone[1], pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.el64, pid);
}

/*
 * The only 32-bit CPU of a cpuset goes offline: rule 2, for a task that is on
 * this CPU as for tasks that are not running, and nothing is forgotten. In v1
 * the CPU is struck off the cpuset, too, and not put back by itself.
 */
TEST_F(cpuset, offline_all32)
{
	enum { STOPPED, PINNED, SPINNING, NR_TASKS };
	cpu_set_t lone, rest, cpus, mask;
	const char *top, *group;
	pid_t pid[NR_TASKS];
	int cpu;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);
	cpu = offline_one(&self->m.el32);
	if (cpu < 0)
		SKIP(return, "no CPU that runs AArch32 can be offlined");
	ASSERT_EQ(0, set_online(cpu, true));
	lone = one_cpu(cpu);
	rest = cpus_andnot(&self->m.el32, &lone);
	cpus = cpus_or(&lone, &self->m.el64);
	mask = one_cpu(nth_cpu(&self->m.el64, 0));
	mask = cpus_or(&mask, &lone);

	top = make_group(&self->h, NULL, "asym32", &self->all);
	ASSERT_NE(NULL, top);
	group = make_group(&self->h, top, "group", &cpus);
	ASSERT_NE(NULL, group);
	for (int i = 0; i < NR_TASKS; i++) {
		pid[i] = spawn(&(struct spawn){
			.procs = tasks_file(group),
			.mask = i == STOPPED ? NULL : &mask,
			.chain = { i == SPINNING ? SPIN32 : STEP32, STEP64 } });
		ASSERT_EQ(0, wait_step(pid[i]));
		EXPECT_STREQ(cpulist(&lone), allowed(pid[i]));
	}
	ASSERT_EQ(0, kill(pid[SPINNING], SIGCONT));
	usleep(10000);
	EXPECT_PROCESSOR(&lone, pid[SPINNING]);

	self->cpu = cpu;
	ASSERT_EQ(0, set_online(cpu, false));
	for (int i = 0; i < NR_TASKS; i++) {
		EXPECT_STREQ(cpulist(&rest), allowed(pid[i]))
			TH_LOG("task %d", i);
	}
	EXPECT_PROCESSOR(&rest, pid[SPINNING]);

	ASSERT_EQ(0, set_online(cpu, true));
	self->cpu = -1;
	if (variant->version == 1) {
		ASSERT_EQ(0, set_cpus(top, &self->all));
		ASSERT_EQ(0, set_cpus(group, &cpus));
	}
	for (int i = 0; i < NR_TASKS; i++) {
		EXPECT_STREQ(cpulist(&lone), allowed(pid[i]))
			TH_LOG("task %d", i);
	}
	usleep(10000);
	EXPECT_PROCESSOR(&lone, pid[SPINNING]);

	ASSERT_EQ(0, next_step(pid[STOPPED]));
	EXPECT_STREQ(cpulist(&cpus), allowed(pid[STOPPED]));
	ASSERT_EQ(0, next_step(pid[PINNED]));
	EXPECT_STREQ(cpulist(&mask), allowed(pid[PINNED]));
}

/*
 * The same in the root cpuset, which no hotplug event updates: only a task that
 * has to leave its CPU is affected, and its request is kept.
 */
TEST_F(cpuset, offline_in_root)
{
	cpu_set_t lone, mask;
	pid_t stopped, pid;
	int cpu;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);
	cpu = offline_one(&self->m.el32);
	if (cpu < 0)
		SKIP(return, "no CPU that runs AArch32 can be offlined");
	ASSERT_EQ(0, set_online(cpu, true));
	lone = one_cpu(cpu);
	mask = one_cpu(nth_cpu(&self->m.el64, 0));
	mask = cpus_or(&mask, &lone);

	pid = spawn(&(struct spawn){
		.mask = &mask, .chain = { STEP32, STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_STREQ(cpulist(&lone), allowed(pid));
	stopped = spawn(&(struct spawn){
		.mask = &mask, .chain = { STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(stopped));

	self->cpu = cpu;
	ASSERT_EQ(0, set_online(cpu, false));
	ASSERT_EQ(0, next_step(pid));
	EXPECT_STREQ(cpulist(&self->m.el32), allowed(pid));
	EXPECT_STREQ(cpulist(&lone), allowed(stopped));
	ASSERT_EQ(0, set_online(cpu, true));
	self->cpu = -1;
	ASSERT_EQ(0, next_step(pid));
	EXPECT_STREQ(cpulist(&mask), allowed(pid));
	ASSERT_EQ(0, next_step(stopped));
	EXPECT_STREQ(cpulist(&mask), allowed(stopped));
}

TEST_HARNESS_MAIN
