// SPDX-License-Identifier: GPL-2.0
/*
 * Seccomp sees a compat call for what it is: AUDIT_ARCH_ARM, the number of the
 * AArch32 table, and exactly the arguments that the kernel acts on.
 */
#include <linux/ioctl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <ucontext.h>

#include "compat.h"
#include "compat-filter.h"

#define JUNK	0xfeedbeef00000000UL

/* getpgid() here, and sigaltstack() with a bad pointer as a native call */
#define PROBE_NR	__NR_compat32_getpgid

FIXTURE(seccomp) {
};

FIXTURE_SETUP(seccomp)
{
	need_compat_calls();
}

FIXTURE_TEARDOWN(seccomp)
{
}

static long probe(uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
		  uint64_t f)
{
	return svc(__ARM64_COMPAT_SYSCALL_BIT | PROBE_NR, a, b, c, d, e, f);
}

TEST_F(seccomp, errno_form)
{
	ASSERT_EQ(0, filter_call(AUDIT_ARCH_ARM, PROBE_NR, SECCOMP_RET_ERRNO | 99, 0));
	EXPECT_EQ(-99, probe(0, 0, 0, 0, 0, 0));
	/* The same number is another call when it is a native one. */
	EXPECT_NE(-99, svc(PROBE_NR, -1, 0, 0, 0, 0, 0));
	EXPECT_EQ(getpid(), compat0(getpid));
}

TEST_F(seccomp, native_number_is_another)
{
	ASSERT_EQ(0, filter_call(AUDIT_ARCH_AARCH64, __NR_getppid,
				 SECCOMP_RET_ERRNO | 98, 0));
	EXPECT_EQ(-98, native0(getppid));
	EXPECT_GT(compat0(getppid), 0);
	/* 173 in the other table is rt_sigreturn; 20 there is getpid. */
	EXPECT_EQ(getpid(), compat0(getpid));
}

/* The filter compares one argument in full with what the call has. */
FIXTURE(args) {
};

FIXTURE_VARIANT(args) {
	int n;
};

FIXTURE_VARIANT_ADD(args, 0) { .n = 0 };

FIXTURE_VARIANT_ADD(args, 1) { .n = 1 };

FIXTURE_VARIANT_ADD(args, 2) { .n = 2 };

FIXTURE_VARIANT_ADD(args, 3) { .n = 3 };

FIXTURE_VARIANT_ADD(args, 4) { .n = 4 };

FIXTURE_VARIANT_ADD(args, 5) { .n = 5 };

FIXTURE_SETUP(args)
{
	need_compat_calls();
}

FIXTURE_TEARDOWN(args)
{
}

TEST_F(args, narrowed)
{
	struct sock_filter insn[] = {
		LOAD(arch),
		IF_EQ(AUDIT_ARCH_ARM, 7),
		LOAD(nr),
		IF_EQ(PROBE_NR, 5),
		LOAD(args[variant->n]),
		IF_EQ(0x12345678, 3),
		LOAD_HIGH(args[variant->n]),
		IF_EQ(0, 2),
		RET(SECCOMP_RET_ERRNO | 97),
		RET(SECCOMP_RET_ALLOW),
		RET(SECCOMP_RET_ERRNO | 96),
	};
	uint64_t a[6] = { };

	ASSERT_EQ(0, set_filter(insn, ARRAY_SIZE(insn), 0));
	a[variant->n] = 0x12345678;
	EXPECT_EQ(-97, probe(a[0], a[1], a[2], a[3], a[4], a[5]));
	a[variant->n] = 0x12345678 | JUNK;
	EXPECT_EQ(-97, probe(a[0], a[1], a[2], a[3], a[4], a[5]));
	a[variant->n] = 0x12345678 | 1UL << 63;
	EXPECT_EQ(-97, probe(a[0], a[1], a[2], a[3], a[4], a[5]));
}

