// SPDX-License-Identifier: GPL-2.0
/*
 * What a compat call of a 64-bit task is: which numbers, which registers,
 * which results, and that nothing of it stays when it is over - in a child,
 * in a new image, in a signal handler, in a core dump.
 *
 * This program fails on a kernel without compat calls; the others skip.
 */
#include <elf.h>
#include <setjmp.h>
#include <sys/auxv.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <ucontext.h>

#include "compat.h"
#include "compat-filter.h"

TEST(basic)
{
	char *buf = low_str("through the bit"), got[16];
	int p[2];

	EXPECT_EQ(getpid(), compat0(getpid));
	EXPECT_EQ(gettid(), compat0(gettid));
	EXPECT_EQ(getppid(), compat0(getppid));
	EXPECT_EQ(getuid(), compat0(getuid32));
	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(15, compat(write, p[1], buf, 15));
	EXPECT_EQ(15, read(p[0], got, sizeof(got)));
	EXPECT_EQ(0, memcmp(buf, got, 15));
}

TEST(same_uname)
{
	struct utsname *a = low(sizeof(*a)), b;

	ASSERT_EQ(0, compat(uname, a));
	ASSERT_EQ(0, uname(&b));
	EXPECT_EQ(0, memcmp(a, &b, sizeof(b)));
}

/* The C library's own function, with its own idea of what an error is. */
TEST(libc_syscall)
{
	EXPECT_EQ(getpid(), syscall(COMPAT_NR(getpid)));
	errno = 0;
	EXPECT_EQ(-1, syscall(COMPAT_NR(close), -1));
	EXPECT_EQ(EBADF, errno);
	errno = 0;
	EXPECT_EQ(-1, syscall(COMPAT_NR(open), low_str("/none/none"), O_RDONLY, 0));
	EXPECT_EQ(ENOENT, errno);
}

/* A call needs no CPU that runs AArch32; a 32-bit program does. */
TEST(without_aarch32)
{
	uint32_t *argv = low(8);
	char *path = low(32);

	need_compat_calls();
	if (have_aarch32())
		SKIP(return, "32-bit programs run here");
	sprintf(path, "/proc/self/fd/%d", exit32_fd());
	argv[0] = (uint32_t)(uintptr_t)path;
	EXPECT_EQ(-ENOEXEC, compat(execve, path, argv, argv + 1));
	EXPECT_EQ(getpid(), compat0(getpid));
}

/* Bits 31 to 20 must be 0x800; bits 63 to 32 are nothing. */
TEST(number_field)
{
	static const uint64_t bad[] = {
		0x80100000, 0x80100014, 0x90000014, 0xc0000014, 0xa0000014,
		0x88000014, 0xffffffff, -1UL, -101UL, -4095UL, 0xfff00014,
		0x40000014, 0x00100014,
	};
	pid_t pid = getpid();

	EXPECT_EQ(pid, svc(0x80000014, 0, 0, 0, 0, 0, 0));
	EXPECT_EQ(pid, svc(0xffffffff80000014, 0, 0, 0, 0, 0, 0));
	EXPECT_EQ(pid, svc(0x1234567880000014, 0, 0, 0, 0, 0, 0));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-ENOSYS, svc(bad[i], 0, 0, 0, 0, 0, 0)) {
			TH_LOG("w8 = %lx", bad[i]);
		}
	}
}

static const struct {
	unsigned int nr;
	const char *name;
} calls[] = {
#define COMPAT_CALL(nr, name)	{ nr, #name },
#include "compat-nr.inc"
#undef COMPAT_CALL
};

