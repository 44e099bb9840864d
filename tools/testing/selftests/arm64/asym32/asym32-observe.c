// SPDX-License-Identifier: GPL-2.0
/*
 * What shows that the kernel changed an affinity: the tracepoint
 * sched_force_affinity, and Cpus_requested in /proc/PID/status.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "asym32.h"

#define TRACEFS		"/sys/kernel/tracing"
#define INSTANCE	TRACEFS "/instances/asym32"
#define EVENT		"/events/sched/sched_force_affinity"

FIXTURE(trace)
{
	struct machine m;
	bool instance;
	int offline;		/* the CPU that was put offline, or -1 */
};

FIXTURE_SETUP(trace)
{
	self->instance = false;
	self->offline = -1;
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_TRUE(probe_machine(&self->m));
	if (not_mixed(&self->m))
		SKIP(return, NOT_MIXED);
	if (access(TRACEFS "/events", F_OK))
		mount("none", TRACEFS, "tracefs", 0, NULL);
	if (access(TRACEFS "/events", F_OK))
		SKIP(return, "no tracefs");
	ASSERT_EQ(0, access(TRACEFS EVENT, F_OK))
		TH_LOG("no sched_force_affinity");
	ASSERT_EQ(0, mkdir(INSTANCE, 0755));
	self->instance = true;
	ASSERT_EQ(0, write_file(INSTANCE EVENT "/enable", "1"));
}

FIXTURE_TEARDOWN(trace)
{
	char path[64];

	end_all();
	if (self->instance)
		rmdir(INSTANCE);
	if (self->offline >= 0) {
		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%d/online", self->offline);
		write_file(path, "1");
	}
}

/* A bitmap as "%*pb" prints it: groups of 32 bits, the highest first. */
static bool parse_bitmap(const char *s, cpu_set_t *set)
{
	size_t len = strspn(s, "0123456789abcdef,");
	int bit = 0;

	CPU_ZERO(set);
	if (!len)
		return false;
	while (len--) {
		char digit[2] = { s[len] };
		long value;

		if (s[len] == ',')
			continue;
		value = strtol(digit, NULL, 16);
		for (int i = 0; i < 4; i++, bit++) {
			if (value & (1 << i) && bit < CPU_SETSIZE)
				CPU_SET(bit, set);
		}
	}
	return true;
}

/* "old new reason" of all events of the task, one a line. */
static const char *events(pid_t pid)
{
	static char buf[1 << 16], text[1024];
	char key[32], *s, *old, *new, *reason;
	cpu_set_t set[2];

	text[0] = '\0';
	if (read_file(INSTANCE "/trace", buf, sizeof(buf)) <= 0)
		return "no trace";
	snprintf(key, sizeof(key), " pid=%d ", pid);
	for (s = strstr(buf, key); s; s = strstr(s + 1, key)) {
		old = strstr(s, "old_mask=");
		new = strstr(s, "new_mask=");
		reason = strstr(s, "reason=");
		if (!old || !new || !reason ||
		    !parse_bitmap(old + strlen("old_mask="), &set[0]) ||
		    !parse_bitmap(new + strlen("new_mask="), &set[1]))
			return "malformed";
		reason += strlen("reason=");
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s %s %.*s\n", cpulist(&set[0]), cpulist(&set[1]),
			 (int)strcspn(reason, "\n "), reason);
	}
	return text;
}

static const char *event(const cpu_set_t *old, const cpu_set_t *new,
			 const char *reason)
{
	static char buf[4][600];
	static int turn;
	char *s = buf[turn++ % 4];

	snprintf(s, sizeof(buf[0]), "%s %s %s\n", cpulist(old), cpulist(new),
		 reason);
	return s;
}

