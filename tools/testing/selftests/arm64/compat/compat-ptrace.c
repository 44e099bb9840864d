// SPDX-License-Identifier: GPL-2.0
/*
 * What a tracer sees of compat calls, what it can change, and what not: the
 * kind of a call. And what a tracer gets that itself makes compat calls.
 */
#include <asm/ptrace.h>
#include <linux/elf.h>
#include <linux/ptrace.h>
#include <sys/uio.h>

#include "compat.h"
#include "compat-filter.h"

#define JUNK	0xfeedbeef00000000UL

#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL	0x404
#endif
#ifndef PTRACE_SET_SYSCALL_INFO
#define PTRACE_SET_SYSCALL_INFO	0x4212
#endif
#ifndef PTRACE_SYSEMU
#define PTRACE_SYSEMU		31
#endif

static long trace(long request, pid_t pid, unsigned long addr, void *data)
{
	long ret = syscall(__NR_ptrace, request, pid, addr, data);

	return ret < 0 ? -errno : ret;
}

/* A tracee that stops itself, runs @fn, and exits with 0. */
static pid_t start(long (*fn)(void), volatile long *result, unsigned long options)
{
	pid_t pid = fork();
	int status;

	if (pid)
		goto parent;
	trace(PTRACE_TRACEME, 0, 0, NULL);
	kill(getpid(), SIGSTOP);
	result[0] = fn();
	_exit(0);

parent:
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    trace(PTRACE_SETOPTIONS, pid, 0, (void *)(PTRACE_O_TRACESYSGOOD |
						      PTRACE_O_EXITKILL | options)))
		return -1;
	return pid;
}

/* Goes on to the next stop; the status, or -1 if the tracee is gone. */
static int next_stop(pid_t pid, long request, int sig)
{
	int status;

	if (trace(request, pid, 0, (void *)(long)sig))
		return -1;
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return -1;
	return status;
}

static bool is_syscall_stop(int status)
{
	return status > 0 && WSTOPSIG(status) == (SIGTRAP | 0x80);
}

static struct ptrace_syscall_info info_of(pid_t pid)
{
	struct ptrace_syscall_info info;

	memset(&info, 0xa5, sizeof(info));
	trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
	return info;
}

/* Goes on to the entry of the call with that number. */
static bool to_entry(pid_t pid, uint32_t arch, uint64_t nr)
{
	struct ptrace_syscall_info info;
	int status;

	while ((status = next_stop(pid, PTRACE_SYSCALL, 0)) > 0) {
		if (!is_syscall_stop(status))
			continue;
		info = info_of(pid);
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY && info.arch == arch &&
		    info.entry.nr == nr)
			return true;
	}
	return false;
}

static int finish(pid_t pid)
{
	int status;

	trace(PTRACE_CONT, pid, 0, NULL);
	while (waitpid(pid, &status, __WALL) == pid) {
		if (!WIFSTOPPED(status))
			return WIFEXITED(status) ? WEXITSTATUS(status) :
						   128 + WTERMSIG(status);
		trace(PTRACE_CONT, pid, 0, NULL);
	}
	return -1;
}

static int get_nr(pid_t pid)
{
	int nr = 0x5a5a5a5a;
	struct iovec iov = { &nr, sizeof(nr) };

	trace(PTRACE_GETREGSET, pid, NT_ARM_SYSTEM_CALL, &iov);
	return nr;
}

static long set_nr(pid_t pid, int nr)
{
	struct iovec iov = { &nr, sizeof(nr) };

	return trace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &iov);
}

static struct user_pt_regs get_regs(pid_t pid)
{
	struct user_pt_regs regs = { };
	struct iovec iov = { &regs, sizeof(regs) };

	trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov);
	return regs;
}

static long set_regs(pid_t pid, struct user_pt_regs *regs)
{
	struct iovec iov = { regs, sizeof(*regs) };

	return trace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov);
}

FIXTURE(ptrace) {
	volatile long *result;
	pid_t pid;
};

