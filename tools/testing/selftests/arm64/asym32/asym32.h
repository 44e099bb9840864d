/* SPDX-License-Identifier: GPL-2.0 */
/* What the asym32 tests want to know about the machine and about its tasks. */
#ifndef ASYM32_H
#define ASYM32_H

#include <ctype.h>
#include <fcntl.h>
#include <sys/mount.h>

#include <asm/hwcap.h>
#include <linux/auxvec.h>

#include "payload.h"

/* Enough for an emulated machine, and for a debug kernel on it. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	300

#define AARCH32_EL0	"/sys/devices/system/cpu/aarch32_el0"
#define PARAMETER	"allow_mismatched_32bit_el0"
#define DEBUGFS		"/sys/kernel/debug"

struct machine {
	bool listed;		/* the parameter was given: the file exists */
	cpu_set_t file;		/* what it says */
	cpu_set_t cpus;		/* the CPUs this test may use */
	cpu_set_t el32;		/* those of them that run AArch32 ... */
	cpu_set_t el64;		/* ... and those that do not */
	int err;		/* what exec of a 32-bit program returns */
};

/* "0-2,5"; up to 8 results are valid at a time. */
static inline const char *cpulist(const cpu_set_t *set)
{
	static char buf[8][256];
	static int turn;
	char *s = buf[turn++ % 8];
	size_t len = 0;

	s[0] = '\0';
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		int last = cpu;

		if (!CPU_ISSET(cpu, set))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, set))
			last++;
		len += snprintf(s + len, sizeof(buf[0]) - len, "%s%d",
				len ? "," : "", cpu);
		if (len < sizeof(buf[0]) && last > cpu)
			len += snprintf(s + len, sizeof(buf[0]) - len, "-%d",
					last);
		if (len >= sizeof(buf[0]))
			break;
		cpu = last;
	}
	return s;
}

/* The strict reverse: false unless @s is a list as the kernel prints it. */
static inline bool parse_cpulist(const char *s, cpu_set_t *set)
{
	long first, last, prev = -2;
	char *end;

	CPU_ZERO(set);
	while (*s) {
		if (!isdigit(*s))
			return false;
		first = strtol(s, &end, 10);
		last = first;
		if (*end == '-') {
			if (!isdigit(end[1]))
				return false;
			last = strtol(end + 1, &end, 10);
			if (last <= first)
				return false;
		}
		/* Ascending, and adjacent ranges are merged. */
		if (first <= prev + 1 || last >= CPU_SETSIZE)
			return false;
		for (long cpu = first; cpu <= last; cpu++)
			CPU_SET(cpu, set);
		prev = last;
		if (*end == ',' && end[1])
			end++;
		else if (*end)
			return false;
		s = end;
	}
	return true;
}

/* The length of what the file holds, or -1 with errno set. */
static inline ssize_t read_file(const char *path, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t ret;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while ((ret = read(fd, buf + len, size - 1 - len)) > 0)
		len += ret;
	buf[len] = '\0';
	close(fd);
	return ret < 0 ? ret : (ssize_t)len;
}

static inline int write_file(const char *path, const char *value)
{
	ssize_t ret;
	int fd;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = write(fd, value, strlen(value));
	close(fd);
	return ret < 0 ? -1 : 0;
}

static inline void mount_debugfs(void)
{
	if (access(DEBUGFS "/clear_warn_once", F_OK))
		mount("none", DEBUGFS, "debugfs", 0, NULL);
}

/*
 * How often the kernel caught a 32-bit task on a CPU that cannot run it, which
 * hides from the task that it was ever there; -1 if it does not count.
 */
static inline int wrong_cpus(void)
{
	char buf[32];

	mount_debugfs();
	return read_file(DEBUGFS "/aarch32_el0_wrong_cpu", buf,
			 sizeof(buf)) > 0 ? atoi(buf) : -1;
}

static inline bool read_cpulist(const char *path, cpu_set_t *set)
{
	char buf[1024];
	ssize_t len;

	len = read_file(path, buf, sizeof(buf));
	if (len <= 0 || buf[len - 1] != '\n')
		return false;
	buf[len - 1] = '\0';
	return parse_cpulist(buf, set);
}

static inline cpu_set_t cpus_and(const cpu_set_t *a, const cpu_set_t *b)
{
	cpu_set_t set;

	CPU_AND(&set, a, b);
	return set;
}

static inline cpu_set_t cpus_andnot(const cpu_set_t *a, const cpu_set_t *b)
{
	cpu_set_t set;

	CPU_AND(&set, a, b);
	CPU_XOR(&set, a, &set);
	return set;
}

static inline cpu_set_t cpus_or(const cpu_set_t *a, const cpu_set_t *b)
{
	cpu_set_t set;

	CPU_OR(&set, a, b);
	return set;
}

static inline cpu_set_t one_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return set;
}

/* The number of the @nth CPU of @set, or -1. */
static inline int nth_cpu(const cpu_set_t *set, int nth)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, set) && !nth--)
			return cpu;
	}
	return -1;
}

/* The CPU of @set that follows @cpu, or -1; start with -1. */
static inline int next_cpu(int cpu, const cpu_set_t *set)
{
	while (++cpu < CPU_SETSIZE) {
		if (CPU_ISSET(cpu, set))
			return cpu;
	}
	return -1;
}

/* The CPUs a task may run on, as a list. */
static inline const char *affinity(pid_t pid)
{
	cpu_set_t set;

	if (sched_getaffinity(pid, sizeof(set), &set))
		return strerror(errno);
	return cpulist(&set);
}

/*
 * The same including CPUs that are offline, which sched_getaffinity() leaves
 * out.
 */
