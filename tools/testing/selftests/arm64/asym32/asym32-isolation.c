// SPDX-License-Identifier: GPL-2.0
/*
 * 32-bit tasks and CPUs that are isolated from the scheduler's load balancing:
 * by a cpuset partition, or at boot. Who asks for such a CPU gets it, nobody
 * else does as long as there is another one.
 */
#include "kselftest_harness.h"
#include "cpuset.h"

#define ISOLATED	"/sys/devices/system/cpu/isolated"
#define MIDR		"/sys/devices/system/cpu/cpu%d/regs/identification/midr_el1"
#define CONFLICT	"isolated invalid (partition config conflicts with " \
			"housekeeping setup)"
#define DETECTED	"Asymmetric 32-bit EL0 support detected"

/* Partitions of the root cpuset; all CPUs are there to begin with. */
FIXTURE(isolation)
{
	struct machine m;
	struct hierarchy h;
	int kmsg;
	int cpu;		/* the one that was put offline */

	cpu_set_t lone;		/* one CPU that runs AArch32 ... */
	cpu_set_t rest32;	/* ... and the others that do */
	cpu_set_t rest;		/* all CPUs but this one */
};

FIXTURE_SETUP(isolation)
{
	const char *why;

	self->kmsg = -1;
	self->cpu = -1;
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(probe_machine(&self->m));
	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);
	if (CPU_COUNT(&self->m.el32) < 2)
		SKIP(return, "needs two CPUs that run AArch32");

	why = open_hierarchy(&self->h, 2);
	if (why) {
		close_hierarchy(&self->h);
		SKIP(return, "%s", why);
	}
	self->kmsg = open_kmsg();

	self->lone = one_cpu(nth_cpu(&self->m.el32,
				     CPU_COUNT(&self->m.el32) - 1));
	self->rest32 = cpus_andnot(&self->m.el32, &self->lone);
	self->rest = cpus_andnot(&self->m.cpus, &self->lone);
}

FIXTURE_TEARDOWN(isolation)
{
	end_all();
	if (self->cpu >= 0)
		set_online(self->cpu, true);
	close_hierarchy(&self->h);
	close(self->kmsg);
}