FIXTURE_SETUP(ptrace)
{
	need_compat_calls();
	self->result = low_shared(4096);
}

FIXTURE_TEARDOWN(ptrace)
{
	if (self->pid > 0)
		kill(self->pid, SIGKILL);
}

/* ------------------------------------------------------------ what is seen */

static long alternate(void)
{
	native0(getppid);
	compat(getpriority, 0 | JUNK, 1 | JUNK, 2 | JUNK, 3 | JUNK, 4 | JUNK, 5 | JUNK);
	native(close, -1);
	compat(lseek, -1, 7 | JUNK, 9);
	native(lseek, -1, 7 | JUNK, 9);
	compat(mmap2, 0x90000000, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS |
	       MAP_FIXED_NOREPLACE, -1, 0);
	svc(0x80100014, 0, 0, 0, 0, 0, 0);
	svc(0x80000000 | 0xf0005, 0, 0, 0, 0, 0, 0);
	return 0;
}

TEST_F(ptrace, alternating)
{
	static const struct {
		uint32_t arch;
		uint64_t nr, arg1;
		long ret;
		bool ret_any, error;
	} calls[] = {
		{ AUDIT_ARCH_AARCH64, __NR_getppid, 0, 0, true },
		{ AUDIT_ARCH_ARM, __NR_compat32_getpriority, 1, 0, true },
		{ AUDIT_ARCH_AARCH64, __NR_close, 0, -EBADF, false, true },
		{ AUDIT_ARCH_ARM, __NR_compat32_lseek, 7, -EBADF, false, true },
		{ AUDIT_ARCH_AARCH64, __NR_lseek, 7 | JUNK, -EBADF, false, true },
		{ AUDIT_ARCH_ARM, __NR_compat32_mmap2, 65536, 0x90000000 },
		{ AUDIT_ARCH_AARCH64, 0x80100014, 0, -ENOSYS, false, true },
		{ AUDIT_ARCH_ARM, 0xf0005, 0, -ENOSYS, false, true },
	};
	struct ptrace_syscall_info info;
	struct user_pt_regs regs;
	int status;

	self->pid = start(alternate, self->result, 0);
	ASSERT_GT(self->pid, 0);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		status = next_stop(self->pid, PTRACE_SYSCALL, 0);
		/* The rest of kill() in the tracee. */
		while (!i && status > 0 &&
		       !(is_syscall_stop(status) &&
			 info_of(self->pid).op == PTRACE_SYSCALL_INFO_ENTRY &&
			 info_of(self->pid).entry.nr == calls[0].nr))
			status = next_stop(self->pid, PTRACE_SYSCALL, 0);
		ASSERT_TRUE(is_syscall_stop(status));
		info = info_of(self->pid);
		EXPECT_EQ(PTRACE_SYSCALL_INFO_ENTRY, info.op);
		EXPECT_EQ(calls[i].arch, info.arch);
		EXPECT_EQ(calls[i].nr, (uint32_t)info.entry.nr);
		if (i)
			EXPECT_EQ(calls[i].arg1, info.entry.args[1]);
		if (calls[i].arch == AUDIT_ARCH_ARM) {
			for (int j = 0; j < 6; j++)
				EXPECT_EQ(0, info.entry.args[j] >> 32);
		}
		/* The registers are 64-bit ones; x7 tells the kind of the stop. */
		regs = get_regs(self->pid);
		EXPECT_EQ(0, regs.regs[7]);
		EXPECT_EQ(info.instruction_pointer, regs.pc);
		EXPECT_EQ(info.stack_pointer, regs.sp);
		if (calls[i].arch == AUDIT_ARCH_ARM)
			EXPECT_EQ(0x80000000 | calls[i].nr, regs.regs[8]);

		ASSERT_TRUE(is_syscall_stop(next_stop(self->pid, PTRACE_SYSCALL, 0)));
		info = info_of(self->pid);
		EXPECT_EQ(PTRACE_SYSCALL_INFO_EXIT, info.op);
		EXPECT_EQ(calls[i].arch, info.arch);
		if (!calls[i].ret_any)
			EXPECT_EQ(calls[i].ret, info.exit.rval);
		EXPECT_EQ(calls[i].error, info.exit.is_error);
		EXPECT_EQ(1, get_regs(self->pid).regs[7]);
	}
	EXPECT_EQ(0, finish(self->pid));
	self->pid = 0;
}

