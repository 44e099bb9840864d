// SPDX-License-Identifier: GPL-2.0
/*
 * Make many AArch32 system calls and write down what they return.
 *
 * This file is built twice: as an AArch32 program, and as an AArch64 program
 * that makes the same calls by setting bit 31 of x8.  There is no C library,
 * each call is the one that is written here, and all memory is below 4 GiB in
 * both programs: they are linked to low addresses and bring their own stack.
 * compat-diff runs both and compares what they write.
 *
 * A line of the log is a call and its result, or the bytes of a structure
 * that the kernel filled.  What differs from run to run (numbers of processes
 * and inodes, times, addresses) is checked here and not written.  The results
 * of the 64-bit program are written as u32 except for errors, which must be
 * sign-extended to 64 bits.
 *
 * Every operation is a process of its own with a directory of its own, so
 * that what it changes is gone with it.
 */
#include "compat-nr.h"

typedef unsigned char u8;
typedef unsigned short u16;
typedef short s16;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;
typedef long long s64;
typedef unsigned long ulong;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define __aligned(x)	__attribute__((__aligned__(x)))
#define __packed	__attribute__((__packed__))
#define __section(s)	__attribute__((__section__(s)))
#define __used		__attribute__((__used__))
#define BUILD_BUG_ON(e)	_Static_assert(!(e), #e)

#include "compat-ops-start.h"

const char *arg;
static u8 stack[256 * 1024] __aligned(16);
void *stack_top = stack + ARRAY_SIZE(stack);
static u8 thread_stack[64 * 1024] __aligned(16);

void *memset(void *p, int c, ulong n)
{
	for (u8 *s = p; n--; )
		*s++ = c;
	return p;
}

void *memcpy(void *to, const void *from, ulong n)
{
	u8 *d = to;

	for (const u8 *s = from; n--; )
		*d++ = *s++;
	return to;
}

static u32 strlen(const char *s)
{
	u32 n = 0;

	while (s[n])
		n++;
	return n;
}