/* Every number that has no entry in the table, up to the last bit. */
TEST(no_other_numbers)
{
	static bool known[4096];
	uint64_t tpidr, tpidrro, now;
	long bad = 0;

	need_compat_calls();
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		known[calls[i].nr] = true;
	asm("mrs %0, tpidr_el0" : "=r"(tpidr));
	asm("mrs %0, tpidrro_el0" : "=r"(tpidrro));
	for (uint64_t nr = 0; nr <= COMPAT_NR_MASK; nr++) {
		if (nr < ARRAY_SIZE(known) && known[nr])
			continue;
		if (svc(__ARM64_COMPAT_SYSCALL_BIT | nr, 0, 0, 0, 0, 0, 0) !=
		    -ENOSYS && bad++ < 10)
			TH_LOG("number %lx", nr);
	}
	EXPECT_EQ(0, bad);
	/* The private calls of ARM, with arguments that would do something. */
	for (uint64_t nr = 0xf0001; nr <= 0xf0006; nr++) {
		EXPECT_EQ(-ENOSYS, svc(__ARM64_COMPAT_SYSCALL_BIT | nr,
				       0x5678, 0x5679, 0, 0, 0, 0));
	}
	asm volatile("mrs %0, tpidr_el0" : "=r"(now));
	EXPECT_EQ(tpidr, now);
	asm volatile("mrs %0, tpidrro_el0" : "=r"(now));
	EXPECT_EQ(tpidrro, now);
}

#define JUNK	0xdeadbeef00000000UL

/* What is in the upper halves is not an argument. */
TEST(upper_halves)
{
	uint64_t *pos = low(8);
	char *buf = low(64);
	int fd = memfd_create("f", 0);

	need_compat_calls();
	strcpy(buf, "0123456789");
	EXPECT_EQ(10, compat(write, fd | JUNK, (uint64_t)buf | JUNK, 10 | JUNK));
	EXPECT_EQ(4, compat(lseek, fd | JUNK, 4 | JUNK, SEEK_SET | JUNK));
	EXPECT_EQ(0, compat(_llseek, fd | JUNK, 2 | JUNK, 3 | JUNK,
			    (uint64_t)pos | JUNK, SEEK_SET | JUNK));
	EXPECT_EQ(0x200000003, *pos);
	EXPECT_EQ(3, compat(pwrite64, fd | JUNK, (uint64_t)buf | JUNK, 3 | JUNK,
			    JUNK, 5 | JUNK, JUNK));
	EXPECT_EQ(5, compat(pread64, fd | JUNK, (uint64_t)buf | JUNK, 5 | JUNK,
			    JUNK, 5 | JUNK, JUNK));
	EXPECT_EQ(0, memcmp(buf, "01289", 5));
	/* -1 of 32 bits is -1. */
	EXPECT_EQ(-EBADF, compat(close, 0xffffffff));
	EXPECT_EQ(-EBADF, compat(close, 0x00000001ffffffff));
	EXPECT_EQ(-EINVAL, compat(prctl, PR_GET_NO_NEW_PRIVS | JUNK, 1 | JUNK,
				  JUNK, JUNK, JUNK));
	EXPECT_EQ(0, compat(prctl, PR_GET_NO_NEW_PRIVS | JUNK, JUNK, JUNK,
			    JUNK, JUNK));
	/* A length that would be huge. */
	buf = low(65536);
	EXPECT_EQ(0, compat(munmap, (uint64_t)buf | JUNK, 65536 | JUNK));
	/* ... and x6 and x7 are none of the six. */
	EXPECT_EQ(10, compat(lseek, fd, 10, SEEK_SET));
}

/* One of them is enough for all arguments to be looked at. */
TEST(one_upper_half)
{
	uint32_t *local = low(8), *remote = low(8);
	char *from = low_str("data"), *to = low(8);
	long ret;

	need_compat_calls();
	local[0] = (uintptr_t)to;
	remote[0] = (uintptr_t)from;
	local[1] = 5;
	remote[1] = 5;
	/* This takes whole registers, for all but the first one. */
	for (int i = 0; i < 6; i++) {
		uint64_t a[6] = { getpid(), (uintptr_t)local, 1, (uintptr_t)remote, 1, 0 };

		a[i] |= JUNK;
		memset(to, 0, 8);
		ret = compat(process_vm_readv, a[0], a[1], a[2], a[3], a[4], a[5]);
		if (ret == -ENOSYS)
			SKIP(return, "missing CONFIG_CROSS_MEMORY_ATTACH");
		EXPECT_EQ(5, ret) {
			TH_LOG("argument %d", i);
		}
		EXPECT_STREQ("data", to);
	}
	EXPECT_EQ(0, compat(munmap, (uintptr_t)low(65536) | JUNK, 65536));
}