static void nothing(int sig)
{
}

static long signal_self(void)
{
	signal(SIGUSR1, nothing);
	return compat(kill, getpid(), SIGUSR1);
}

/* A stop for a signal is outside of the call. */
TEST_F(ptrace, signal_stop)
{
	struct ptrace_syscall_info info;
	int status;

	self->pid = start(signal_self, self->result, 0);
	ASSERT_GT(self->pid, 0);
	status = next_stop(self->pid, PTRACE_CONT, 0);
	ASSERT_EQ(SIGUSR1, WSTOPSIG(status));
	info = info_of(self->pid);
	EXPECT_EQ(PTRACE_SYSCALL_INFO_NONE, info.op);
	EXPECT_EQ(AUDIT_ARCH_AARCH64, info.arch);
	EXPECT_EQ(0, finish(self->pid));
	EXPECT_EQ(0, self->result[0]);
	self->pid = 0;
}

static long do_fork(void)
{
	long pid = compat0(fork);

	if (!pid)
		native(exit_group, 0);
	return wait_status(pid);
}

/* That of a new child is inside of it; the child itself makes no call. */
TEST_F(ptrace, fork_event)
{
	unsigned long child = 0;
	int status;

	self->pid = start(do_fork, self->result, PTRACE_O_TRACEFORK);
	ASSERT_GT(self->pid, 0);
	status = next_stop(self->pid, PTRACE_CONT, 0);
	ASSERT_EQ(SIGTRAP | PTRACE_EVENT_FORK << 8, status >> 8);
	EXPECT_EQ(AUDIT_ARCH_ARM, info_of(self->pid).arch);
	EXPECT_EQ(0, trace(PTRACE_GETEVENTMSG, self->pid, 0, &child));
	ASSERT_EQ(child, waitpid(child, &status, __WALL));
	EXPECT_TRUE(WIFSTOPPED(status));
	EXPECT_EQ(AUDIT_ARCH_AARCH64, info_of(child).arch);
	/* The first call of the child is a native one. */
	ASSERT_TRUE(is_syscall_stop(next_stop(child, PTRACE_SYSCALL, 0)));
	if (info_of(child).op == PTRACE_SYSCALL_INFO_EXIT)
		ASSERT_TRUE(is_syscall_stop(next_stop(child, PTRACE_SYSCALL, 0)));
	EXPECT_EQ(AUDIT_ARCH_AARCH64, info_of(child).arch);
	EXPECT_EQ(__NR_exit_group, info_of(child).entry.nr);
	trace(PTRACE_DETACH, child, 0, NULL);
	EXPECT_EQ(0, finish(self->pid));
	self->pid = 0;
}

static long do_exec(void)
{
	uint32_t *argv = low(16);

	argv[0] = (uintptr_t)low_str("compat-ptrace");
	argv[1] = (uintptr_t)low_str("exit");
	return compat(execve, low_str("/proc/self/exe"), argv, argv + 2);
}

