// SPDX-License-Identifier: GPL-2.0
/*
 * CPU hotplug on a machine where not all CPUs run AArch32: which CPUs the
 * kernel keeps, and what becomes of a CPU that is there only later.
 *
 * What a late CPU changes stays changed, so the cases about late CPUs are the
 * last ones.  Apart from those every CPU is put back to how it was.
 */
#include <sys/personality.h>

#include "kselftest_harness.h"
#include "cpuset.h"
#include "hotplug.h"

#define ALL_ONLINE	"every CPU is online"

FIXTURE(hotplug)
{
	struct machine m;
	struct hierarchy h;
	cpu_set_t online;	/* the CPUs that were when the case began */
	cpu_set_t late;		/* and those that were not */
	bool cpusets;
	int kmsg;
};

FIXTURE_SETUP(hotplug)
{
	self->kmsg = -1;
	CPU_ZERO(&self->online);
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(probe_machine(&self->m));
	ASSERT_TRUE(read_cpulist(CPU_DIR "online", &self->online));
	ASSERT_TRUE(late_cpus(&self->late));
	self->kmsg = open_kmsg();
	ASSERT_LE(0, self->kmsg);
}

FIXTURE_TEARDOWN(hotplug)
{
	end_all();
	all_online(&self->online);
	if (self->cpusets)
		close_hierarchy(&self->h);
	close(self->kmsg);
}

/*
 * A CPU that runs AArch32 stays, also when it is the last one that does, and
 * whoever asks is told EPERM.
 */
TEST_F(hotplug, online_eperm)
{
	cpu_set_t kept;
	int cpu, other;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	kept = kept_cpus(&self->m.cpus);
	ASSERT_EQ(1, CPU_COUNT(&kept))
		TH_LOG("kept CPUs %s", cpulist(&kept));
	cpu = nth_cpu(&kept, 0);
	EXPECT_TRUE(CPU_ISSET(cpu, &self->m.el32));
	EXPECT_EQ(-1, set_online(cpu, false));
	EXPECT_EQ(EPERM, errno);
	EXPECT_TRUE(is_online(cpu));

	other = -1;
	while ((other = next_cpu(other, &self->m.el32)) >= 0) {
		if (other != cpu)
			ASSERT_EQ(0, set_online(other, false));
	}
	EXPECT_EQ(-1, set_online(cpu, false));
	EXPECT_EQ(EPERM, errno);
	EXPECT_TRUE(is_online(cpu));
	EXPECT_EQ(0, try_exec32(NULL));
}

/* The other file that takes CPUs down knows about that, too. */
TEST_F(hotplug, target_eperm)
{
	char target[32];
	cpu_set_t kept;
	int cpu;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	kept = kept_cpus(&self->m.el32);
	ASSERT_EQ(1, CPU_COUNT(&kept))
		TH_LOG("kept CPUs %s", cpulist(&kept));
	cpu = nth_cpu(&kept, 0);
	ASSERT_LT(0, read_file(cpu_file(cpu, "hotplug/target"), target,
			       sizeof(target)));

	EXPECT_EQ(-1, write_file(cpu_file(cpu, "hotplug/target"), "0"));
	EXPECT_EQ(EPERM, errno);
	EXPECT_TRUE(is_online(cpu));
	/* What it is already is no change. */
	EXPECT_EQ(0, write_file(cpu_file(cpu, "hotplug/target"), target));
	EXPECT_TRUE(is_online(cpu));

	/* The other CPUs still obey it. */
	for (int other = next_cpu(-1, &self->m.cpus); other >= 0;
	     other = next_cpu(other, &self->m.cpus)) {
		if (other == cpu)
			continue;
		EXPECT_EQ(0, write_file(cpu_file(other, "hotplug/target"),
					"0"));
		EXPECT_FALSE(is_online(other));
		EXPECT_EQ(0, write_file(cpu_file(other, "hotplug/target"),
					target));
		EXPECT_TRUE(is_online(other));
	}
}