/* Numbers that are none are those of native calls, as they are in w8. */
TEST_F(seccomp, bad_numbers)
{
	static const uint32_t nrs[] = {
		0x80100000, 0x80100014, 0xc0000014, 0xffffffff, 0xffffff9b,
	};

	for (size_t i = 0; i < ARRAY_SIZE(nrs); i++) {
		pid_t pid = fork();

		if (!pid) {
			if (filter_call(AUDIT_ARCH_AARCH64, nrs[i],
					SECCOMP_RET_ERRNO | 95, 0))
				_exit(1);
			_exit(svc(nrs[i], 0, 0, 0, 0, 0, 0) == -95 ? 0 : 2);
		}
		EXPECT_EQ(0, wait_status(pid)) {
			TH_LOG("w8 = %x", nrs[i]);
		}
	}
	/* What is in range but no entry is a number of the table. */
	ASSERT_EQ(0, filter_call(AUDIT_ARCH_ARM, 0xf0005, SECCOMP_RET_ERRNO | 94, 0));
	EXPECT_EQ(-94, svc(0x800f0005, 0, 0, 0, 0, 0, 0));
	EXPECT_EQ(-ENOSYS, svc(0x800f0004, 0, 0, 0, 0, 0, 0));
}

/* The prologue that the documentation gives. */
TEST_F(seccomp, documented_prologue)
{
	struct sock_filter insn[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_AARCH64, 1, 0),
		RET(SECCOMP_RET_ERRNO | ENOSYS),
		LOAD(nr),
		IF_EQ(__NR_getppid, 1),
		RET(SECCOMP_RET_ERRNO | 93),
		RET(SECCOMP_RET_ALLOW),
	};

	ASSERT_EQ(0, set_filter(insn, ARRAY_SIZE(insn), 0));
	EXPECT_EQ(-ENOSYS, compat0(getpid));
	EXPECT_EQ(-ENOSYS, svc(0x80000000 | __NR_getppid, 0, 0, 0, 0, 0, 0));
	EXPECT_EQ(-93, native0(getppid));
	EXPECT_EQ(getpid(), native0(getpid));
}

/* ------------------------------------------------------------------- traps */

static siginfo_t trap_si;
static uint64_t trap_x8, trap_x0, trap_pc;

static void on_sys(int sig, siginfo_t *si, void *uc)
{
	ucontext_t *u = uc;

	trap_si = *si;
	trap_x8 = u->uc_mcontext.regs[8];
	trap_x0 = u->uc_mcontext.regs[0];
	trap_pc = u->uc_mcontext.pc;
	u->uc_mcontext.regs[0] = 0x123456789abc;
}

TEST_F(seccomp, trap)
{
	struct sigaction sa = { .sa_sigaction = on_sys, .sa_flags = SA_SIGINFO };

	ASSERT_EQ(0, sigaction(SIGSYS, &sa, NULL));
	ASSERT_EQ(0, filter_call(AUDIT_ARCH_ARM, PROBE_NR, SECCOMP_RET_TRAP | 5, 0));
	/* The handler emulates the call. */
	EXPECT_EQ(0x123456789abc, probe(7 | JUNK, 0, 0, 0, 0, 0));
	EXPECT_EQ(1, trap_si.si_code);	/* SYS_SECCOMP */
	EXPECT_EQ(AUDIT_ARCH_ARM, trap_si.si_arch);
	EXPECT_EQ(PROBE_NR, trap_si.si_syscall);
	EXPECT_EQ(5, trap_si.si_errno);
	EXPECT_EQ(trap_pc, (uint64_t)trap_si.si_call_addr);
	EXPECT_EQ(__ARM64_COMPAT_SYSCALL_BIT | PROBE_NR, trap_x8);
	EXPECT_EQ(7 | JUNK, trap_x0);
	EXPECT_TRUE(native_mmap_is_high());
}

TEST_F(seccomp, kill)
{
	pid_t pid = fork();

	if (!pid) {
		filter_call(AUDIT_ARCH_ARM, PROBE_NR, SECCOMP_RET_KILL_PROCESS, 0);
		svc(PROBE_NR, -1, 0, 0, 0, 0, 0);
		if (compat0(getpid) != getpid())
			_exit(1);
		probe(0, 0, 0, 0, 0, 0);
		_exit(0);
	}
	EXPECT_EQ(128 + SIGSYS, wait_status(pid));
}