/* What returns from execve() is the new image, with a native call. */
TEST_F(ptrace, exec_event)
{
	struct ptrace_syscall_info info;
	int status;

	self->pid = start(do_exec, self->result, PTRACE_O_TRACEEXEC);
	ASSERT_GT(self->pid, 0);
	ASSERT_TRUE(to_entry(self->pid, AUDIT_ARCH_ARM, __NR_compat32_execve));
	status = next_stop(self->pid, PTRACE_SYSCALL, 0);
	ASSERT_EQ(SIGTRAP | PTRACE_EVENT_EXEC << 8, status >> 8);
	EXPECT_EQ(AUDIT_ARCH_AARCH64, info_of(self->pid).arch);
	status = next_stop(self->pid, PTRACE_SYSCALL, 0);
	ASSERT_TRUE(is_syscall_stop(status));
	info = info_of(self->pid);
	EXPECT_EQ(PTRACE_SYSCALL_INFO_EXIT, info.op);
	EXPECT_EQ(AUDIT_ARCH_AARCH64, info.arch);
	EXPECT_EQ(0, info.exit.rval);
	EXPECT_EQ(__NR_execve, get_nr(self->pid));
	EXPECT_EQ(0, finish(self->pid));
	self->pid = 0;
}

static long sleep_once(void)
{
	int32_t *t = low(8);

	t[1] = 300000000;
	return compat(nanosleep, t, 0);
}

/* A signal that is not delivered: restart_syscall(), of the same table. */
TEST_F(ptrace, restart)
{
	struct ptrace_syscall_info info;
	int status;

	self->pid = start(sleep_once, self->result, 0);
	ASSERT_GT(self->pid, 0);
	ASSERT_TRUE(to_entry(self->pid, AUDIT_ARCH_ARM, __NR_compat32_nanosleep));
	trace(PTRACE_SYSCALL, self->pid, 0, NULL);
	usleep(50000);
	kill(self->pid, SIGUSR1);
	ASSERT_EQ(self->pid, waitpid(self->pid, &status, 0));
	ASSERT_TRUE(is_syscall_stop(status));
	status = next_stop(self->pid, PTRACE_SYSCALL, 0);
	ASSERT_EQ(SIGUSR1, WSTOPSIG(status));
	status = next_stop(self->pid, PTRACE_SYSCALL, 0);
	ASSERT_TRUE(is_syscall_stop(status));
	info = info_of(self->pid);
	EXPECT_EQ(PTRACE_SYSCALL_INFO_ENTRY, info.op);
	EXPECT_EQ(AUDIT_ARCH_ARM, info.arch);
	EXPECT_EQ(0, info.entry.nr);
	EXPECT_EQ(COMPAT_NR(restart_syscall), get_regs(self->pid).regs[8]);
	EXPECT_EQ(0, finish(self->pid));
	EXPECT_EQ(0, self->result[0]);
	self->pid = 0;
}

/* --------------------------------------------------------- what is changed */

static long one_compat(void)
{
	return compat(getpriority, 0x100, 0, 0, 0, 0, 0);
}

static long one_native(void)
{
	return native(getpriority, 0x100, 0, 0, 0, 0, 0);
}

FIXTURE(change) {
	volatile long *result;
	pid_t pid;
};

FIXTURE_VARIANT(change) {
	bool native;
	bool info;		/* with PTRACE_SET_SYSCALL_INFO */
};

FIXTURE_VARIANT_ADD(change, compat_regset) {
};

FIXTURE_VARIANT_ADD(change, compat_info) {
	.info = true,
};

FIXTURE_VARIANT_ADD(change, native_regset) {
	.native = true,
};

FIXTURE_VARIANT_ADD(change, native_info) {
	.native = true, .info = true,
};

FIXTURE_SETUP(change)
{
	need_compat_calls();
	self->result = low_shared(4096);
	self->pid = start(variant->native ? one_native : one_compat, self->result, 0);
	ASSERT_GT(self->pid, 0);
	ASSERT_TRUE(to_entry(self->pid,
			     variant->native ? AUDIT_ARCH_AARCH64 : AUDIT_ARCH_ARM,
			     variant->native ? __NR_getpriority :
					       __NR_compat32_getpriority));
}

FIXTURE_TEARDOWN(change)
{
	if (self->pid > 0)
		kill(self->pid, SIGKILL);
}

static long change_nr(pid_t pid, bool with_info, uint32_t nr)
{
	struct ptrace_syscall_info info;

	if (!with_info)
		return set_nr(pid, nr);
	info = info_of(pid);
	info.flags = 0;
	info.entry.nr = (int)nr;
	return trace(PTRACE_SET_SYSCALL_INFO, pid, sizeof(info), &info);
}