static int streq(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* ------------------------------------------------------------------ the log */

static char text[64 * 1024];
static u32 text_len;
static const char *op_name = "";

static void put(const char *s)
{
	while (*s && text_len < sizeof(text))
		text[text_len++] = *s++;
}

static void put_dec(s64 v)
{
	char buf[24], *s = buf + sizeof(buf) - 1;
	u32 hi, lo;
	u64 u = v < 0 ? -v : v;

	*s = '\0';
	/* No 64-bit division without a library, and none is needed. */
	hi = u >> 32;
	lo = u;
	if (hi) {
		for (int i = 0; i < 16; i++, u >>= 4)
			*--s = "0123456789abcdef"[u & 15];
		*--s = 'x';
		*--s = '0';
	} else {
		do {
			*--s = '0' + lo % 10;
		} while (lo /= 10);
	}
	if (v < 0)
		*--s = '-';
	put(s);
}

static void put_hex(u8 byte)
{
	char s[3] = { "0123456789abcdef"[byte >> 4],
		      "0123456789abcdef"[byte & 15] };

	put(s);
}

static void begin_line(void)
{
	put(op_name);
	put(": ");
}

static void say(const char *what, s64 value)
{
	begin_line();
	put(what);
	put(" = ");
	put_dec(value);
	put("\n");
}

static void say_str(const char *what, const char *s)
{
	begin_line();
	put(what);
	put(" = \"");
	put(s);
	put("\"\n");
}

/* What must be so, in both programs. */
static void is(const char *what, int so)
{
	begin_line();
	put(so ? "as it must: " : "WRONG: ");
	put(what);
	put("\n");
}

#define IS(e)	is(#e, e)

/*
 * Bytes of a structure that the kernel filled.  The memory holds FRESH before;
 * those of @blank pairs of offset and length differ from run to run.
 */
#define FRESH	0xa5
#define MAX_BLANKS	16

static void dump_blank(const char *what, const void *p, u32 len, const u16 *blank)
{
	const u8 *s = p;
	u32 i, j;

	begin_line();
	put(what);
	put(" =");
	for (i = 0; i < len; i++) {
		int hide = 0;

		for (j = 0; blank && (blank[j] || blank[j + 1]); j += 2)
			hide |= i >= blank[j] && i < blank[j] + blank[j + 1];
		if (i % 4 == 0)
			put(" ");
		if (hide)
			put("--");
		else
			put_hex(s[i]);
	}
	put("\n");
}

#define DUMP(s)		dump_blank(#s, &(s), sizeof(s), (void *)0)
#define DUMP_BUT(s, ...)						\
	dump_blank(#s, &(s), sizeof(s), (const u16 []){ __VA_ARGS__, 0, 0 })
#define DUMP_LEN(s, len)	dump_blank(#s, s, len, (void *)0)

static void fresh(void *p, ulong len)
{
	memset(p, FRESH, len);
	/* The kernel writes there, which the compiler does not see. */
	asm volatile("" : : "r"(p) : "memory");
}

#define FRESH_VAR(v)	fresh(&(v), sizeof(v))

static long call(u32 nr, const u32 *a)
{
	long ret = raw_call(nr, a[0], a[1], a[2], a[3], a[4], a[5]);

	asm volatile("" : : : "memory");
#ifdef __aarch64__
	/* A result is a u32 or an error of 64 bits, never anything else. */
	if (ret < -4095L || ret > 0xffffffffL) {
		begin_line();
		put("WRONG: the form of a result\n");
	}
	if (ret > 0x7fffffff && ret <= 0xffffffffL - 4095)
		ret = (s32)ret;
#endif
	return ret;
}

static long log_call(const char *name, u32 nr, const u32 *a)
{
	long ret = call(nr, a);

	begin_line();
	put(name);
	put(" -> ");
	put_dec(ret);
	put("\n");
	return ret;
}

static long log_call_ok(const char *name, u32 nr, const u32 *a)
{
	long ret = call(nr, a);

	begin_line();
	put(name);
	if (ret < 0 && ret >= -4095) {
		put(" -> ");
		put_dec(ret);
		put("\n");
	} else {
		put(" -> ok\n");
	}
	return ret;
}

#define A(x)	((u32)(ulong)(x))
#define A0()
#define A1(a)			A(a)
#define A2(a, b)		A(a), A(b)
#define A3(a, b, c)		A2(a, b), A(c)
#define A4(a, b, c, d)		A3(a, b, c), A(d)
#define A5(a, b, c, d, e)	A4(a, b, c, d), A(e)
#define A6(a, b, c, d, e, f)	A5(a, b, c, d, e), A(f)
#define N_(z, a, b, c, d, e, f, n, ...)	n
#define N(...)		N_(0, ##__VA_ARGS__, 6, 5, 4, 3, 2, 1, 0)
#define CAT_(a, b)	a##b
#define CAT(a, b)	CAT_(a, b)
#define ARGS(...)	((u32 [6]) { CAT(A, N(__VA_ARGS__))(__VA_ARGS__) })
#define NR(name)	CAT(__NR_compat32_, name)

/* A call that is logged with its result, only with its success, or not. */
#define C(name, ...)	log_call(#name, NR(name), ARGS(__VA_ARGS__))
#define OK(name, ...)	log_call_ok(#name, NR(name), ARGS(__VA_ARGS__))
#define Q(name, ...)	call(NR(name), ARGS(__VA_ARGS__))
/* A 64-bit argument, in the two registers of an even and an odd number. */
#define LO(v)		((u32)(u64)(v))
#define HI(v)		((u32)((u64)(v) >> 32))
#define PAIR(v)		LO(v), HI(v)

static void flush(void)
{
	u32 done = 0;

	while (done < text_len) {
		long n = Q(write, 1, text + done, text_len - done);

		if (n <= 0)
			break;
		done += n;
	}
	text_len = 0;
}

static void leave(int status)
{
	flush();
	Q(exit_group, status);
	for (;;)
		;
}

/* ------------------------------------------------------------ the constants */

enum {
	O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0100, O_EXCL = 0200,
	O_TRUNC = 01000, O_APPEND = 02000, O_NONBLOCK = 04000,
	O_DIRECTORY = 040000, O_NOFOLLOW = 0100000, O_DIRECT = 0200000,
	O_LARGEFILE = 0400000, O_CLOEXEC = 02000000, O_PATH = 010000000,
	AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100, AT_REMOVEDIR = 0x200,
	AT_EACCESS = 0x200, AT_EMPTY_PATH = 0x1000,
	SEEK_SET = 0, SEEK_CUR = 1, SEEK_END = 2, SEEK_DATA = 3, SEEK_HOLE = 4,
	S_IFREG = 0100000, S_IFIFO = 010000, S_IFSOCK = 0140000, S_IFCHR = 020000,
	F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4, F_GETLK = 5,
	F_SETLK = 6, F_SETOWN = 8, F_GETOWN = 9, F_GETLK64 = 12, F_SETLK64 = 13,
	F_SETOWN_EX = 15, F_GETOWN_EX = 16, F_OFD_GETLK = 36, F_OFD_SETLK = 37,
	F_DUPFD_CLOEXEC = 1030, F_SETPIPE_SZ = 1031, F_GETPIPE_SZ = 1032,
	F_ADD_SEALS = 1033, F_GET_SEALS = 1034,
	PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4, PROT_RW = 3,
	MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_FIXED = 16, MAP_ANON = 32,
	MAP_FIXED_NOREPLACE = 0x100000,
	MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2,
	SIGHUP = 1, SIGINT = 2, SIGKILL = 9, SIGUSR1 = 10, SIGSEGV = 11,
	SIGUSR2 = 12, SIGALRM = 14, SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18,
	SIGSTOP = 19, SIGRT = 34,
	SIG_BLOCK = 0, SIG_UNBLOCK = 1, SIG_SETMASK = 2,
	SA_SIGINFO = 4, SA_ONSTACK = 0x08000000, SA_RESTART = 0x10000000,
	SA_RESETHAND = 0x80000000,
	WNOHANG = 1, WSTOPPED = 2, WEXITED = 4, WNOWAIT = 0x1000000,
	P_ALL = 0, P_PID = 1, P_PIDFD = 3,
	CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400,
	CLONE_SIGHAND = 0x800, CLONE_PARENT_SETTID = 0x100000,
	CLONE_THREAD = 0x10000, CLONE_CHILD_CLEARTID = 0x200000,
	CLONE_CHILD_SETTID = 0x1000000, CLONE_NEWNS = 0x20000,
	CLONE_NEWUTS = 0x4000000, CLONE_NEWIPC = 0x8000000, CLONE_PIDFD = 0x1000,
	CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1, CLOCK_PROCESS_CPUTIME = 2,
	TIMER_ABSTIME = 1,
	AF_UNIX = 1, AF_INET = 2, SOCK_STREAM = 1, SOCK_DGRAM = 2,
	SOCK_SEQPACKET = 5, SOL_SOCKET = 1, MSG_PEEK = 2, MSG_CTRUNC = 8,
	MSG_DONTWAIT = 0x40, MSG_CMSG_CLOEXEC = 0x40000000,
	SO_REUSEADDR = 2, SO_TYPE = 3, SO_RCVBUF = 8, SO_PASSCRED = 16,
	SO_PEERCRED = 17, SO_RCVTIMEO = 20, SO_SNDTIMEO = 21, SO_TIMESTAMP = 29,
	SO_ATTACH_FILTER = 26, SO_RCVTIMEO_NEW = 66, SO_LINGER = 13,
	SCM_RIGHTS = 1, SCM_CREDENTIALS = 2,
	IPC_PRIVATE = 0, IPC_CREAT = 01000, IPC_RMID = 0, IPC_SET = 1,
	IPC_STAT = 2, IPC_INFO = 3, IPC_64 = 0x100, IPC_NOWAIT = 04000,
	SEM_GETVAL = 12, SEM_GETALL = 13, SEM_GETNCNT = 14, SEM_SETVAL = 16,
	SEM_SETALL = 17, SEM_INFO = 19, SHM_INFO = 14, SHM_RDONLY = 010000,
	SHM_REMAP = 040000,
	FUTEX_WAIT = 0, FUTEX_WAKE = 1, FUTEX_CMP_REQUEUE = 4,
	FUTEX_WAKE_OP = 5, FUTEX_WAIT_BITSET = 9, FUTEX_PRIVATE = 128,
	POLLIN = 1, POLLOUT = 4, POLLHUP = 16, POLLNVAL = 32,
	EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3,
	RLIMIT_CPU = 0, RLIMIT_FSIZE = 1, RLIMIT_STACK = 3, RLIMIT_CORE = 4,
	RLIMIT_NOFILE = 7, RLIMIT_AS = 9, RLIMIT_MEMLOCK = 8, RLIMIT_SIGPENDING = 11,
	PRIO_PROCESS = 0,
	UTIME_NOW = 0x3fffffff, UTIME_OMIT = 0x3ffffffe,
	FIONREAD = 0x541b, FIOCLEX = 0x5451, FIONBIO = 0x5421,
	TCGETS = 0x5401, TIOCGPTN = 0x80045430, TIOCSPTLCK = 0x40045431,
	TIOCGWINSZ = 0x5413, TIOCSWINSZ = 0x5414,
	FS_IOC32_GETFLAGS = 0x80046601, FS_IOC32_SETFLAGS = 0x40046602,
	PR_SET_PDEATHSIG = 1, PR_GET_PDEATHSIG = 2, PR_GET_DUMPABLE = 3,
	PR_SET_DUMPABLE = 4, PR_SET_NAME = 15, PR_GET_NAME = 16,
	PR_GET_SECCOMP = 21, PR_SET_SECCOMP = 22, PR_CAPBSET_READ = 23,
	PR_GET_TIMERSLACK = 30, PR_SET_TIMERSLACK = 29,
	PR_SET_CHILD_SUBREAPER = 36, PR_GET_CHILD_SUBREAPER = 37,
	PR_SET_NO_NEW_PRIVS = 38, PR_GET_NO_NEW_PRIVS = 39,
	PER_LINUX32 = 8, ADDR_NO_RANDOMIZE = 0x40000,
	GRND_NONBLOCK = 1, MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2,
};

/* --------------------------------------------------------- the small helpers */

struct op {
	const char *name;
	void (*fn)(void);
};

#define OP(n)								\
	static void op_##n(void);					\
	static const struct op entry_##n				\
	__used __section("ops") __aligned(sizeof(void *)) =		\
		{ #n, op_##n };						\
	static void op_##n(void)

extern const struct op __start_ops[], __stop_ops[];

/* A structure of the 32-bit ABI, or a timespec of either size. */
struct ts32 { s32 sec, nsec; };
struct ts64 { s64 sec, nsec; };
struct iov { u32 base, len; };

static long file(const char *name, const char *content)
{
	long fd = Q(open, name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (*content)
		Q(write, fd, content, strlen(content));
	return fd;
}

/* Times that are the same in each run; ctime is not, it has to be blanked. */
static void set_times(const char *name)
{
	struct ts64 t[2] = { { 1000000000, 111 }, { 1500000000, 222222222 } };

	Q(utimensat_time64, AT_FDCWD, name, t, AT_SYMLINK_NOFOLLOW);
}

static void pause_ms(u32 ms)
{
	struct ts32 t = { ms / 1000, ms % 1000 * 1000000 };

	Q(nanosleep, &t, 0);
}

/* A process that ends with @status after @ms. */
static long child(int status, u32 ms)
{
	long pid = Q(fork);

	if (!pid) {
		pause_ms(ms);
		Q(exit, status);
	}
	return pid;
}

static void *map(u32 len)
{
	return (void *)(ulong)(u32)Q(mmap2, 0, len, PROT_RW,
				     MAP_PRIVATE | MAP_ANON, -1, 0);
}

static volatile int handled;
static volatile u32 handled_value;

static void handler(int sig)
{
	handled = sig;
}

/* The two members are at the same place in both siginfo structures. */
static void handler_info(int sig, void *info, void *uc)
{
	s32 *si = info;

	handled = si[0] == sig ? sig : -1;
	handled_value = si[2];
}

struct rt_sa { u32 handler, flags, restorer, mask[2]; };

static long on_signal(int sig, void *fn, u32 flags)
{
	struct rt_sa sa = { A(fn), flags };

	return Q(rt_sigaction, sig, &sa, 0, 8);
}

static void block_signal(int sig)
{
	u32 set[2] = { sig <= 32 ? 1u << (sig - 1) : 0,
		       sig > 32 ? 1u << (sig - 33) : 0 };

	Q(rt_sigprocmask, SIG_BLOCK, set, 0, 8);
}

#include "compat-ops-file.h"
#include "compat-ops-task.h"
#include "compat-ops-mm.h"
#include "compat-ops-ipc.h"
#include "compat-ops-net.h"
#include "compat-ops-dev.h"
#include "compat-ops-more.h"
#include "compat-ops-sweep.h"

/* ---------------------------------------------------------------- the driver */

#define OP_TIMEOUT_MS	10000

/* The new image of the operations that exec. */
static void exec_child(void)
{
	op_name = arg;
	if (streq(arg, "exec_brk")) {
		u32 now = Q(brk, 0);

		IS(now != 0);
		IS((u32)Q(brk, now + 8192) == now + 8192);
		*(volatile u32 *)(ulong)(now + 4096) = 1;
		IS((u32)Q(brk, now) == now);
	}
	say("exec'd", 1);
	leave(9);
}

void start(void)
{
	const struct op *op;
	char dir[4] = "000";
	s32 status;
	long pid, ret;
	u32 ms;

	if (arg) {
		/* It is above 4 GiB in the 64-bit program. */
		static char copy[64];

		for (u32 i = 0; arg[i] && i < sizeof(copy) - 1; i++)
			copy[i] = arg[i];
		arg = copy;
		if (arg[0] == 'e' && arg[4] == '_')
			exec_child();
		if (streq(arg, "sweep"))
			sweep();
		if (streq(arg, "layout")) {
			u32 p = A(map(65536));

			Q(write, 1, &p, sizeof(p));
			leave(0);
		}
	}
	Q(umask, 022);
	Q(close_range, 3, -1, 0);
	for (op = __start_ops; op < __stop_ops; op++) {
		if (++dir[2] > '9') {
			dir[2] = '0';
			dir[1]++;
		}
		if (dir[1] > '9') {
			dir[1] = '0';
			dir[0]++;
		}
		op_name = op->name;
		if (arg && !streq(arg, op_name))
			continue;
		pid = Q(fork);
		if (!pid) {
			Q(mkdir, dir, 0755);
			Q(chdir, dir);
			Q(setpgid, 0, 0);
			op->fn();
			leave(0);
		}
		/* A call that never returns must not stop all others. */
		for (ms = 0; !(ret = Q(wait4, pid, &status, WNOHANG, 0)); ms += 2) {
			pause_ms(2);
			if (ms == OP_TIMEOUT_MS)
				Q(kill, pid, SIGKILL);
		}
		if (ret != pid || status) {
			say("wait4 says", ret == pid);
			say("status", status);
		}
		/* Whatever the operation left running must not go on. */
		Q(kill, -pid, SIGKILL);
		flush();
	}
	leave(0);
}
