// SPDX-License-Identifier: GPL-2.0
/*
 * Those who watch: audit, tracepoints, and strace as a tracer that many know.
 */
#include <linux/audit.h>
#include <linux/netlink.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "compat.h"
#include "compat-filter.h"

FIXTURE(trace) {
};

FIXTURE_SETUP(trace)
{
	need_compat_calls();
	if (geteuid())
		SKIP(return, "needs root");
}

FIXTURE_TEARDOWN(trace)
{
}

/* ----------------------------------------------------------------- tracefs */

#define TRACING		"/sys/kernel/tracing"
#define INSTANCE	TRACING "/instances/compat"

static char trace_text[1 << 20];

static bool read_trace(void)
{
	int fd = open(INSTANCE "/trace", O_RDONLY);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return false;
	while ((n = read(fd, trace_text + len, sizeof(trace_text) - 1 - len)) > 0)
		len += n;
	trace_text[len] = '\0';
	close(fd);
	return true;
}

/*
 * Numbers of the table must not be taken for those of native calls: 178 is
 * gettid there, and rt_sigqueueinfo here; 64 is write, and getppid.
 */
TEST_F(trace, tracepoints)
{
	int p[2];
	char text[32], c = 0;
	pid_t pid;

	if (access(TRACING "/instances", F_OK) &&
	    mount("none", TRACING, "tracefs", 0, NULL))
		SKIP(return, "no tracefs");
	if (access(TRACING "/events/syscalls", F_OK))
		SKIP(return, "missing CONFIG_FTRACE_SYSCALLS");
	ASSERT_EQ(0, mkdir(INSTANCE, 0700));
	ASSERT_EQ(0, pipe(p));
	pid = fork();
	if (!pid) {
		read(p[0], &c, 1);
		compat(rt_sigqueueinfo, 0, 0x1234567887654321, 0);
		compat0(getppid);
		native0(getppid);
		_exit(0);
	}
	snprintf(text, sizeof(text), "%d", pid);
	EXPECT_EQ(0, write_text(INSTANCE "/set_event_pid", text));
	EXPECT_EQ(0, write_text(INSTANCE "/events/syscalls/enable", "1"));
	EXPECT_EQ(0, write_text(INSTANCE "/events/raw_syscalls/enable", "1"));
	EXPECT_EQ(1, write(p[1], &c, 1));
	EXPECT_EQ(0, wait_status(pid));
	write_text(INSTANCE "/events/enable", "0");
	EXPECT_TRUE(read_trace());
	rmdir(INSTANCE);
	/* The arguments are those that the call has used. */
	EXPECT_NE(NULL, strstr(trace_text, "sys_enter: NR 178 (0, 87654321, 0,"));
	EXPECT_NE(NULL, strstr(trace_text, "sys_enter: NR 64 ("));
	EXPECT_NE(NULL, strstr(trace_text, "sys_exit: NR 178 = -"));
	EXPECT_EQ(NULL, strstr(trace_text, "sys_gettid"));
	EXPECT_EQ(NULL, strstr(trace_text, "sys_write("));
	/* Native calls are there by name. */
	EXPECT_NE(NULL, strstr(trace_text, "sys_getppid()"));
}

/* ------------------------------------------------------------------- audit */

struct audit_msg {
	struct nlmsghdr h;
	char data[8192];
};

static int audit_send(int fd, int type, const void *data, size_t len)
{
	struct audit_msg m = { };

	m.h.nlmsg_len = NLMSG_SPACE(len);
	m.h.nlmsg_type = type;
	m.h.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	memcpy(m.data, data, len);
	if (send(fd, &m, m.h.nlmsg_len, 0) < 0)
		return -errno;
	while (recv(fd, &m, sizeof(m), 0) > 0) {
		if (m.h.nlmsg_type == NLMSG_ERROR)
			return *(int *)m.data;
	}
	return -errno;
}

static int audit_enable(int fd, bool on)
{
	struct audit_status s = { .mask = AUDIT_STATUS_ENABLED, .enabled = on };

	return audit_send(fd, AUDIT_SET, &s, sizeof(s));
}

/* Number @nr of @arch, made by @pid. */
static int audit_rule(int fd, int type, uint32_t arch, int nr, pid_t pid)
{
	struct audit_rule_data r = {
		.flags = AUDIT_FILTER_EXIT, .action = AUDIT_ALWAYS,
		.field_count = 2,
		.fields = { AUDIT_ARCH, AUDIT_PID },
		.values = { arch, pid },
		.fieldflags = { AUDIT_EQUAL, AUDIT_EQUAL },
	};

	r.mask[AUDIT_WORD(nr)] = AUDIT_BIT(nr);
	return audit_send(fd, type, &r, sizeof(r));
}

/* Reads records until @text is in one of a call; or until no more come. */
static bool audit_find(int fd, const char *text)
{
	static char seen[65536];
	static size_t len;
	struct audit_msg m;
	ssize_t n;

	while ((n = recv(fd, &m, sizeof(m) - 1, 0)) > 0) {
		if (m.h.nlmsg_type != AUDIT_SYSCALL)
			continue;
		((char *)&m)[n] = '\0';
		if (len + n < sizeof(seen) - 2)
			len += sprintf(seen + len, "%s\n", m.data);
	}
	return strstr(seen, text);
}

static bool audit_saw(int fd, uint32_t arch, int nr, const char *outcome)
{
	char text[128];

	snprintf(text, sizeof(text), "arch=%x syscall=%d %s", arch, nr, outcome);
	return audit_find(fd, text);
}