static inline const char *allowed(pid_t pid)
{
	static char buf[4096];
	char path[32], *s;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (read_file(path, buf, sizeof(buf)) <= 0)
		return strerror(errno);
	s = strstr(buf, "\nCpus_allowed_list:\t");
	return s ? strtok(s + strlen("\nCpus_allowed_list:\t"), "\n") : "";
}

/* The CPU a task runs on or ran on last (field 39 of its stat), or -1. */
static inline int processor(pid_t pid)
{
	char path[32], buf[1024], *s;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (read_file(path, buf, sizeof(buf)) <= 0)
		return -1;
	s = strrchr(buf, ')');
	for (int field = 2; s && field < 39; field++)
		s = strchr(s + 1, ' ');
	return s ? atoi(s) : -1;
}

/* From the 32-bit arm uapi, which a native build cannot include. */
#define HWCAP32_HALF		0x2
#define HWCAP32_THUMB	0x4
#define HWCAP32_VFP		0x40
#define HWCAP32_NEON		0x1000
#define HWCAP32_VFPV4	0x10000

/* AT_HWCAP of a task, which is a word of the size of its registers. */
static inline unsigned long read_hwcap(pid_t pid, bool native)
{
	union {
		unsigned int word[128];
		unsigned long xword[64];
	} auxv = {};
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	if (read_file(path, (char *)&auxv, sizeof(auxv)) <= 0)
		return 0;
	for (int i = 0; i < 62; i += 2) {
		if (native && auxv.xword[i] == AT_HWCAP)
			return auxv.xword[i + 1];
		if (!native && auxv.word[i] == AT_HWCAP)
			return auxv.word[i + 1];
	}
	return 0;
}

/* What a 32-bit program finds in there at least. */
static inline unsigned long least_hwcap32(void)
{
	unsigned long hwcap = HWCAP32_HALF | HWCAP32_THUMB;

	if (read_hwcap(getpid(), true) & HWCAP_ASIMD)
		hwcap |= HWCAP32_VFP | HWCAP32_NEON | HWCAP32_VFPV4;
	return hwcap;
}

/* 0, the errno of the exec, or -1 for a program that did something else. */
static inline int try_exec32(const cpu_set_t *mask)
{
	int ret = wait_step(spawn(&(struct spawn){
		.mask = mask, .chain = { EXIT32 } }));

	return ret == EXIT32_STATUS ? 0 : ret ?: -1;
}

static inline bool probe_machine(struct machine *m)
{
	memset(m, 0, sizeof(*m));
	if (sched_getaffinity(0, sizeof(m->cpus), &m->cpus))
		return false;

	m->err = try_exec32(NULL);
	m->listed = !access(AARCH32_EL0, F_OK);
	if (m->listed && !read_cpulist(AARCH32_EL0, &m->file))
		return false;

	if (m->listed)
		m->el32 = cpus_and(&m->cpus, &m->file);
	else if (!m->err)
		m->el32 = m->cpus;
	m->el64 = cpus_andnot(&m->cpus, &m->el32);
	return true;
}

/*
 * Whether 32-bit programs have to run here.  The file is believed where there
 * is one, so a kernel that lists CPUs but refuses the exec is found out.
 */
static inline bool has_aarch32(const struct machine *m)
{
	return m->listed ? CPU_COUNT(&m->file) > 0 : !m->err;
}

#define NO_AARCH32	"no CPU in reach runs 32-bit programs"
#define NOT_MIXED	"the CPUs in reach are all of one kind"

static inline bool no_aarch32(const struct machine *m)
{
	return !has_aarch32(m) || !CPU_COUNT(&m->el32);
}

static inline bool not_mixed(const struct machine *m)
{
	return no_aarch32(m) || !CPU_COUNT(&m->el64);
}

static inline int set_online(int cpu, bool online)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online",
		 cpu);
	return write_file(path, online ? "1" : "0");
}

/* Puts one CPU of @set offline that the kernel lets go; -1 if there is none. */
static inline int offline_one(const cpu_set_t *set)
{
	int cpu = -1;

	while ((cpu = next_cpu(cpu, set)) >= 0) {
		if (!set_online(cpu, false))
			break;
	}
	return cpu;
}

#define EXPECT_AFFINITY(set, pid)					\
	EXPECT_STREQ(cpulist(set), affinity(pid))

/* Where a task is, unless that is one of @set. */
static inline const char *stray(pid_t pid, const cpu_set_t *set)
{
	int cpu = processor(pid);
	cpu_set_t where;

	if (cpu < 0)
		return "nowhere";
	where = one_cpu(cpu);
	return CPU_ISSET(cpu, set) ? "" : cpulist(&where);
}

#define EXPECT_PROCESSOR(set, pid)					\
	EXPECT_STREQ("", stray(pid, set))

/* A view of the kernel log from now on, or -1. */
static inline int open_kmsg(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/* The number of lines since open_kmsg() with @text. What was read is gone. */
static inline int count_lines(int fd, const char *text)
{
	char record[8192];
	ssize_t len;
	int nr = 0;

	for (;;) {
		len = read(fd, record, sizeof(record) - 1);
		if (len < 0 && errno == EPIPE)
			continue;
		if (len <= 0)
			return nr;
		record[len] = '\0';
		nr += !!strstr(record, text);
	}
}

static inline bool kmsg_says(int fd, const char *text)
{
	return count_lines(fd, text) > 0;
}

/* Those that say that the affinity of @pid was overridden. */
static inline int count_overrides(int fd, pid_t pid)
{
	char text[64];

	snprintf(text, sizeof(text),
		 ";Overriding affinity for process %d (", pid);
	return count_lines(fd, text);
}

#endif /* ASYM32_H */