struct regs {
	uint64_t x[31], sp;
	__uint128_t v[32];
};

void svc_regs(const struct regs *in, struct regs *out);
asm("	.text\n"
"	.type	svc_regs, %function\n"
"svc_regs:\n"
"	hint	#34\n"
"	stp	x29, x30, [sp, #-192]!\n"
"	stp	x19, x20, [sp, #16]\n"
"	stp	x21, x22, [sp, #32]\n"
"	stp	x23, x24, [sp, #48]\n"
"	stp	x25, x26, [sp, #64]\n"
"	stp	x27, x28, [sp, #80]\n"
"	stp	d8, d9, [sp, #96]\n"
"	stp	d10, d11, [sp, #112]\n"
"	stp	d12, d13, [sp, #128]\n"
"	stp	d14, d15, [sp, #144]\n"
"	stp	x18, x1, [sp, #160]\n"
"	add	x9, x0, #256\n"
"	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
"	ldr	q\\n, [x9], #16\n"
"	.endr\n"
"	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
"	ldr	q\\n, [x9], #16\n"
"	.endr\n"
"	ldp	x2, x3, [x0, #16]\n"
"	ldp	x4, x5, [x0, #32]\n"
"	ldp	x6, x7, [x0, #48]\n"
"	ldp	x8, x9, [x0, #64]\n"
"	ldp	x10, x11, [x0, #80]\n"
"	ldp	x12, x13, [x0, #96]\n"
"	ldp	x14, x15, [x0, #112]\n"
"	ldp	x16, x17, [x0, #128]\n"
"	ldp	x18, x19, [x0, #144]\n"
"	ldp	x20, x21, [x0, #160]\n"
"	ldp	x22, x23, [x0, #176]\n"
"	ldp	x24, x25, [x0, #192]\n"
"	ldp	x26, x27, [x0, #208]\n"
"	ldp	x28, x29, [x0, #224]\n"
"	ldr	x30, [x0, #240]\n"
"	ldp	x0, x1, [x0]\n"
"	svc	#0\n"
"	stp	x0, x1, [sp, #176]\n"
"	ldr	x0, [sp, #168]\n"
"	stp	x2, x3, [x0, #16]\n"
"	stp	x4, x5, [x0, #32]\n"
"	stp	x6, x7, [x0, #48]\n"
"	stp	x8, x9, [x0, #64]\n"
"	stp	x10, x11, [x0, #80]\n"
"	stp	x12, x13, [x0, #96]\n"
"	stp	x14, x15, [x0, #112]\n"
"	stp	x16, x17, [x0, #128]\n"
"	stp	x18, x19, [x0, #144]\n"
"	stp	x20, x21, [x0, #160]\n"
"	stp	x22, x23, [x0, #176]\n"
"	stp	x24, x25, [x0, #192]\n"
"	stp	x26, x27, [x0, #208]\n"
"	stp	x28, x29, [x0, #224]\n"
"	str	x30, [x0, #240]\n"
"	mov	x2, sp\n"
"	str	x2, [x0, #248]\n"
"	ldp	x2, x3, [sp, #176]\n"
"	stp	x2, x3, [x0]\n"
"	add	x9, x0, #256\n"
"	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
"	str	q\\n, [x9], #16\n"
"	.endr\n"
"	.irp	n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
"	str	q\\n, [x9], #16\n"
"	.endr\n"
"	ldp	x19, x20, [sp, #16]\n"
"	ldp	x21, x22, [sp, #32]\n"
"	ldp	x23, x24, [sp, #48]\n"
"	ldp	x25, x26, [sp, #64]\n"
"	ldp	x27, x28, [sp, #80]\n"
"	ldp	d8, d9, [sp, #96]\n"
"	ldp	d10, d11, [sp, #112]\n"
"	ldp	d12, d13, [sp, #128]\n"
"	ldp	d14, d15, [sp, #144]\n"
"	ldr	x18, [sp, #160]\n"
"	ldp	x29, x30, [sp], #192\n"
"	ret\n"
);