/* Every CPU but that one may go, all of them at the same time. */
TEST_F(hotplug, others_ok)
{
	cpu_set_t kept, none;
	pid_t pid32, pid64;
	int cpu = -1;

	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);

	kept = kept_cpus(&self->m.el32);
	ASSERT_EQ(1, CPU_COUNT(&kept));
	pid32 = spawn(&(struct spawn){ .chain = { STEP32, STEP32, STEP32 } });
	ASSERT_EQ(0, wait_step(pid32));
	pid64 = spawn(&(struct spawn){ .chain = { STEP64, STEP64, STEP32 } });
	ASSERT_EQ(0, wait_step(pid64));

	while ((cpu = next_cpu(cpu, &self->m.cpus)) >= 0) {
		if (!CPU_ISSET(cpu, &kept))
			EXPECT_EQ(0, set_online(cpu, false))
				TH_LOG("CPU %d: %s", cpu, strerror(errno));
	}
	EXPECT_EQ(0, next_step(pid32));
	EXPECT_PROCESSOR(&kept, pid32);
	EXPECT_EQ(0, next_step(pid64));
	EXPECT_PROCESSOR(&kept, pid64);
	EXPECT_EQ(0, next_step(pid64));
	EXPECT_PROCESSOR(&kept, pid64);

	EXPECT_EQ(0, all_online(&self->online));
	EXPECT_AFFINITY(&self->m.el32, pid32);
	EXPECT_AFFINITY(&self->m.el32, pid64);
	EXPECT_EQ(0, next_step(pid32));
	none = kept_cpus(&self->m.el64);
	EXPECT_STREQ("", cpulist(&none));
}

/* Where all CPUs are alike, none is kept because of the parameter. */
TEST_F(hotplug, homogeneous_all_ok)
{
	cpu_set_t kept;
	int cpu = -1;

	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);
	if (CPU_COUNT(&self->m.el64))
		SKIP(return, "the CPUs in reach are of two kinds");

	kept = kept_cpus(&self->m.cpus);
	EXPECT_STREQ("", cpulist(&kept));
	while ((cpu = next_cpu(cpu, &self->m.cpus)) >= 0) {
		ASSERT_EQ(0, set_online(cpu, false));
		EXPECT_EQ(0, try_exec32(NULL));
		ASSERT_EQ(0, set_online(cpu, true));
	}
	EXPECT_FALSE(kmsg_says(self->kmsg, "Asymmetric 32-bit EL0 support"));
}

/*
 * A CPU that comes back while it belongs to an isolated partition has not
 * lost AArch32: no asymmetry is found where there is none.
 */
TEST_F(hotplug, reonline_isolated_no_false_mismatch)
{
	cpu_set_t isolated, kept;
	const char *why, *group;
	int cpu;

	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);
	if (!self->m.listed)
		SKIP(return, "no " PARAMETER " on the command line");
	if (CPU_COUNT(&self->m.el64) || CPU_COUNT(&self->late))
		SKIP(return, "not all CPUs are known to run AArch32");
	if (CPU_COUNT(&self->m.cpus) < 3)
		SKIP(return, "needs three CPUs");

	why = open_hierarchy(&self->h, 2);
	self->cpusets = true;
	if (why)
		SKIP(return, "%s", why);
	CPU_ZERO(&isolated);
	CPU_SET(nth_cpu(&self->m.cpus, CPU_COUNT(&self->m.cpus) - 2),
		&isolated);
	cpu = nth_cpu(&self->m.cpus, CPU_COUNT(&self->m.cpus) - 1);
	CPU_SET(cpu, &isolated);
	group = make_group(&self->h, NULL, "asym32-isolated", &isolated);
	ASSERT_NE(NULL, group);
	ASSERT_EQ(0, set_partition(group, "isolated"));
	if (strcmp(partition_state(group), "isolated"))
		SKIP(return, "no isolated partition here: %s",
		     partition_state(group));

	ASSERT_EQ(0, set_online(cpu, false));
	ASSERT_EQ(0, set_online(cpu, true));
	EXPECT_FALSE(kmsg_says(self->kmsg, "32-bit EL0 support"));
	ASSERT_EQ(0, set_partition(group, "member"));
	kept = kept_cpus(&self->m.cpus);
	EXPECT_STREQ("", cpulist(&kept));
	EXPECT_AFFINITY(&self->m.cpus, 0);
}