TEST_F(change, within_the_abi)
{
	ASSERT_EQ(0, change_nr(self->pid, variant->info,
			       variant->native ? __NR_getpid : __NR_compat32_getpid));
	EXPECT_EQ(0, finish(self->pid));
	EXPECT_EQ(self->pid, self->result[0]);
	self->pid = 0;
}

/* The bit, set there, is part of a number that no call has. */
TEST_F(change, not_the_abi)
{
	ASSERT_EQ(0, change_nr(self->pid, variant->info, COMPAT_NR(getpid)));
	EXPECT_EQ(0, finish(self->pid));
	EXPECT_EQ(-ENOSYS, self->result[0]);
	self->pid = 0;
}

/* Nor does w8 make a difference any more. */
TEST_F(change, not_by_x8)
{
	struct user_pt_regs regs = get_regs(self->pid);

	regs.regs[8] = variant->native ? COMPAT_NR(getpid) : __NR_getpid;
	ASSERT_EQ(0, set_regs(self->pid, &regs));
	EXPECT_EQ(0, finish(self->pid));
	EXPECT_EQ(-EINVAL, self->result[0]);
	self->pid = 0;
}

TEST_F(change, skip)
{
	struct user_pt_regs regs;

	ASSERT_EQ(0, change_nr(self->pid, variant->info, -1));
	ASSERT_TRUE(is_syscall_stop(next_stop(self->pid, PTRACE_SYSCALL, 0)));
	regs = get_regs(self->pid);
	regs.regs[0] = 0x123456789abcdef;
	ASSERT_EQ(0, set_regs(self->pid, &regs));
	EXPECT_EQ(0, finish(self->pid));
	EXPECT_EQ(0x123456789abcdef, self->result[0]);
	self->pid = 0;
}

/* Arguments can be anything, and are used as a compat call uses them. */
TEST_F(change, arguments)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	uint64_t args[3] = { fd, 5, SEEK_SET };
	struct ptrace_syscall_info info;
	struct user_pt_regs regs;

	if (variant->native)
		SKIP(return, "about compat calls");
	kill(self->pid, SIGKILL);
	waitpid(self->pid, NULL, 0);
	self->pid = start(one_compat, self->result, 0);
	ASSERT_TRUE(to_entry(self->pid, AUDIT_ARCH_ARM, __NR_compat32_getpriority));
	if (variant->info) {
		info = info_of(self->pid);
		info.flags = 0;
		info.entry.nr = __NR_compat32_lseek;
		for (int i = 0; i < 3; i++)
			info.entry.args[i] = args[i] | JUNK;
		ASSERT_EQ(0, trace(PTRACE_SET_SYSCALL_INFO, self->pid,
				   sizeof(info), &info));
	} else {
		ASSERT_EQ(0, set_nr(self->pid, __NR_compat32_lseek));
		regs = get_regs(self->pid);
		for (int i = 0; i < 3; i++)
			regs.regs[i] = args[i] | JUNK;
		ASSERT_EQ(0, set_regs(self->pid, &regs));
	}
	/* It says what will be used. */
	info = info_of(self->pid);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(args[i], info.entry.args[i]);
	EXPECT_EQ(0, finish(self->pid));
	EXPECT_EQ(5, self->result[0]);
	self->pid = 0;
}

/*
 * The filter sees the first argument that a tracer has put in before, and the
 * call uses the one that the filter has seen.
 */
static long filtered_lseek(void)
{
	struct sock_filter insn[] = {
		LOAD(arch),
		IF_EQ(AUDIT_ARCH_ARM, 7),
		LOAD(nr),
		IF_EQ(__NR_compat32_lseek, 5),
		LOAD(args[0]),
		IF_EQ(1234, 3),
		LOAD_HIGH(args[0]),
		IF_EQ(0, 1),
		RET(SECCOMP_RET_ERRNO | 61),
		RET(SECCOMP_RET_ALLOW),
	};

	if (set_filter(insn, ARRAY_SIZE(insn), 0))
		return 1;
	return compat(lseek, 1000, 0, 0);
}