FIXTURE(registers) {
};

FIXTURE_VARIANT(registers) {
	uint64_t nr;
	bool native;
};

FIXTURE_VARIANT_ADD(registers, native) {
	.nr = __NR_getpid, .native = true,
};

FIXTURE_VARIANT_ADD(registers, getpid) {
	.nr = COMPAT_NR(getpid),
};

/* Handlers of each kind, and no handler. */
FIXTURE_VARIANT_ADD(registers, close) {
	.nr = COMPAT_NR(close),
};

FIXTURE_VARIANT_ADD(registers, fcntl64) {
	.nr = COMPAT_NR(fcntl64),
};

FIXTURE_VARIANT_ADD(registers, pread64) {
	.nr = COMPAT_NR(pread64),
};

FIXTURE_VARIANT_ADD(registers, mmap2) {
	.nr = COMPAT_NR(mmap2),
};

FIXTURE_VARIANT_ADD(registers, hole) {
	.nr = __ARM64_COMPAT_SYSCALL_BIT | 7,
};

FIXTURE_VARIANT_ADD(registers, private) {
	.nr = __ARM64_COMPAT_SYSCALL_BIT | 0xf0005,
};

FIXTURE_SETUP(registers)
{
	if (!variant->native)
		need_compat_calls();
}

FIXTURE_TEARDOWN(registers)
{
}

/* All registers but x0 come back as they were, in full. */
TEST_F(registers, preserved)
{
	struct regs in, out;

	for (int round = 0; round < 20; round++) {
		uint64_t seed = 0x9e3779b97f4a7c15 * (round + 1);

		for (int i = 0; i < 31; i++) {
			seed = seed * 6364136223846793005 + 1442695040888963407;
			in.x[i] = seed;
		}
		for (int i = 0; i < 32; i++) {
			seed = seed * 6364136223846793005 + 1442695040888963407;
			in.v[i] = (__uint128_t)seed << 64 | ~seed;
		}
		/* No descriptor, and no length. */
		in.x[0] |= 0xffffff00;
		in.x[1] &= ~0xffffffffUL;
		in.x[8] = variant->nr | (round & 1 ? JUNK : 0);
		memset(&out, 0, sizeof(out));
		svc_regs(&in, &out);
		for (int i = 1; i < 31; i++) {
			EXPECT_EQ(in.x[i], out.x[i]) {
				TH_LOG("x%d", i);
			}
		}
		EXPECT_EQ(0, memcmp(in.v, out.v, sizeof(in.v)));
		EXPECT_TRUE(is_error(out.x[0]) || out.x[0] == (uint64_t)getpid());
		EXPECT_EQ(0, out.sp & 15);
	}
}