/* Without the parameter a 64-bit-only CPU cannot join AArch32 ones. */
TEST_F(hotplug, late_64only_dies)
{
	int cpu = -1, refused = 0;
	cpu_set_t online;

	if (self->m.listed)
		SKIP(return, PARAMETER " is on the command line");
	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);
	if (!CPU_COUNT(&self->late))
		SKIP(return, ALL_ONLINE);

	while ((cpu = next_cpu(cpu, &self->late)) >= 0) {
		cpu_set_t mask = one_cpu(cpu);

		if (set_online(cpu, true)) {
			refused++;
			EXPECT_FALSE(is_online(cpu));
		} else {
			EXPECT_EQ(0, try_exec32(&mask));
			EXPECT_EQ(0, set_online(cpu, false));
		}
	}
	if (!refused)
		SKIP(return, "all late CPUs run AArch32");
	ASSERT_TRUE(read_cpulist(CPU_DIR "online", &online));
	EXPECT_STREQ(cpulist(&self->online), cpulist(&online));
	EXPECT_EQ(0, try_exec32(NULL));
}

/* Nor does a late CPU bring AArch32 to a system that has none. */
TEST_F(hotplug, late_32_ignored)
{
	int cpu = -1;

	if (self->m.listed)
		SKIP(return, PARAMETER " is on the command line");
	if (!self->m.err)
		SKIP(return, "32-bit programs run here");
	if (!CPU_COUNT(&self->late))
		SKIP(return, ALL_ONLINE);

	while ((cpu = next_cpu(cpu, &self->late)) >= 0) {
		cpu_set_t mask = one_cpu(cpu);

		ASSERT_EQ(0, set_online(cpu, true));
		EXPECT_EQ(ENOEXEC, try_exec32(&mask));
		EXPECT_EQ(ENOEXEC, try_exec32(NULL));
		EXPECT_EQ(-1, personality(PER_LINUX32));
		EXPECT_EQ(EINVAL, errno);
	}
	cpu = -1;
	while ((cpu = next_cpu(cpu, &self->late)) >= 0)
		EXPECT_EQ(0, set_online(cpu, false));
}

/*
 * The first 64-bit-only CPU of a machine may be a late one.  The CPU that is
 * kept from then on has to be one that is there at this moment.
 */
TEST_F(hotplug, late_64_pins_one)
{
	cpu_set_t kept, file;
	int gone, cpu;

	if (!self->m.listed)
		SKIP(return, "no " PARAMETER " on the command line");
	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);
	if (!CPU_COUNT(&self->late))
		SKIP(return, ALL_ONLINE);
	if (CPU_COUNT(&self->m.el64) || CPU_COUNT(&self->m.el32) < 2)
		SKIP(return, "needs two CPUs, both running AArch32");

	gone = nth_cpu(&self->m.el32, 0);
	ASSERT_EQ(0, set_online(gone, false));
	cpu = nth_cpu(&self->late, 0);
	ASSERT_EQ(0, set_online(cpu, true));
	ASSERT_EQ(0, set_online(gone, true));
	ASSERT_TRUE(read_cpulist(AARCH32_EL0, &file));

	kept = kept_cpus(&self->online);
	if (CPU_ISSET(cpu, &file)) {
		EXPECT_STREQ("", cpulist(&kept));
		set_online(cpu, false);
		SKIP(return, "CPU %d runs AArch32, too", cpu);
	}
	EXPECT_EQ(1, CPU_COUNT(&kept))
		TH_LOG("kept CPUs %s", cpulist(&kept));
	EXPECT_FALSE(CPU_ISSET(gone, &kept));
	EXPECT_EQ(0, try_exec32(NULL));
	/* This one may go as it came. */
	EXPECT_EQ(0, set_online(cpu, false));
	EXPECT_STREQ(cpulist(&self->m.file), cpulist(&file));
}