TEST_F(trace, restrict)
{
	pid_t pid;

	pid = spawn(&(struct spawn){
		.mask = &self->m.cpus, .chain = { STEP64, STEP32, STEP32 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_STREQ("", events(pid));
	ASSERT_EQ(0, next_step(pid));
	EXPECT_STREQ(event(&self->m.cpus, &self->m.el32, "restrict"),
		     events(pid));
	/* Nothing changes, nothing is said. */
	ASSERT_EQ(0, next_step(pid));
	EXPECT_STREQ(event(&self->m.cpus, &self->m.el32, "restrict"),
		     events(pid));
}

TEST_F(trace, override)
{
	cpu_set_t mask = one_cpu(nth_cpu(&self->m.el64, 0));
	pid_t pid;

	pid = spawn(&(struct spawn){
		.mask = &mask, .chain = { STEP64, STEP32 } });
	ASSERT_EQ(0, wait_step(pid));
	ASSERT_EQ(0, next_step(pid));
	EXPECT_STREQ(event(&mask, &self->m.el32, "override"), events(pid));
}

TEST_F(trace, relax)
{
	cpu_set_t mask = one_cpu(nth_cpu(&self->m.el64, 0)), part;
	char *want;
	pid_t pid;

	part = one_cpu(nth_cpu(&self->m.el32, 0));
	mask = cpus_or(&mask, &part);
	pid = spawn(&(struct spawn){
		.mask = &mask, .chain = { STEP64, STEP32, STEP64, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	ASSERT_EQ(0, next_step(pid));
	ASSERT_EQ(0, next_step(pid));
	ASSERT_LT(0, asprintf(&want, "%s%s",
			      event(&mask, &part, "restrict"),
			      event(&part, &mask, "relax")));
	EXPECT_STREQ(want, events(pid));
	ASSERT_EQ(0, next_step(pid));
	EXPECT_STREQ(want, events(pid));
}

TEST_F(trace, fallback)
{
	char path[64], want[32];
	cpu_set_t mask;
	pid_t pid = -1;

	for (int cpu = next_cpu(-1, &self->m.el32); cpu >= 0;
	     cpu = next_cpu(cpu, &self->m.el32)) {
		mask = one_cpu(cpu);
		pid = spawn(&(struct spawn){
			.mask = &mask, .chain = { STEP64, STEP32 } });
		ASSERT_EQ(0, wait_step(pid));
		ASSERT_EQ(0, next_step(pid));
		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%d/online", cpu);
		if (!write_file(path, "0")) {
			self->offline = cpu;
			break;
		}
		end_step(pid);
	}
	if (self->offline < 0)
		SKIP(return, "no CPU that runs AArch32 can be offlined");
	ASSERT_EQ(0, next_step(pid));
	snprintf(want, sizeof(want), "%s ", cpulist(&mask));
	EXPECT_EQ(0, strncmp(want, events(pid), strlen(want)))
		TH_LOG("%s", events(pid));
	EXPECT_NE(NULL, strstr(events(pid), " fallback\n"))
		TH_LOG("%s", events(pid));
}

FIXTURE(status)
{
	struct machine m;
};

FIXTURE_SETUP(status)
{
	ASSERT_TRUE(probe_machine(&self->m));
	if (no_aarch32(&self->m))
		SKIP(return, NO_AARCH32);
}

FIXTURE_TEARDOWN(status)
{
	end_all();
}

static const char *requested(pid_t pid)
{
	static char buf[8192];
	char path[32], *s;
	cpu_set_t set;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (read_file(path, buf, sizeof(buf)) <= 0)
		return "no status";
	s = strstr(buf, "\nCpus_requested:\t");
	if (!s || !parse_bitmap(s + strlen("\nCpus_requested:\t"), &set))
		return "no Cpus_requested";
	return cpulist(&set);
}

/* The request stays what it was, whatever becomes of the affinity. */
TEST_F(status, requested)
{
	cpu_set_t mask = self->m.cpus, other;
	pid_t pid;

	CPU_CLR(nth_cpu(&self->m.cpus, 1), &mask);
	other = one_cpu(nth_cpu(&self->m.el32, 0));
	pid = spawn(&(struct spawn){
		.mask = &mask, .chain = { STEP64, STEP32, STEP64 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_STREQ(cpulist(&mask), requested(pid));
	ASSERT_EQ(0, next_step(pid));
	EXPECT_STREQ(cpulist(&mask), requested(pid));
	ASSERT_EQ(0, sched_setaffinity(pid, sizeof(other), &other));
	EXPECT_STREQ(cpulist(&other), requested(pid));
	ASSERT_EQ(0, next_step(pid));
	EXPECT_STREQ(cpulist(&other), requested(pid));
}

/* Without a request it is all CPUs, for 32-bit programs, too. */
TEST_F(status, nothing_requested)
{
	cpu_set_t possible;
	pid_t pid;

	ASSERT_TRUE(read_cpulist("/sys/devices/system/cpu/possible", &possible));
	if (strcmp(requested(getpid()), cpulist(&possible)) &&
	    strcmp(requested(getpid()), "no Cpus_requested"))
		SKIP(return, "started with a request for %s",
		     requested(getpid()));
	pid = spawn(&(struct spawn){ .chain = { STEP32 } });
	ASSERT_EQ(0, wait_step(pid));
	EXPECT_STREQ(cpulist(&possible), requested(pid));
}

TEST_HARNESS_MAIN