/* A result has 32 bits; an error has 64. */
TEST(result_form)
{
	int fd = memfd_create("f", 0);
	long ret;

	need_compat_calls();
	ret = compat(mmap2, 0xc0000000, 4096, PROT_READ,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	EXPECT_EQ(0xc0000000, ret);
	ret = compat(mmap2, 0xfffe0000, 65536, PROT_READ,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	EXPECT_EQ(0xfffe0000, ret);
	EXPECT_EQ(-EBADF, compat(lseek, -1, 0, SEEK_SET));
	EXPECT_EQ(-EFAULT, compat(write, fd, 0xfff00000, 5));
	/* Past 4 GiB only the low word is there. */
	ASSERT_EQ(0, ftruncate(fd, 0x180000005));
	EXPECT_EQ(0x80000005, compat(lseek, fd, 0, SEEK_END));
	ASSERT_EQ(0, ftruncate(fd, 0x1fffffff0));
	EXPECT_EQ(0xfffffff0, compat(lseek, fd, 0, SEEK_END));
	EXPECT_EQ(0x7ffffff0, compat(lseek, fd, 0x7ffffff0, SEEK_SET));
	/* A native call in between is what it was. */
	EXPECT_EQ(0x1fffffff0, lseek(fd, 0, SEEK_END));
}

/* --------------------------------------------------------------- sigreturn */

static sigjmp_buf jump;
static ucontext_t segv_uc;
static siginfo_t segv_si;

static void on_segv(int sig, siginfo_t *si, void *uc)
{
	/* What is behind the extension records is not looked at. */
	memcpy(&segv_uc, uc, sizeof(segv_uc));
	segv_si = *si;
	siglongjmp(jump, 1);
}

extern char after_sigreturn[];
static long __attribute__((noinline)) do_sigreturn(uint64_t nr, uint64_t *sp)
{
	register uint64_t x8 asm("x8") = nr;
	register uint64_t x0 asm("x0") = 0x77;
	register uint64_t x1 asm("x1") = 0x1234567887654321;

	asm volatile("mov	x2, sp\n"
		     "str	x2, [%3]\n"
		     "svc	#0\n"
		     ".global	after_sigreturn\n"
		     "after_sigreturn:\n"
		     : "+r"(x0) : "r"(x8), "r"(x1), "r"(sp) : "x2", "memory");
	return x0;
}

FIXTURE(sigreturn) {
	struct sigaction old;
};

FIXTURE_VARIANT(sigreturn) {
	uint64_t nr;
};

FIXTURE_VARIANT_ADD(sigreturn, sigreturn) {
	.nr = COMPAT_NR(sigreturn),
};

FIXTURE_VARIANT_ADD(sigreturn, rt_sigreturn) {
	.nr = COMPAT_NR(rt_sigreturn),
};

FIXTURE_SETUP(sigreturn)
{
	static char stack[65536];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = {
		.sa_sigaction = on_segv,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};

	need_compat_calls();
	ASSERT_EQ(0, sigaltstack(&ss, NULL));
	ASSERT_EQ(0, sigaction(SIGSEGV, &sa, &self->old));
}

FIXTURE_TEARDOWN(sigreturn)
{
	sigaction(SIGSEGV, &self->old, NULL);
}

/* There is nothing to return from; and no register comes from the stack. */
TEST_F(sigreturn, segv)
{
	uint64_t sp = 0, pstate;

	if (!sigsetjmp(jump, 1)) {
		do_sigreturn(variant->nr, &sp);
		ASSERT_TRUE(false);
	}
	EXPECT_EQ(SIGSEGV, segv_si.si_signo);
	EXPECT_EQ(sp, (uint64_t)segv_si.si_addr);
	EXPECT_EQ(sp, segv_uc.uc_mcontext.sp);
	EXPECT_EQ((uint64_t)after_sigreturn, segv_uc.uc_mcontext.pc);
	EXPECT_EQ(0, segv_uc.uc_mcontext.regs[0]);
	EXPECT_EQ(0x1234567887654321, segv_uc.uc_mcontext.regs[1]);
	EXPECT_EQ(variant->nr, segv_uc.uc_mcontext.regs[8]);
	/* AArch64, EL0, nothing masked. */
	pstate = segv_uc.uc_mcontext.pstate;
	EXPECT_EQ(0, pstate & 0x3df);
}

static volatile sig_atomic_t in_alarm;
static uint64_t sigreturn_nr;

static void on_alarm(int sig)
{
	uint64_t sp;

	in_alarm = 1;
	do_sigreturn(sigreturn_nr, &sp);
}

/* It does not cancel what restart_syscall() would go on with. */
TEST_F(sigreturn, keeps_restart_block)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct timespec t = { 0, 300000000 }, begin, end;
	struct itimerval it = { .it_value = { 0, 50000 } };
	long ms;

	ASSERT_EQ(0, sigaction(SIGALRM, &sa, NULL));
	sigreturn_nr = variant->nr;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	if (!sigsetjmp(jump, 1)) {
		setitimer(ITIMER_REAL, &it, NULL);
		native(nanosleep, &t, NULL);
		ASSERT_TRUE(false);
	}
	EXPECT_EQ(1, in_alarm);
	EXPECT_EQ(0, native0(restart_syscall));
	clock_gettime(CLOCK_MONOTONIC, &end);
	ms = (end.tv_sec - begin.tv_sec) * 1000 +
	     (end.tv_nsec - begin.tv_nsec) / 1000000;
	EXPECT_GE(ms, 299);
}

/* ---------------------------------------------------------------- children */

/*
 * Makes the call; the child at once maps memory with a native call, then asks
 * for its thread id, and exits with 1 if the former is low, 2 if the filter of
 * the caller took the latter for a compat call.
 */
long clone_probe(uint64_t nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
		 uint64_t e);
asm("	.text\n"
"	.type	clone_probe, %function\n"
"clone_probe:\n"
"	hint	#34\n"
"	mov	x8, x0\n"
"	mov	x0, x1\n"
"	mov	x1, x2\n"
"	mov	x2, x3\n"
"	mov	x3, x4\n"
"	mov	x4, x5\n"
"	svc	#0\n"
"	cbz	x0, 1f\n"
"	ret\n"
"1:	mov	x0, #0\n"
"	mov	x1, #65536\n"
"	mov	x2, #3\n"
"	mov	x3, #0x22\n"
"	mov	x4, #-1\n"
"	mov	x5, #0\n"
"	mov	x8, #222\n"		/* mmap */
"	svc	#0\n"
"	lsr	x9, x0, #32\n"
"	cmp	x9, #0\n"
"	cset	x10, eq\n"
"	mov	x8, #178\n"		/* gettid */
"	svc	#0\n"
"	cmp	x0, #0\n"
"	cset	x9, lt\n"
"	orr	x0, x10, x9, lsl #1\n"
"	mov	x8, #94\n"		/* exit_group */
"	svc	#0\n"
);

FIXTURE(child) {
};

FIXTURE_VARIANT(child) {
	uint64_t nr;
	int clone3;
	uint64_t flags;
};

FIXTURE_VARIANT_ADD(child, fork) {
	.nr = COMPAT_NR(fork),
};

FIXTURE_VARIANT_ADD(child, vfork) {
	.nr = COMPAT_NR(vfork),
};

FIXTURE_VARIANT_ADD(child, clone) {
	.nr = COMPAT_NR(clone), .flags = SIGCHLD,
};

FIXTURE_VARIANT_ADD(child, clone_vm) {
	.nr = COMPAT_NR(clone), .flags = SIGCHLD | CLONE_VM | CLONE_VFORK,
};

FIXTURE_VARIANT_ADD(child, clone3) {
	.nr = COMPAT_NR(clone3), .clone3 = 1,
};

FIXTURE_SETUP(child)
{
	need_compat_calls();
}

FIXTURE_TEARDOWN(child)
{
}

/* A child makes native calls from its first instruction on. */
TEST_F(child, is_native)
{
	uint64_t *args = low(88);
	long pid;

	/* 178 is gettid for native calls, and rt_sigqueueinfo in the table. */
	ASSERT_EQ(0, filter_call(AUDIT_ARCH_ARM, __NR_gettid,
				 SECCOMP_RET_ERRNO | 77, 0));
	ASSERT_EQ(-77, compat(rt_sigqueueinfo, 0, 0, 0));
	args[4] = SIGCHLD;
	if (variant->clone3)
		pid = clone_probe(variant->nr, (uint64_t)args, 88, 0, 0, 0);
	else
		pid = clone_probe(variant->nr, variant->flags, 0, 0, 0, 0);
	ASSERT_GT(pid, 0);
	EXPECT_EQ(0, wait_status(pid));
	/* ... and so does the parent, still. */
	EXPECT_TRUE(native_mmap_is_high());
	EXPECT_GT(native0(gettid), 0);
}

/* ----------------------------------------------------------------- execve */

static bool above(const void *p)
{
	return (uintptr_t)p >= TASK_SIZE_32;
}

/* In the new image. */
static int exec_probe(int argc, char **argv, char **envp)
{
	int bad = 0;

	bad |= !native_mmap_is_high() << 0;
	bad |= !above(&bad) << 1;
	bad |= !above(exec_probe) << 2;
	bad |= !above((void *)getauxval(AT_SYSINFO_EHDR)) << 3;
	bad |= (getauxval(AT_BASE) && !above((void *)getauxval(AT_BASE))) << 4;
	bad |= (argc != 3 || strcmp(argv[2], "argument") ||
		!envp[0] || strcmp(envp[0], "NAME=value")) << 5;
	bad |= !above(sbrk(0)) << 6;
	return bad;
}

static long compat_exec(bool at, const char *path, const char *arg)
{
	uint32_t *v = low(64);

	v[0] = (uintptr_t)low_str("compat-abi");
	v[1] = (uintptr_t)low_str(arg);
	v[2] = (uintptr_t)low_str("argument");
	v[4] = (uintptr_t)low_str("NAME=value");
	if (at)
		return compat(execveat, AT_FDCWD, low_str(path), v, v + 4, 0);
	return compat(execve, low_str(path), v, v + 4);
}

FIXTURE(exec) {
};

FIXTURE_VARIANT(exec) {
	bool at;
};

FIXTURE_VARIANT_ADD(exec, execve) {
};

FIXTURE_VARIANT_ADD(exec, execveat) {
	.at = true,
};

FIXTURE_SETUP(exec)
{
	need_compat_calls();
}

FIXTURE_TEARDOWN(exec)
{
}

TEST_F(exec, new_image_is_native)
{
	pid_t pid = fork();

	if (!pid) {
		compat_exec(variant->at, "/proc/self/exe", "exec-probe");
		_exit(99);
	}
	EXPECT_EQ(0, wait_status(pid));
}

TEST_F(exec, failure)
{
	EXPECT_EQ(-ENOENT, compat_exec(variant->at, "/none/none", ""));
	EXPECT_EQ(-EACCES, compat_exec(variant->at, "/proc/self/maps", ""));
	EXPECT_TRUE(native_mmap_is_high());
	EXPECT_EQ(getpid(), compat0(getpid));
}

TEST_F(exec, aarch32_image)
{
	char path[32];
	pid_t pid;

	if (!have_aarch32())
		SKIP(return, "no CPU in reach runs 32-bit programs");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", exit32_fd());
	pid = fork();
	if (!pid) {
		compat_exec(variant->at, path, "");
		_exit(99);
	}
	EXPECT_EQ(42, wait_status(pid));
}

/* ----------------------------------------------------------------- signals */

static int seen_signo, seen_code;
static bool seen_high;
static long seen_nested, seen_pid, seen_pc, seen_x8;

static void on_usr1(int sig, siginfo_t *si, void *uc)
{
	ucontext_t *u = uc;

	seen_signo = si->si_signo;
	seen_code = si->si_code;
	seen_pid = si->si_pid;
	seen_high = native_mmap_is_high();
	seen_nested = compat0(getpid);
	seen_pc = u->uc_mcontext.pc;
	seen_x8 = u->uc_mcontext.regs[8];
}

/* During a call, and right after one. */
TEST(signal_handler)
{
	struct sigaction sa = { .sa_sigaction = on_usr1, .sa_flags = SA_SIGINFO };
	int p[2];
	pid_t pid, me = getpid();

	need_compat_calls();
	ASSERT_EQ(0, pipe(p));
	ASSERT_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	pid = fork();
	if (!pid) {
		usleep(100000);
		kill(me, SIGUSR1);
		_exit(0);
	}
	EXPECT_EQ(-EINTR, compat(read, p[0], low(8), 1));
	EXPECT_EQ(SIGUSR1, seen_signo);
	EXPECT_EQ(SI_USER, seen_code);
	EXPECT_EQ(pid, seen_pid);
	EXPECT_TRUE(seen_high);
	EXPECT_EQ(me, seen_nested);
	EXPECT_EQ(COMPAT_NR(read), seen_x8);
	EXPECT_TRUE(above((void *)seen_pc));
	EXPECT_EQ(0, wait_status(pid));

	seen_signo = 0;
	EXPECT_EQ(0, compat(kill, me, SIGUSR1));
	EXPECT_EQ(SIGUSR1, seen_signo);
	EXPECT_TRUE(seen_high);
	EXPECT_EQ(me, seen_nested);
}

/* Neither a fault in the kernel nor one that follows is any different. */
TEST(faults)
{
	struct sigaction sa = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO };
	char *p = low(65536);

	need_compat_calls();
	ASSERT_EQ(0, mprotect(p, 65536, PROT_NONE));
	EXPECT_EQ(-EFAULT, compat(uname, p));
	EXPECT_EQ(-EFAULT, compat(open, p, O_RDONLY));
	ASSERT_EQ(0, sigaction(SIGSEGV, &sa, NULL));
	if (!sigsetjmp(jump, 1)) {
		*(volatile char *)p = 1;
		ASSERT_TRUE(false);
	}
	EXPECT_EQ(SEGV_ACCERR, segv_si.si_code);
	EXPECT_EQ(p, (char *)segv_si.si_addr);
}