/* ------------------------------------------------------------- strict mode */

FIXTURE(strict) {
};

FIXTURE_VARIANT(strict) {
	uint64_t nr, a, b, c;
	bool allowed;
};

FIXTURE_VARIANT_ADD(strict, compat_read) {
	.nr = COMPAT_NR(read), .a = -1, .allowed = true,
};

FIXTURE_VARIANT_ADD(strict, compat_write) {
	.nr = COMPAT_NR(write), .a = -1, .allowed = true,
};

FIXTURE_VARIANT_ADD(strict, native_write) {
	.nr = __NR_write, .a = -1, .allowed = true,
};

FIXTURE_VARIANT_ADD(strict, compat_getpid) {
	.nr = COMPAT_NR(getpid),
};

FIXTURE_VARIANT_ADD(strict, native_getpid) {
	.nr = __NR_getpid,
};

/* The numbers of read and write of the other table: dup2, getppid. */
FIXTURE_VARIANT_ADD(strict, native_read_number) {
	.nr = __ARM64_COMPAT_SYSCALL_BIT | __NR_read, .a = -1,
};

FIXTURE_VARIANT_ADD(strict, native_write_number) {
	.nr = __ARM64_COMPAT_SYSCALL_BIT | __NR_write,
};

/* io_getevents */
FIXTURE_VARIANT_ADD(strict, compat_write_number) {
	.nr = __NR_compat32_write,
};

FIXTURE_SETUP(strict)
{
	need_compat_calls();
}

FIXTURE_TEARDOWN(strict)
{
}

TEST_F(strict, mode)
{
	pid_t pid = fork();

	if (!pid) {
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
			_exit(1);
		svc(variant->nr, variant->a, variant->b, variant->c, 0, 0, 0);
		compat(exit, 33);
	}
	EXPECT_EQ(variant->allowed ? 33 : 128 + SIGKILL, wait_status(pid));
}

/* ----------------------------------------------- the cache of what is allowed */

#define HOT	20000

TEST_F(seccomp, cache_allows_native)
{
	struct sock_filter insn[] = {
		LOAD(arch),
		IF_EQ(AUDIT_ARCH_AARCH64, 1),
		RET(SECCOMP_RET_ALLOW),
		LOAD(nr),
		IF_EQ(__NR_compat32_exit, 1),
		RET(SECCOMP_RET_ALLOW),
		RET(SECCOMP_RET_ERRNO | 88),
	};
	long bad = 0;

	ASSERT_EQ(0, set_filter(insn, ARRAY_SIZE(insn), 0));
	for (int i = 0; i < HOT; i++) {
		bad += native0(getppid) <= 0;
		bad += svc(0x80000000 | __NR_getppid, 0, 0, 0, 0, 0, 0) != -88;
		bad += compat0(getpid) != -88;
	}
	EXPECT_EQ(0, bad);
}

TEST_F(seccomp, cache_allows_compat)
{
	/* 64 is getppid in the table, and the native write. */
	long bad = 0;

	ASSERT_EQ(0, filter_call(AUDIT_ARCH_AARCH64, __NR_compat32_getppid,
				 SECCOMP_RET_ERRNO | 87, 0));
	for (int i = 0; i < HOT; i++) {
		bad += compat0(getppid) <= 0;
		bad += svc(__NR_compat32_getppid, -1, 0, 0, 0, 0, 0) != -87;
	}
	/* Without a stream, which would have to write. */
	if (bad)
		compat(exit_group, 1);
	EXPECT_EQ(getpid(), compat0(getpid));
}

/* ----------------------------------------------------------- notifications */

FIXTURE(notify) {
	int listener;
	pid_t child;
	struct seccomp_notif req;
	struct seccomp_notif_resp resp;
	/* what the child saw, and where its call was */
	volatile long *result;
};