/* Some of the 32-bit CPUs can be isolated, and used by who wants to. */
TEST_F(isolation, isolated_some32_ok)
{
	const char *group;
	pid_t pid;

	group = make_partition(&self->h, "asym32", &self->lone, "isolated");
	ASSERT_NE(NULL, group);

	pid = spawn(&(struct spawn){ .chain = { STEP64, STEP32 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&self->rest, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->rest32, pid);
	EXPECT_PROCESSOR(&self->rest32, pid);

	pid = spawn(&(struct spawn){
		.procs = tasks_file(group), .chain = { STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&self->lone, pid);
	EXPECT_PROCESSOR(&self->lone, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->lone, pid);
}

/*
 * No partition gets to isolate the last of them: neither a new one, nor one
 * that grows, nor one that was refused before, nor one of another type.
 */
TEST_F(isolation, isolated_last32_refused)
{
	const char *all = cpulist(&self->m.cpus);
	const char *group;
	cpu_set_t more;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	more = one_cpu(nth_cpu(&self->m.el64, 0));
	more = cpus_or(&more, &self->m.el32);

	group = make_group(&self->h, NULL, "asym32", &self->m.el32);
	ASSERT_NE(NULL, group);
	ASSERT_EQ(0, set_partition(group, "isolated"));
	EXPECT_STREQ(CONFLICT, partition_state(group));
	EXPECT_STREQ(all, effective_cpus(self->h.root));
	ASSERT_EQ(0, set_cpus(group, &more));
	EXPECT_STREQ(CONFLICT, partition_state(group));
	EXPECT_STREQ(all, effective_cpus(self->h.root));

	ASSERT_EQ(0, set_cpus(group, &self->lone));
	EXPECT_STREQ("isolated", partition_state(group));
	EXPECT_STREQ(cpulist(&self->rest), effective_cpus(self->h.root));
	ASSERT_EQ(0, set_cpus(group, &more));
	EXPECT_STREQ(CONFLICT, partition_state(group));
	EXPECT_STREQ(all, effective_cpus(self->h.root));

	ASSERT_EQ(0, set_partition(group, "member"));
	ASSERT_EQ(0, set_cpus(group, &self->m.el32));
	ASSERT_TRUE(to_partition(group, "root"));
	EXPECT_STREQ(cpulist(&self->m.el64), effective_cpus(self->h.root));
	ASSERT_EQ(0, set_partition(group, "isolated"));
	EXPECT_STREQ(CONFLICT, partition_state(group));
	EXPECT_STREQ(all, effective_cpus(self->h.root));
}

/*
 * What cannot be valid does not become so by itself: a CPU that comes online
 * has all partitions looked at again.
 */
TEST_F(isolation, refused_over_hotplug)
{
	const char *group;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	group = make_group(&self->h, NULL, "asym32", &self->m.el32);
	ASSERT_NE(NULL, group);
	ASSERT_EQ(0, write_file(group_file(group, "cpuset.cpus.exclusive"),
				cpulist(&self->m.el32)));
	ASSERT_EQ(0, set_partition(group, "isolated"));
	EXPECT_STREQ(CONFLICT, partition_state(group));
	self->cpu = offline_one(&self->m.el64);
	if (self->cpu < 0)
		SKIP(return, "no 64-bit only CPU can be offlined");
	ASSERT_EQ(0, set_online(self->cpu, true));
	self->cpu = -1;
	EXPECT_STREQ(CONFLICT, partition_state(group));
	EXPECT_STREQ(cpulist(&self->m.cpus), effective_cpus(self->h.root));
}

/* An invalid partition has got no CPUs, so it must not give any back. */
TEST_F(isolation, invalid_gives_nothing)
{
	const char *all = cpulist(&self->m.cpus);
	const char *group, *exclusive;

	if (self->kmsg < 0)
		SKIP(return, "needs the kernel log");
	/*
	 * The warning of the kernel is all that shows. One that was given
	 * before would not be given again.
	 */
	mount_debugfs();
	write_file(DEBUGFS "/clear_warn_once", "1");

	/* Nothing would be left for the tasks of the root cpuset. */
	group = make_group(&self->h, NULL, "asym32", &self->m.cpus);
	ASSERT_NE(NULL, group);
	ASSERT_EQ(0, set_partition(group, "root"));
	ASSERT_EQ(0, strncmp(partition_state(group), "root invalid", 12));

	exclusive = group_file(group, "cpuset.cpus.exclusive");
	ASSERT_EQ(0, write_file(exclusive, all));
	ASSERT_EQ(0, write_file(exclusive, cpulist(&self->rest)));
	EXPECT_EQ(0, strncmp(partition_state(group), "root invalid", 12));
	EXPECT_STREQ(all, effective_cpus(self->h.root));
	EXPECT_EQ(0, count_lines(self->kmsg, ";WARNING: "));
}

/* A partition without CPUs of another is without them when they come online. */
TEST_F(isolation, online_stays_apart)
{
	cpu_set_t lone, online, other, both, rest;
	const char *one, *two;

	if (CPU_COUNT(&self->m.cpus) < 3)
		SKIP(return, "needs three CPUs");

	self->cpu = offline_one(&self->m.cpus);
	if (self->cpu < 0)
		SKIP(return, "no CPU can be offlined");
	lone = one_cpu(self->cpu);
	online = cpus_andnot(&self->m.cpus, &lone);
	other = one_cpu(nth_cpu(&online, 1));
	both = cpus_or(&lone, &other);
	rest = cpus_andnot(&self->m.cpus, &other);

	one = make_partition(&self->h, "asym32-one", &lone, "root");
	ASSERT_NE(NULL, one);
	two = make_partition(&self->h, "asym32-two", &both, "root");
	ASSERT_NE(NULL, two);
	EXPECT_STREQ(cpulist(&other), effective_cpus(two));

	/* Nobody's CPU, as this makes its partition invalid. */
	ASSERT_EQ(0, set_cpus(one, &online));
	ASSERT_EQ(0, set_online(self->cpu, true));
	self->cpu = -1;
	EXPECT_STREQ(cpulist(&other), effective_cpus(two));
	EXPECT_STREQ(cpulist(&rest), effective_cpus(self->h.root));
}

/* The same when its type is changed. */
TEST_F(isolation, type_stays_apart)
{
	cpu_set_t other, both, rest;
	const char *one, *two;

	if (CPU_COUNT(&self->m.cpus) < 3)
		SKIP(return, "needs three CPUs");

	other = one_cpu(nth_cpu(&self->rest, 0));
	both = cpus_or(&self->lone, &other);
	rest = cpus_andnot(&self->m.cpus, &other);

	one = make_partition(&self->h, "asym32-one", &self->lone, "root");
	ASSERT_NE(NULL, one);
	two = make_partition(&self->h, "asym32-two", &both, "isolated");
	ASSERT_NE(NULL, two);
	EXPECT_STREQ(cpulist(&other), effective_cpus(two));

	/* Nothing would be left for the tasks of the root cpuset. */
	ASSERT_EQ(0, set_cpus(one, &rest));
	ASSERT_EQ(0, strncmp(partition_state(one), "root invalid", 12));
	ASSERT_TRUE(to_partition(two, "root"));
	EXPECT_STREQ(cpulist(&other), effective_cpus(two));
	EXPECT_STREQ(cpulist(&rest), effective_cpus(self->h.root));
}

/*
 * A partition that is invalid for want of CPUs remembers its own, but others
 * can have them, and keep them.
 */
TEST_F(isolation, invalid_leaves_cpus)
{
	cpu_set_t lost, left, first;
	const char *one, *two;

	if (CPU_COUNT(&self->m.cpus) < 3)
		SKIP(return, "needs three CPUs");

	self->cpu = offline_one(&self->m.cpus);
	if (self->cpu < 0)
		SKIP(return, "no CPU can be offlined");
	lost = one_cpu(self->cpu);
	left = cpus_andnot(&self->m.cpus, &lost);
	first = one_cpu(nth_cpu(&left, 0));
	ASSERT_EQ(0, set_online(self->cpu, true));

	one = make_partition(&self->h, "asym32-one", &left, "root");
	ASSERT_NE(NULL, one);
	EXPECT_STREQ(cpulist(&lost), effective_cpus(self->h.root));
	/* Nothing would be left for the tasks of the root cpuset. */
	ASSERT_EQ(0, set_online(self->cpu, false));
	ASSERT_EQ(0, strncmp(partition_state(one), "root invalid", 12));

	two = make_partition(&self->h, "asym32-two", &first, "root");
	ASSERT_NE(NULL, two);
	EXPECT_STREQ(cpulist(&first), effective_cpus(two));

	ASSERT_EQ(0, set_online(self->cpu, true));
	self->cpu = -1;
	EXPECT_EQ(0, strncmp(partition_state(one), "root invalid", 12));
	EXPECT_STREQ(cpulist(&first), effective_cpus(two));
	left = cpus_andnot(&self->m.cpus, &first);
	EXPECT_STREQ(cpulist(&left), effective_cpus(self->h.root));
}

/* A task that has to leave its cpuset does not go to an isolated CPU. */
TEST_F(isolation, forced_not_isolated)
{
	const char *only64, *group;
	pid_t old, pid;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	only64 = make_group(&self->h, NULL, "asym32-only64", &self->m.el64);
	ASSERT_NE(NULL, only64);
	group = make_group(&self->h, NULL, "asym32", &self->lone);
	ASSERT_NE(NULL, group);

	old = spawn(&(struct spawn){
		.procs = tasks_file(only64), .chain = { STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(old));
	EXPECT_AFFINITY(&self->m.el32, old);

	ASSERT_TRUE(to_partition(group, "isolated"));
	EXPECT_AFFINITY(&self->rest32, old);
	pid = spawn(&(struct spawn){
		.procs = tasks_file(only64), .chain = { STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&self->rest32, pid);
	EXPECT_PROCESSOR(&self->rest32, pid);

	ASSERT_EQ(0, set_partition(group, "member"));
	EXPECT_AFFINITY(&self->m.el32, old);
	EXPECT_AFFINITY(&self->m.el32, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.el64, pid);
}

/* Not even if all others are in partitions, but not isolated ones. */
TEST_F(isolation, forced_to_partition)
{
	const char *group, *other;
	pid_t pid;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	other = make_group(&self->h, NULL, "asym32-other", &self->rest32);
	ASSERT_NE(NULL, other);
	group = make_group(&self->h, NULL, "asym32", &self->lone);
	ASSERT_NE(NULL, group);
	pid = spawn(&(struct spawn){ .chain = { STEP32, STEP32 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&self->m.el32, pid);

	ASSERT_TRUE(to_partition(other, "root"));
	EXPECT_AFFINITY(&self->lone, pid);
	ASSERT_TRUE(to_partition(group, "isolated"));
	EXPECT_AFFINITY(&self->rest32, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->rest32, pid);
	EXPECT_PROCESSOR(&self->rest32, pid);
}

/* A task that was put into the partition and pinned there stays there. */
TEST_F(isolation, explicit_pin)
{
	cpu_set_t cpus, pair, mask;
	const char *group;
	pid_t pid;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	pair = one_cpu(nth_cpu(&self->m.el64, 0));
	cpus = cpus_or(&pair, &self->lone);
	group = make_partition(&self->h, "asym32", &cpus, "isolated");
	ASSERT_NE(NULL, group);

	for (int i = 0; i < 2; i++) {
		/* Even a pin to the wrong kind of CPU keeps it in there. */
		mask = i ? self->lone : pair;
		pid = spawn(&(struct spawn){
			.procs = tasks_file(group), .mask = &mask,
			.chain = { STEP64, STEP32, STEP64 } });
		ASSERT_EQ(0, wait_step(pid));
		EXPECT_AFFINITY(&mask, pid);
		ASSERT_EQ(0, next_step(pid));
		EXPECT_AFFINITY(&self->lone, pid);
		EXPECT_PROCESSOR(&self->lone, pid);
		ASSERT_EQ(0, set_cpus(group, &self->lone));
		EXPECT_STREQ("isolated", partition_state(group));
		EXPECT_AFFINITY(&self->lone, pid);
		ASSERT_EQ(0, set_cpus(group, &cpus));
		EXPECT_STREQ("isolated", partition_state(group));
		EXPECT_AFFINITY(&self->lone, pid);
		ASSERT_EQ(0, sched_setaffinity(pid, sizeof(cpus), &self->lone));
		ASSERT_EQ(0, next_step(pid));
		EXPECT_AFFINITY(&self->lone, pid);
		end_step(pid);
	}
}

/* A partition that is not isolated may have all of them, and shares them. */
TEST_F(isolation, root_partition_has_all32)
{
	const char *group;
	pid_t old, pid;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	old = spawn(&(struct spawn){ .chain = { STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(old));
	group = make_partition(&self->h, "asym32", &self->m.el32, "root");
	ASSERT_NE(NULL, group);

	pid = spawn(&(struct spawn){ .chain = { STEP64, STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&self->m.el64, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.el32, pid);
	EXPECT_PROCESSOR(&self->m.el32, pid);
	EXPECT_AFFINITY(&self->m.el32, old);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&self->m.el64, pid);
	ASSERT_EQ(0, next_step(old));
	EXPECT_AFFINITY(&self->m.el64, old);
}

/* The kernel takes another CPU a moment after the change of the partition. */
static bool pin_moves(int kmsg)
{
	for (int i = 0; i < 500; i++) {
		if (kmsg_says(kmsg, "CPU hot-unplug disabled on CPU"))
			return true;
		usleep(20000);
	}
	return false;
}

/* The CPU that cannot be offlined is not an isolated one. */
TEST_F(isolation, pinned_cpu_moves)
{
	cpu_set_t pinned, free;
	const char *group;
	int cpu, kmsg;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);
	if (CPU_COUNT(&self->m.el32) != 2)
		SKIP(return, "needs exactly two CPUs that run AArch32");

	self->cpu = offline_one(&self->m.el32);
	ASSERT_LE(0, self->cpu);
	ASSERT_EQ(0, set_online(self->cpu, true));
	cpu = self->cpu;
	free = one_cpu(cpu);
	pinned = cpus_andnot(&self->m.el32, &free);

	group = make_group(&self->h, NULL, "asym32", &pinned);
	ASSERT_NE(NULL, group);
	kmsg = open_kmsg();
	ASSERT_LE(0, kmsg);
	ASSERT_TRUE(to_partition(group, "isolated"));
	EXPECT_TRUE(pin_moves(kmsg));
	EXPECT_EQ(-1, set_online(cpu, false));
	EXPECT_EQ(EPERM, errno);
	set_online(cpu, true);
	/* The partition may lose its CPU now. */
	self->cpu = nth_cpu(&pinned, 0);
	EXPECT_EQ(0, set_online(self->cpu, false));
	EXPECT_EQ(0, set_online(self->cpu, true));
	self->cpu = -1;

	/* And back, so that the machine is as it was. */
	ASSERT_EQ(0, set_partition(group, "member"));
	ASSERT_EQ(0, set_cpus(group, &free));
	ASSERT_TRUE(to_partition(group, "isolated"));
	EXPECT_TRUE(pin_moves(kmsg));
	close(kmsg);
	EXPECT_EQ(0, set_online(cpu, false));
	EXPECT_EQ(0, set_online(cpu, true));
	EXPECT_EQ(-1, set_online(nth_cpu(&pinned, 0), false));
	EXPECT_EQ(EPERM, errno);
}

/* An isolated CPU that was offline still is what it was, and nothing else. */
TEST_F(isolation, reonline_isolated)
{
	char before[256], after[256];
	const char *group;
	cpu_set_t cpus;
	int cpu;

	if (!self->m.listed)
		SKIP(return, "no " PARAMETER " on the command line");
	if (self->kmsg < 0)
		SKIP(return, "needs the kernel log");

	/* Two, as a partition without a CPU is invalid. */
	self->cpu = offline_one(&self->lone);
	if (self->cpu < 0)
		SKIP(return, "CPU %s cannot be offlined", cpulist(&self->lone));
	ASSERT_EQ(0, set_online(self->cpu, true));
	cpu = nth_cpu(not_mixed(&self->m) ? &self->rest : &self->m.el64, 1);
	cpus = one_cpu(cpu);
	cpus = cpus_or(&cpus, &self->lone);
	group = make_group(&self->h, NULL, "asym32", &cpus);
	ASSERT_NE(NULL, group);
	ASSERT_LT(0, read_file(AARCH32_EL0, before, sizeof(before)));
	ASSERT_TRUE(to_partition(group, "isolated"));

	ASSERT_EQ(0, set_online(self->cpu, false));
	ASSERT_EQ(0, set_online(self->cpu, true));
	EXPECT_STREQ("isolated", partition_state(group));
	ASSERT_LT(0, read_file(AARCH32_EL0, after, sizeof(after)));
	EXPECT_STREQ(before, after);
	EXPECT_EQ(0, count_lines(self->kmsg, DETECTED));
	self->cpu = -1;
	if (!not_mixed(&self->m))
		return;

	/* Where all CPUs are alike, none of them has to stay. */
	cpu = -1;
	while ((cpu = next_cpu(cpu, &self->m.cpus)) >= 0) {
		EXPECT_EQ(0, set_online(cpu, false))
			TH_LOG("CPU %d: %s", cpu, strerror(errno));
		EXPECT_EQ(0, set_online(cpu, true));
	}
}

/* CPUs that were isolated by isolcpus=, some of which run AArch32. */
FIXTURE(boot)
{
	struct machine m;
	struct hierarchy h;
	int kmsg;

	cpu_set_t el32;		/* the CPUs that run AArch32 ... */
	cpu_set_t el64;		/* ... those that do not */
	cpu_set_t isolated;	/* and those of the former that are isolated */
	cpu_set_t others;	/* or not */
};

static unsigned long read_midr(int cpu)
{
	char path[sizeof(MIDR) + 16], buf[32];

	snprintf(path, sizeof(path), MIDR, cpu);
	return read_file(path, buf, sizeof(buf)) > 0 ? strtoul(buf, NULL, 16) : 0;
}

FIXTURE_SETUP(boot)
{
	cpu_set_t online, isolated;
	const char *why;
	int cpu = -1;

	self->kmsg = -1;
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(probe_machine(&self->m));
	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);
	if (!self->m.listed)
		SKIP(return, "no " PARAMETER " on the command line");
	ASSERT_TRUE(read_cpulist(ISOLATED, &isolated));
	if (!CPU_COUNT(&isolated))
		SKIP(return, "no CPU is isolated");
	ASSERT_TRUE(read_cpulist("/sys/devices/system/cpu/online", &online));

	/*
	 * Whether isolated CPUs are listed is to be found out, so go by their
	 * model.
	 */
	self->el32 = self->m.file;
	while ((cpu = next_cpu(cpu, &isolated)) >= 0) {
		if (read_midr(cpu) == read_midr(nth_cpu(&self->m.file, 0)))
			CPU_SET(cpu, &self->el32);
	}
	self->el64 = cpus_andnot(&online, &self->el32);
	self->isolated = cpus_and(&self->el32, &isolated);
	self->others = cpus_andnot(&self->el32, &isolated);
	if (!CPU_COUNT(&self->isolated) || !CPU_COUNT(&self->others))
		SKIP(return, "no isolated CPU runs AArch32, or all that do are");

	why = open_hierarchy(&self->h, 2);
	if (why) {
		close_hierarchy(&self->h);
		SKIP(return, "%s", why);
	}
	self->kmsg = open_kmsg();
}

FIXTURE_TEARDOWN(boot)
{
	end_all();
	close_hierarchy(&self->h);
	close(self->kmsg);
}

/* They are listed as what they are. */
TEST_F(boot, listed)
{
	EXPECT_STREQ(cpulist(&self->el32), cpulist(&self->m.file));
}

/* And can be asked for, before and after execve() ... */
TEST_F(boot, explicit_pin)
{
	cpu_set_t mask = one_cpu(nth_cpu(&self->isolated, 0));
	pid_t pid;

	pid = spawn(&(struct spawn){
		.mask = &mask, .chain = { STEP64, STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&mask, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&mask, pid);
	EXPECT_PROCESSOR(&mask, pid);
	if (self->kmsg >= 0)
		EXPECT_EQ(0, count_overrides(self->kmsg, pid));
	end_step(pid);

	pid = spawn(&(struct spawn){
		.mask = &self->others, .chain = { STEP32, STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&self->others, pid);
	EXPECT_EQ(0, sched_setaffinity(pid, sizeof(mask), &mask));
	EXPECT_AFFINITY(&mask, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&mask, pid);
	EXPECT_PROCESSOR(&mask, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&mask, pid);
}

/* ... which a change of cpusets does not undo. */
TEST_F(boot, pin_outlives_update)
{
	cpu_set_t mask = one_cpu(nth_cpu(&self->isolated, 0));
	cpu_set_t cpus = one_cpu(nth_cpu(&self->m.cpus, 0));
	const char *group;
	pid_t pid;

	group = make_group(&self->h, NULL, "asym32", &cpus);
	ASSERT_NE(NULL, group);
	pid = spawn(&(struct spawn){
		.mask = &mask, .chain = { STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&mask, pid);
	ASSERT_TRUE(to_partition(group, "root"));
	EXPECT_AFFINITY(&mask, pid);
	ASSERT_EQ(0, set_partition(group, "member"));
	EXPECT_AFFINITY(&mask, pid);
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&mask, pid);
}

/* They stay isolated: a partition that would not do that gives them back. */
TEST_F(boot, only_isolated)
{
	const char *group, *before;

	before = strdup(effective_cpus(self->h.root));
	group = make_partition(&self->h, "asym32", &self->isolated, "isolated");
	ASSERT_NE(NULL, group);
	EXPECT_STRNE(before, effective_cpus(self->h.root));
	ASSERT_EQ(0, set_partition(group, "root"));
	EXPECT_EQ(0, strncmp("root invalid", partition_state(group),
			     strlen("root invalid")));
	EXPECT_STREQ(before, effective_cpus(self->h.root));
}

/* What isolcpus= left cannot be isolated by a partition. */
TEST_F(boot, rest_refused)
{
	const char *group, *before;

	if (!CPU_COUNT(&self->el64))
		SKIP(return, NOT_MIXED);

	before = strdup(effective_cpus(self->h.root));
	group = make_group(&self->h, NULL, "asym32", &self->others);
	ASSERT_NE(NULL, group);
	ASSERT_EQ(0, set_partition(group, "isolated"));
	EXPECT_STREQ(CONFLICT, partition_state(group));
	EXPECT_STREQ(before, effective_cpus(self->h.root));
}

/* A task that has to leave its CPU goes elsewhere, and is not moved there. */
TEST_F(boot, forced_not_isolated)
{
	const char *group, *only64;
	cpu_set_t mask, cpus;
	pid_t pid[2];

	if (!CPU_COUNT(&self->el64))
		SKIP(return, NOT_MIXED);

	mask = one_cpu(nth_cpu(&self->el64, 0));
	cpus = one_cpu(nth_cpu(&self->el64, 1));
	only64 = make_group(&self->h, NULL, "asym32-only64", &mask);
	ASSERT_NE(NULL, only64);
	group = make_group(&self->h, NULL, "asym32", &cpus);
	ASSERT_NE(NULL, group);

	for (int i = 0; i < 2; i++) {
		pid[i] = spawn(&(struct spawn){
			.procs = i ? tasks_file(only64) : NULL,
			.mask = i ? NULL : &mask,
			.chain = { STEP64, STEP32 } });
		ASSERT_EQ(0, wait_step(pid[i]));
		EXPECT_AFFINITY(&mask, pid[i]);
		ASSERT_EQ(0, next_step(pid[i]));
		EXPECT_AFFINITY(&self->others, pid[i]);
		EXPECT_PROCESSOR(&self->others, pid[i]);
	}

	/* All tasks of the root cpuset are updated, and this one moves there. */
	ASSERT_TRUE(to_partition(group, "root"));
	EXPECT_AFFINITY(&self->others, pid[0]);
	EXPECT_AFFINITY(&self->others, pid[1]);
	ASSERT_EQ(0, attach(self->h.root, pid[1]));
	EXPECT_AFFINITY(&self->others, pid[1]);
}

TEST_HARNESS_MAIN