/* A core dump of a process that a compat call has killed. */
TEST(core_dump)
{
	char dir[] = "/tmp/compat-abi-XXXXXX", old[256], pattern[64];
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	Elf64_Ehdr eh = { };
	Elf64_Phdr ph;
	bool status = false;
	int fd, i;
	pid_t pid;

	need_compat_calls();
	if (geteuid())
		SKIP(return, "needs root");
	ASSERT_NE(NULL, mkdtemp(dir));
	if (read_text("/proc/sys/kernel/core_pattern", old, sizeof(old)) < 0)
		SKIP(return, "no core dumps (missing CONFIG_COREDUMP?)");
	snprintf(pattern, sizeof(pattern), "%s/core", dir);
	ASSERT_EQ(0, write_text("/proc/sys/kernel/core_pattern", pattern));
	pid = fork();
	if (!pid) {
		setrlimit(RLIMIT_CORE, &limit);
		prctl(PR_SET_DUMPABLE, 1);
		compat(kill, getpid(), SIGABRT);
		_exit(1);
	}
	EXPECT_EQ(128 + SIGABRT, wait_status(pid));
	write_text("/proc/sys/kernel/core_pattern", old);
	fd = open(pattern, O_RDONLY);
	if (fd < 0) {
		snprintf(pattern, sizeof(pattern), "%s/core.%d", dir, pid);
		fd = open(pattern, O_RDONLY);
	}
	EXPECT_GE(fd, 0);
	EXPECT_EQ(sizeof(eh), pread(fd, &eh, sizeof(eh), 0));
	EXPECT_EQ(0, memcmp(eh.e_ident, ELFMAG, SELFMAG));
	EXPECT_EQ(ELFCLASS64, eh.e_ident[EI_CLASS]);
	EXPECT_EQ(EM_AARCH64, eh.e_machine);
	EXPECT_EQ(ET_CORE, eh.e_type);
	for (i = 0; i < eh.e_phnum; i++) {
		char note[4096];
		Elf64_Nhdr *n = (void *)note;

		pread(fd, &ph, sizeof(ph), eh.e_phoff + i * sizeof(ph));
		if (ph.p_type != PT_NOTE)
			continue;
		EXPECT_LT(512, pread(fd, note, sizeof(note), ph.p_offset));
		/* The first one is it; x8 is the ninth register of it. */
		EXPECT_EQ(NT_PRSTATUS, n->n_type);
		EXPECT_EQ(392, n->n_descsz);
		EXPECT_EQ(COMPAT_NR(kill),
			  *(uint64_t *)(note + sizeof(*n) + 8 + 112 + 8 * 8));
		status = true;
		break;
	}
	EXPECT_TRUE(status);
	close(fd);
	unlink(pattern);
	rmdir(dir);
}

int main(int argc, char **argv, char **envp)
{
	if (argc > 1 && !strcmp(argv[1], "exec-probe"))
		return exec_probe(argc, argv, envp);
	return test_harness_run(argc, argv);
}