static int send_fd(int sock, int fd)
{
	char c = 0, control[CMSG_SPACE(sizeof(int))] = { };
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -1;
}

static int receive_fd(int sock)
{
	char c, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(sock, &msg, 0) != 1)
		return -1;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg)
		return -1;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	return fd;
}

FIXTURE_SETUP(notify)
{
	int sock[2];

	need_compat_calls();
	self->result = low_shared(4096);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	self->child = fork();
	ASSERT_GE(self->child, 0);
	if (!self->child) {
		int fd = filter_call(AUDIT_ARCH_ARM, PROBE_NR,
				     SECCOMP_RET_USER_NOTIF,
				     SECCOMP_FILTER_FLAG_NEW_LISTENER);

		if (fd < 0 || send_fd(sock[0], fd))
			_exit(1);
		self->result[0] = probe(0 | JUNK, 2 | JUNK, 3 | JUNK, 4 | JUNK,
					5 | JUNK, 6 | JUNK);
		_exit(0);
	}
	self->listener = receive_fd(sock[1]);
	ASSERT_GE(self->listener, 0);
	memset(&self->req, 0, sizeof(self->req));
	ASSERT_EQ(0, ioctl(self->listener, SECCOMP_IOCTL_NOTIF_RECV, &self->req));
	memset(&self->resp, 0, sizeof(self->resp));
	self->resp.id = self->req.id;
}

FIXTURE_TEARDOWN(notify)
{
	if (self->child > 0)
		kill(self->child, SIGKILL);
}

TEST_F(notify, what_it_tells)
{
	EXPECT_EQ(AUDIT_ARCH_ARM, self->req.data.arch);
	EXPECT_EQ(PROBE_NR, self->req.data.nr);
	EXPECT_EQ(0, self->req.data.args[0]);
	for (int i = 1; i < 6; i++)
		EXPECT_EQ(i + 1, self->req.data.args[i]);
	EXPECT_GE(self->req.data.instruction_pointer, TASK_SIZE_32);
}

/* All 64 bits of a value come through. */
TEST_F(notify, value)
{
	self->resp.val = 0x123456789abcdef;
	ASSERT_EQ(0, ioctl(self->listener, SECCOMP_IOCTL_NOTIF_SEND, &self->resp));
	EXPECT_EQ(0, wait_status(self->child));
	self->child = 0;
	EXPECT_EQ(0x123456789abcdef, self->result[0]);
}

TEST_F(notify, error)
{
	self->resp.error = -EDOM;
	ASSERT_EQ(0, ioctl(self->listener, SECCOMP_IOCTL_NOTIF_SEND, &self->resp));
	EXPECT_EQ(0, wait_status(self->child));
	self->child = 0;
	EXPECT_EQ(-EDOM, self->result[0]);
}

/* Goes on as the compat call. */
TEST_F(notify, proceed)
{
	self->resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	ASSERT_EQ(0, ioctl(self->listener, SECCOMP_IOCTL_NOTIF_SEND, &self->resp));
	EXPECT_EQ(0, wait_status(self->child));
	self->child = 0;
	EXPECT_EQ(getpgrp(), self->result[0]);
}

TEST_F(notify, addfd)
{
	struct seccomp_notif_addfd add = {
		.id = self->req.id, .srcfd = self->listener, .newfd = 77,
		.flags = SECCOMP_ADDFD_FLAG_SETFD | SECCOMP_ADDFD_FLAG_SEND,
	};

	EXPECT_EQ(77, ioctl(self->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add));
	EXPECT_EQ(0, wait_status(self->child));
	self->child = 0;
	EXPECT_EQ(77, self->result[0]);
}

/* ----------------------------------------------------------------- set up */

/* struct sock_fprog of an AArch32 program */
struct fprog32 {
	uint16_t len;
	uint32_t filter;
};

static struct fprog32 *fprog32(uint32_t arch, uint32_t nr, uint32_t action)
{
	struct sock_filter insn[] = FILTER_CALL(arch, nr, action);
	struct fprog32 *prog = low(4096);