/* A native program that does not give its CPU away. */
static pid_t start_spinner(const cpu_set_t *mask)
{
	pid_t pid = fork();

	if (pid > 0)
		remember(pid);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mask)
		sched_setaffinity(0, sizeof(*mask), mask);
	for (;;)
		;
}

/*
 * The first CPU that runs AArch32 may be a late one, too.  It brings 32-bit
 * programs to the machine and stays; 64-bit tasks that run meanwhile do not
 * notice.
 */
TEST_F(hotplug, late_32_enables)
{
	cpu_set_t before, mask, all, first, kept;
	pid_t pid, pinned, free, stopped;
	int cpu, late = -1;

	if (!self->m.listed)
		SKIP(return, "no " PARAMETER " on the command line");
	if (CPU_COUNT(&self->m.file))
		SKIP(return, "32-bit programs run here");
	if (!CPU_COUNT(&self->late))
		SKIP(return, ALL_ONLINE);

	EXPECT_EQ(ENOEXEC, self->m.err);
	before = self->m.cpus;
	mask = one_cpu(nth_cpu(&before, 0));
	pinned = start_spinner(&mask);
	free = start_spinner(NULL);
	start_spinner(NULL);
	stopped = spawn(&(struct spawn){ .chain = { STEP64, STEP64, STEP32 } });
	ASSERT_EQ(0, wait_step(stopped));

	for (cpu = next_cpu(-1, &self->late); cpu >= 0;
	     cpu = next_cpu(cpu, &self->late)) {
		ASSERT_EQ(0, set_online(cpu, true));
		ASSERT_TRUE(read_cpulist(AARCH32_EL0, &first));
		if (CPU_COUNT(&first))
			break;
		EXPECT_EQ(ENOEXEC, try_exec32(NULL));
	}
	if (cpu < 0)
		SKIP(return, "no late CPU runs AArch32");
	late = cpu;
	CPU_ZERO(&all);
	CPU_SET(late, &all);
	EXPECT_STREQ(cpulist(&all), cpulist(&first));

	/* Rule 1 for who may run anywhere, rule 2 for who may not. */
	EXPECT_EQ(0, try_exec32(NULL));
	EXPECT_EQ(0, try_exec32(&mask));
	EXPECT_NE(-1, personality(PER_LINUX32));
	pid = spawn(&(struct spawn){
		.mask = &mask, .chain = { STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_AFFINITY(&first, pid);
	EXPECT_PROCESSOR(&first, pid);
	/* It has the hwcaps that it would have had from the start. */
	EXPECT_EQ(least_hwcap32(), read_hwcap(pid, false) & least_hwcap32());
	ASSERT_EQ(0, next_step(pid));
	EXPECT_AFFINITY(&mask, pid);
	EXPECT_PROCESSOR(&mask, pid);
	EXPECT_AFFINITY(&mask, pinned);
	EXPECT_PROCESSOR(&mask, pinned);
	all = before;
	for (cpu = next_cpu(-1, &self->late); cpu >= 0 && cpu <= late;
	     cpu = next_cpu(cpu, &self->late))
		CPU_SET(cpu, &all);
	EXPECT_AFFINITY(&all, free);

	/* Who was there before goes 32-bit as well. */
	ASSERT_EQ(0, next_step(stopped));
	EXPECT_AFFINITY(&all, stopped);
	ASSERT_EQ(0, next_step(stopped));
	EXPECT_AFFINITY(&first, stopped);
	EXPECT_PROCESSOR(&first, stopped);

	/* It is kept, and no other CPU is. */
	kept = kept_cpus(&all);
	EXPECT_STREQ(cpulist(&first), cpulist(&kept));
	cpu = -1;
	while ((cpu = next_cpu(cpu, &self->late)) >= 0) {
		if (cpu < late)
			set_online(cpu, false);
	}
}

TEST_HARNESS_MAIN