static long filtered_lseek_1234(void)
{
	filtered_lseek();
	return compat(lseek, 1234, 0, 0);
}

TEST_F(ptrace, x0_bypass)
{
	struct user_pt_regs regs;

	self->pid = start(filtered_lseek, self->result, 0);
	ASSERT_TRUE(to_entry(self->pid, AUDIT_ARCH_ARM, __NR_compat32_lseek));
	regs = get_regs(self->pid);
	regs.regs[0] = 1234;
	ASSERT_EQ(0, set_regs(self->pid, &regs));
	EXPECT_EQ(0, finish(self->pid));
	EXPECT_EQ(-61, self->result[0]);

	/* The same with something in the upper half. */
	self->pid = start(filtered_lseek, self->result, 0);
	ASSERT_TRUE(to_entry(self->pid, AUDIT_ARCH_ARM, __NR_compat32_lseek));
	regs = get_regs(self->pid);
	regs.regs[0] = 1234 | JUNK;
	ASSERT_EQ(0, set_regs(self->pid, &regs));
	EXPECT_EQ(0, finish(self->pid));
	EXPECT_EQ(-61, self->result[0]);

	/* And away from what is filtered. */
	self->pid = start(filtered_lseek_1234, self->result, 0);
	ASSERT_TRUE(to_entry(self->pid, AUDIT_ARCH_ARM, __NR_compat32_lseek));
	ASSERT_TRUE(to_entry(self->pid, AUDIT_ARCH_ARM, __NR_compat32_lseek));
	regs = get_regs(self->pid);
	EXPECT_EQ(1234, regs.regs[0]);
	regs.regs[0] = 1001;
	ASSERT_EQ(0, set_regs(self->pid, &regs));
	EXPECT_EQ(0, finish(self->pid));
	EXPECT_EQ(-EBADF, self->result[0]);
	self->pid = 0;
}

/* SECCOMP_RET_TRACE: the stop, and a second look at what the tracer did. */
static long traced_call(void)
{
	struct sock_filter insn[] = {
		LOAD(arch),
		IF_EQ(AUDIT_ARCH_ARM, 6),
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_compat32_getpriority, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_compat32_getppid, 2, 0),
		RET(SECCOMP_RET_ALLOW),
		RET(SECCOMP_RET_TRACE | 7),
		RET(SECCOMP_RET_ERRNO | 60),
		RET(SECCOMP_RET_ALLOW),
	};

	if (set_filter(insn, ARRAY_SIZE(insn), 0))
		return 1;
	return compat(getpriority, 0x100 | JUNK, 2 | JUNK, 0, 0, 0, 0);
}