TEST_F(trace, audit)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK,
				  .nl_groups = 1 << (AUDIT_NLGRP_READLOG - 1) };
	struct timeval t = { 1, 0 };
	int fd, log, p[2], err;
	char c = 0;
	pid_t pid;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	log = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	if (fd < 0 || log < 0)
		SKIP(return, "no audit (missing CONFIG_AUDIT?)");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(log, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	ASSERT_EQ(0, bind(log, (struct sockaddr *)&nl, sizeof(nl)));
	/* Before the fork: tasks are audited that are made after that. */
	ASSERT_EQ(0, audit_enable(fd, true));
	ASSERT_EQ(0, pipe(p));
	pid = fork();
	if (!pid) {
		read(p[0], &c, 1);
		/* 19 is lseek, and the native eventfd2. */
		compat(lseek, -1, 0x1234567800000042, 0);
		svc(19, 0, -1, 0, 0, 0, 0);
		/* An address above 2 GiB is no error. */
		compat(mmap2, 0xe0000000, 65536, PROT_READ,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		_exit(0);
	}
	err = audit_rule(fd, AUDIT_ADD_RULE, AUDIT_ARCH_ARM, 19, pid) ?:
	      audit_rule(fd, AUDIT_ADD_RULE, AUDIT_ARCH_ARM, 192, pid);
	write(p[1], &c, 1);
	EXPECT_EQ(0, wait_status(pid));
	EXPECT_EQ(0, err);
	EXPECT_TRUE(audit_saw(log, AUDIT_ARCH_ARM, 19,
			      "success=no exit=-9 a0=ffffffff a1=42 a2=0"));
	EXPECT_TRUE(audit_saw(log, AUDIT_ARCH_ARM, 192,
			      "success=yes exit=3758096384 a0=e0000000"));
	/* The rules are about the other kind of calls. */
	EXPECT_FALSE(audit_saw(log, AUDIT_ARCH_AARCH64, 19, ""));
	audit_rule(fd, AUDIT_DEL_RULE, AUDIT_ARCH_ARM, 19, pid);
	audit_rule(fd, AUDIT_DEL_RULE, AUDIT_ARCH_ARM, 192, pid);
	audit_enable(fd, false);
}

/* A filter that kills is in the log with what it killed for. */
TEST_F(trace, audit_seccomp)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK,
				  .nl_groups = 1 << (AUDIT_NLGRP_READLOG - 1) };
	int log = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	struct timeval t = { 1, 0 };
	struct audit_msg m;
	bool found = false;
	pid_t pid;

	if (fd < 0 || log < 0)
		SKIP(return, "no audit (missing CONFIG_AUDIT?)");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	setsockopt(log, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	ASSERT_EQ(0, bind(log, (struct sockaddr *)&nl, sizeof(nl)));
	ASSERT_EQ(0, audit_enable(fd, true));
	pid = fork();
	if (!pid) {
		filter_call(AUDIT_ARCH_ARM, __NR_compat32_getpriority,
			    SECCOMP_RET_LOG, 0);
		compat(getpriority, 9, 0);
		_exit(0);
	}
	EXPECT_EQ(0, wait_status(pid));
	memset(&m, 0, sizeof(m));
	while (!found && recv(log, &m, sizeof(m) - 1, 0) > 0) {
		found = m.h.nlmsg_type == AUDIT_SECCOMP &&
			strstr(m.data, "arch=40000028 syscall=96 compat=1");
		if (!found)
			memset(&m, 0, sizeof(m));
	}
	audit_enable(fd, false);
	EXPECT_TRUE(found);
}

/* ------------------------------------------------------------------ strace */

static int mixed_calls(void)
{
	char *name = low_str("/none/compat-trace");

	native(openat, AT_FDCWD, "/none/native", 0);
	compat(open, name, O_RDONLY);
	native(close, 77777);
	compat(lseek, 88888, 0x11, SEEK_SET);
	return 0;
}

/* Debian's strace for arm64 knows both tables. */
TEST_F(trace, strace)
{
	char out[] = "/tmp/compat-trace-XXXXXX", *text = calloc(1, 1 << 20);
	int fd = mkstemp(out), status;
	pid_t pid;

	if (access("/usr/bin/strace", X_OK))
		SKIP(return, "no strace");
	ASSERT_GE(fd, 0);
	pid = fork();
	if (!pid) {
		char self[4096] = "";

		readlink("/proc/self/exe", self, sizeof(self) - 1);
		/* With -o it would not tell when the mode changes. */
		dup2(fd, 2);
		execl("/usr/bin/strace", "strace", self, "mixed", NULL);
		_exit(1);
	}
	status = wait_status(pid);
	EXPECT_EQ(0, status);
	EXPECT_GT(pread(fd, text, (1 << 20) - 1, 0), 0);
	unlink(out);
	EXPECT_NE(NULL, strstr(text, "openat(AT_FDCWD, \"/none/native\""));
	EXPECT_NE(NULL, strstr(text, "open(\"/none/compat-trace\", O_RDONLY)"));
	EXPECT_NE(NULL, strstr(text, "close(77777)"));
	EXPECT_NE(NULL, strstr(text, "lseek(88888, 17, SEEK_SET)"));
	EXPECT_NE(NULL, strstr(text, "runs in 32 bit mode"));
	EXPECT_NE(NULL, strstr(text, "runs in 64 bit mode"));
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "mixed"))
		return mixed_calls();
	return test_harness_run(argc, argv);
}