	memcpy(prog + 1, insn, sizeof(insn));
	prog->len = ARRAY_SIZE(insn);
	prog->filter = (uintptr_t)(prog + 1);
	return prog;
}

TEST_F(seccomp, set_by_compat_seccomp)
{
	struct fprog32 *prog = fprog32(AUDIT_ARCH_ARM, PROBE_NR, SECCOMP_RET_ERRNO | 86);

	ASSERT_EQ(0, compat(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ASSERT_EQ(0, compat(seccomp, SECCOMP_SET_MODE_FILTER, 0, prog));
	EXPECT_EQ(-86, probe(0, 0, 0, 0, 0, 0));
}

TEST_F(seccomp, set_by_compat_prctl)
{
	struct fprog32 *prog = fprog32(AUDIT_ARCH_AARCH64, __NR_getppid,
				       SECCOMP_RET_ERRNO | 85);

	ASSERT_EQ(0, compat(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	ASSERT_EQ(0, compat(prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, prog));
	EXPECT_EQ(-85, native0(getppid));
	EXPECT_GT(compat0(getppid), 0);
	EXPECT_EQ(2, compat(prctl, PR_GET_SECCOMP));
}

static pthread_barrier_t barrier;
static long thread_compat, thread_native;

static void *thread(void *unused)
{
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	thread_compat = probe(0, 0, 0, 0, 0, 0);
	thread_native = svc(PROBE_NR, -1, 0, 0, 0, 0, 0);
	return NULL;
}

TEST_F(seccomp, tsync)
{
	struct fprog32 *prog = fprog32(AUDIT_ARCH_ARM, PROBE_NR, SECCOMP_RET_ERRNO | 84);
	pthread_t t;

	pthread_barrier_init(&barrier, NULL, 2);
	ASSERT_EQ(0, pthread_create(&t, NULL, thread, NULL));
	pthread_barrier_wait(&barrier);
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	EXPECT_EQ(0, compat(seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_TSYNC, prog));
	pthread_barrier_wait(&barrier);
	pthread_join(t, NULL);
	EXPECT_EQ(-84, thread_compat);
	EXPECT_NE(-84, thread_native);
}

/* ---------------------------------------------------------------- restarts */

/* A sleep that a stop interrupts, which is continued by restart_syscall(). */
static long stopped_sleep(bool is_compat, uint32_t arch, uint32_t nr)
{
	volatile long *result = low_shared(4096);
	pid_t pid = fork();

	if (!pid) {
		struct timespec t64 = { 0, 400000000 };
		int32_t *t32 = low(8);

		t32[1] = 400000000;
		if (filter_call(arch, nr, SECCOMP_RET_ERRNO | 83, 0))
			_exit(1);
		result[1] = 1;
		if (is_compat)
			result[0] = compat(nanosleep, t32, 0);
		else
			result[0] = native(nanosleep, &t64, 0);
		_exit(0);
	}
	while (!result[1])
		usleep(1000);
	usleep(100000);
	kill(pid, SIGSTOP);
	usleep(50000);
	kill(pid, SIGCONT);
	return wait_status(pid) ? -1000 : result[0];
}

TEST_F(seccomp, restart)
{
	EXPECT_EQ(-83, stopped_sleep(true, AUDIT_ARCH_ARM,
				     __NR_compat32_restart_syscall));
	EXPECT_EQ(0, stopped_sleep(true, AUDIT_ARCH_AARCH64, __NR_restart_syscall));
	EXPECT_EQ(0, stopped_sleep(true, AUDIT_ARCH_AARCH64, __NR_io_setup));
	EXPECT_EQ(-83, stopped_sleep(false, AUDIT_ARCH_AARCH64,
				     __NR_restart_syscall));
	EXPECT_EQ(0, stopped_sleep(false, AUDIT_ARCH_ARM,
				   __NR_compat32_restart_syscall));
	EXPECT_EQ(0, stopped_sleep(false, AUDIT_ARCH_ARM, __NR_compat32_init_module));
}

TEST_HARNESS_MAIN