static int to_seccomp_stop(pid_t pid)
{
	int status;

	while ((status = next_stop(pid, PTRACE_CONT, 0)) > 0) {
		if (status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
			return 1;
	}
	return 0;
}

TEST_F(ptrace, seccomp_trace)
{
	struct ptrace_syscall_info info;

	/* It goes on ... */
	self->pid = start(traced_call, self->result, PTRACE_O_TRACESECCOMP);
	ASSERT_TRUE(to_seccomp_stop(self->pid));
	info = info_of(self->pid);
	EXPECT_EQ(PTRACE_SYSCALL_INFO_SECCOMP, info.op);
	EXPECT_EQ(AUDIT_ARCH_ARM, info.arch);
	EXPECT_EQ(__NR_compat32_getpriority, info.seccomp.nr);
	EXPECT_EQ(0x100, info.seccomp.args[0]);
	EXPECT_EQ(2, info.seccomp.args[1]);
	EXPECT_EQ(7, info.seccomp.ret_data);
	EXPECT_EQ(0, finish(self->pid));
	EXPECT_EQ(-EINVAL, self->result[0]);

	/* ... or becomes another call, which the filter looks at as well ... */
	self->pid = start(traced_call, self->result, PTRACE_O_TRACESECCOMP);
	ASSERT_TRUE(to_seccomp_stop(self->pid));
	ASSERT_EQ(0, set_nr(self->pid, __NR_compat32_getppid));
	EXPECT_EQ(0, finish(self->pid));
	EXPECT_EQ(-60, self->result[0]);

	self->pid = start(traced_call, self->result, PTRACE_O_TRACESECCOMP);
	ASSERT_TRUE(to_seccomp_stop(self->pid));
	ASSERT_EQ(0, set_nr(self->pid, __NR_compat32_getpid));
	EXPECT_EQ(0, finish(self->pid));
	EXPECT_EQ(self->pid, self->result[0]);

	/* ... but not of the other kind: a negative number is not made ... */
	self->pid = start(traced_call, self->result, PTRACE_O_TRACESECCOMP);
	ASSERT_TRUE(to_seccomp_stop(self->pid));
	ASSERT_EQ(0, set_nr(self->pid, COMPAT_NR(getpid)));
	EXPECT_EQ(0, finish(self->pid));
	EXPECT_EQ(0x100 | JUNK, (uint64_t)self->result[0]);

	/* ... or is left out. */
	self->pid = start(traced_call, self->result, PTRACE_O_TRACESECCOMP);
	ASSERT_TRUE(to_seccomp_stop(self->pid));
	ASSERT_EQ(0, set_nr(self->pid, -1));
	EXPECT_EQ(0, finish(self->pid));
	EXPECT_EQ(0x100 | JUNK, (uint64_t)self->result[0]);
	self->pid = 0;
}

/* The tracer emulates the call. */
TEST_F(ptrace, sysemu)
{
	struct ptrace_syscall_info info;
	struct user_pt_regs regs;
	int status;

	self->pid = start(one_compat, self->result, 0);
	ASSERT_GT(self->pid, 0);
	do {
		status = next_stop(self->pid, PTRACE_SYSEMU, 0);
		ASSERT_TRUE(is_syscall_stop(status));
		info = info_of(self->pid);
		ASSERT_EQ(PTRACE_SYSCALL_INFO_ENTRY, info.op);
	} while (info.arch != AUDIT_ARCH_ARM);
	EXPECT_EQ(__NR_compat32_getpriority, info.entry.nr);
	regs = get_regs(self->pid);
	regs.regs[0] = 0x1234567890;
	ASSERT_EQ(0, set_regs(self->pid, &regs));
	EXPECT_EQ(0, finish(self->pid));
	EXPECT_EQ(0x1234567890, self->result[0]);
	self->pid = 0;
}

/* ------------------------------------------------------ a tracer's own ptrace */

static long idle(void)
{
	return pause();
}

/* Requests about AArch32 registers, of which this tracee has none. */
TEST_F(ptrace, register_requests)
{
	static const int requests[] = {
		3, 6,			/* PEEKUSR, POKEUSR */
		12, 13, 27, 28,		/* GET/SETREGS, GET/SETVFPREGS */
		22, 23,			/* GET_THREAD_AREA, SET_SYSCALL */
		29, 30,			/* GET/SETHBPREGS */
	};
	struct user_pt_regs before, after;
	uint32_t *buf = low(4096);

	self->pid = start(idle, self->result, 0);
	ASSERT_GT(self->pid, 0);
	before = get_regs(self->pid);
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		EXPECT_EQ(-EIO, compat(ptrace, requests[i], self->pid, 0, buf)) {
			TH_LOG("request %d", requests[i]);
		}
	}
	after = get_regs(self->pid);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
}

TEST_F(ptrace, compat_requests)
{
	uint32_t *secret = low(8), *word = low(8), *iov = low(8), *si = low(256);
	uint32_t *peek = low(16);
	struct user_pt_regs *regs = low(sizeof(*regs)), native;

	secret[0] = 0x12345678;
	secret[1] = 0x9abcdef0;
	self->pid = start(idle, self->result, 0);
	ASSERT_GT(self->pid, 0);
	word[1] = 0x5a5a5a5a;
	/* A word has 32 bits. */
	EXPECT_EQ(0, compat(ptrace, PTRACE_PEEKTEXT, self->pid, secret, word));
	EXPECT_EQ(0x12345678, word[0]);
	EXPECT_EQ(0x5a5a5a5a, word[1]);
	EXPECT_EQ(0, compat(ptrace, PTRACE_POKEDATA, self->pid, secret, 0xcafe));
	EXPECT_EQ(0, compat(ptrace, PTRACE_PEEKDATA, self->pid, secret, word));
	EXPECT_EQ(0xcafe, word[0]);
	EXPECT_EQ(0, compat(ptrace, PTRACE_PEEKDATA, self->pid, secret + 1, word));
	EXPECT_EQ(0x9abcdef0, word[0]);
	/* The registers are those that the tracee has. */
	iov[0] = (uintptr_t)regs;
	iov[1] = sizeof(*regs);
	EXPECT_EQ(0, compat(ptrace, PTRACE_GETREGSET, self->pid, NT_PRSTATUS, iov));
	EXPECT_EQ(sizeof(*regs), iov[1]);
	native = get_regs(self->pid);
	EXPECT_EQ(0, memcmp(regs, &native, sizeof(native)));
	regs->regs[19] ^= JUNK;
	iov[1] = sizeof(*regs);
	EXPECT_EQ(0, compat(ptrace, PTRACE_SETREGSET, self->pid, NT_PRSTATUS, iov));
	EXPECT_EQ(native.regs[19] ^ JUNK, get_regs(self->pid).regs[19]);
	/* struct siginfo has its 32-bit layout. */
	memset(si, 0x5a, 256);
	EXPECT_EQ(0, compat(ptrace, PTRACE_GETSIGINFO, self->pid, 0, si));
	EXPECT_EQ(SIGSTOP, si[0]);
	EXPECT_EQ(0, si[2]);
	EXPECT_EQ(self->pid, si[3]);
	EXPECT_EQ(0x5a5a5a5a, si[32]);
	/* and so has what is peeked at */
	ASSERT_EQ(0, kill(self->pid, SIGUSR2));
	memset(si, 0x5a, 256);
	peek[3] = 1;
	*(uint64_t *)peek = 0;
	peek[2] = 1;	/* PTRACE_PEEKSIGINFO_SHARED */
	EXPECT_EQ(1, compat(ptrace, PTRACE_PEEKSIGINFO, self->pid, peek, si));
	EXPECT_EQ(SIGUSR2, si[0]);
	EXPECT_EQ(getpid(), si[3]);
	EXPECT_EQ(0x5a5a5a5a, si[32]);
}

/* A tracee that does run AArch32 has them. */
TEST_F(ptrace, aarch32_tracee)
{
	char path[32], *argv[] = { "exit32", NULL };
	uint32_t *regs = low(4096);
	int status;

	if (!have_aarch32())
		SKIP(return, "no CPU in reach runs 32-bit programs");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", exit32_fd());
	self->pid = fork();
	if (!self->pid) {
		trace(PTRACE_TRACEME, 0, 0, NULL);
		execv(path, argv);
		_exit(1);
	}
	ASSERT_EQ(self->pid, waitpid(self->pid, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	memset(regs, 0x5a, 128);
	EXPECT_EQ(0, compat(ptrace, 12, self->pid, 0, regs));
	EXPECT_EQ(0x10054, regs[15]);
	EXPECT_EQ(0x10, regs[16] & 0x1f);
	EXPECT_EQ(0x5a5a5a5a, regs[18]);
	EXPECT_EQ(0, compat(ptrace, 3, self->pid, 60, regs));
	EXPECT_EQ(0x10054, regs[0]);
	EXPECT_EQ(42, finish(self->pid));
	self->pid = 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "exit"))
		return 0;
	return test_harness_run(argc, argv);
}
