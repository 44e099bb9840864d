// SPDX-License-Identifier: GPL-2.0
/*
 * Compat calls while signals, forks, execs and a tracer come in between, with
 * one question all the time: is there any sign of a compat call where there is
 * none? A native mmap() that lands below 4 GiB is one, and a native gettid()
 * that a filter takes for the call of that number in the other table.
 */
#include <linux/elf.h>
#include <linux/ptrace.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "compat.h"
#include "compat-filter.h"

#define SECONDS		8
#define LEAK_ERRNO	77

struct shared {
	volatile long leaks, calls, stop;
};

static struct shared *sh;

static bool is_over(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - begin->tv_sec >= SECONDS;
}

static uint64_t rnd(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* With raw calls only, for handlers and children. */
static bool is_native_here(void)
{
	long p = native(mmap, 0, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p > 0) {
		native(munmap, p, 65536);
		if ((uint64_t)p < TASK_SIZE_32)
			return false;
	}
	return native0(gettid) != -LEAK_ERRNO;
}

static void check(void)
{
	if (!is_native_here())
		__sync_fetch_and_add(&sh->leaks, 1);
}

FIXTURE(storm) {
	struct timespec begin;
};

FIXTURE_SETUP(storm)
{
	need_compat_calls();
	sh = low_shared(sizeof(*sh));
	/* 178 is gettid, and rt_sigqueueinfo in the table. */
	ASSERT_EQ(0, filter_call(AUDIT_ARCH_ARM, __NR_gettid,
				 SECCOMP_RET_ERRNO | LEAK_ERRNO, 0));
	clock_gettime(CLOCK_MONOTONIC, &self->begin);
}

FIXTURE_TEARDOWN(storm)
{
}

static void on_signal(int sig)
{
	check();
	compat0(getpid);
	check();
}

static int pipe_fd[2];

/* Calls that are short, that sleep, that restart, that fail and that map. */
static void some_call(uint64_t *seed)
{
	static __thread uint32_t *mem;
	long p;

	if (!mem)
		mem = low(4096);
	sh->calls++;
	switch (rnd(seed) % 9) {
	case 0:
		compat0(getpid);
		break;
	case 1:
		mem[0] = 0;
		mem[1] = rnd(seed) % 100000;
		compat(nanosleep, mem, mem + 2);
		break;
	case 2:
		p = compat(mmap2, 0, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p > 0 && p + 65536 > (long)TASK_SIZE_32)
			__sync_fetch_and_add(&sh->leaks, 1);
		if (p > 0)
			compat(munmap, p, 65536);
		break;
	case 3:
		compat(open, 4, 0);
		break;
	case 4:
		mem[8] = pipe_fd[0];
		mem[9] = 1;
		compat(poll, mem + 8, 1, rnd(seed) % 2);
		break;
	case 5:
		compat(futex, mem + 100, 0, rnd(seed) & 1, mem);
		break;
	case 6:
		svc(0x80000000 | (0xf0000 + rnd(seed) % 9), rnd(seed), 0, 0, 0, 0, 0);
		break;
	case 7:
		compat(uname, mem + 200);
		break;
	case 8:
		native0(getppid);
		break;
	}
	check();
}

static void *caller(void *arg)
{
	uint64_t seed = 0x9e3779b97f4a7c15 ^ (uint64_t)arg;

	while (!sh->stop)
		some_call(&seed);
	return NULL;
}

TEST_F(storm, signals)
{
	struct sigaction sa = { .sa_handler = on_signal };
	pthread_t t[3];
	uint64_t seed = 42;

	ASSERT_EQ(0, pipe(pipe_fd));
	sigaction(SIGUSR1, &sa, NULL);
	sa.sa_flags = SA_RESTART;
	sigaction(SIGUSR2, &sa, NULL);
	for (long i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, caller, (void *)i));
	while (!is_over(&self->begin)) {
		pthread_kill(t[rnd(&seed) % 3], rnd(&seed) & 1 ? SIGUSR1 : SIGUSR2);
		usleep(rnd(&seed) % 300);
	}
	sh->stop = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	EXPECT_EQ(0, sh->leaks);
	EXPECT_GT(sh->calls, 1000);
}

/* Stops, too, whose restarts are a call of their own. */
TEST_F(storm, stops)
{
	uint64_t seed = 43;
	pid_t pid;

	ASSERT_EQ(0, pipe(pipe_fd));
	pid = fork();
	if (!pid) {
		while (!sh->stop)
			some_call(&seed);
		_exit(0);
	}
	while (!is_over(&self->begin)) {
		kill(pid, SIGSTOP);
		usleep(rnd(&seed) % 200);
		kill(pid, SIGCONT);
		usleep(rnd(&seed) % 500);
	}
	sh->stop = 1;
	EXPECT_EQ(0, wait_status(pid));
	EXPECT_EQ(0, sh->leaks);
	EXPECT_GT(sh->calls, 100);
}

static void *forker(void *arg)
{
	uint64_t seed = 0x123456789 ^ (uint64_t)arg;
	uint32_t *argv = low(16);
	char *path = low_str("/proc/self/exe");
	long pid;

	argv[0] = (uintptr_t)low_str("compat-storm");
	argv[1] = (uintptr_t)low_str("probe");
	while (!sh->stop) {
		sh->calls++;
		if (rnd(&seed) & 1)
			pid = compat0(fork);
		else
			pid = compat(clone, SIGCHLD, 0, 0, 0, 0);
		if (!pid) {
			check();
			if (rnd(&seed) % 4 == 0) {
				compat(execve, path, argv, argv + 2);
				native(exit_group, 3);
			}
			compat0(getpid);
			check();
			native(exit_group, 0);
		}
		if (pid > 0 && wait_status(pid) != 0)
			__sync_fetch_and_add(&sh->leaks, 1);
		check();
	}
	return NULL;
}

TEST_F(storm, fork_exec)
{
	pthread_t t[4];

	ASSERT_EQ(0, pipe(pipe_fd));
	for (long i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, forker, (void *)i));
	for (long i = 2; i < 4; i++)
		ASSERT_EQ(0, pthread_create(&t[i], NULL, caller, (void *)i));
	while (!is_over(&self->begin))
		usleep(100000);
	sh->stop = 1;
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	EXPECT_EQ(0, sh->leaks);
	EXPECT_GT(sh->calls, 100);
}

/* What a tracer is told is what the number in x8 says, in each stop. */
TEST_F(storm, tracer)
{
	struct ptrace_syscall_info info;
	struct user_pt_regs regs;
	struct iovec iov;
	uint64_t seed = 44;
	long stops = 0, wrong = 0, request;
	int status;
	pid_t pid;

	ASSERT_EQ(0, pipe(pipe_fd));
	pid = fork();
	if (!pid) {
		while (!sh->stop)
			some_call(&seed);
		_exit(0);
	}
	ASSERT_EQ(0, syscall(__NR_ptrace, PTRACE_SEIZE, pid, 0,
			     PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL));
	ASSERT_EQ(0, syscall(__NR_ptrace, PTRACE_INTERRUPT, pid, 0, 0));
	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		if (is_over(&self->begin))
			sh->stop = 1;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			memset(&info, 0, sizeof(info));
			syscall(__NR_ptrace, PTRACE_GET_SYSCALL_INFO, pid,
				sizeof(info), &info);
			iov.iov_base = &regs;
			iov.iov_len = sizeof(regs);
			syscall(__NR_ptrace, PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov);
			stops++;
			wrong += (info.arch == AUDIT_ARCH_ARM) !=
				 ((regs.regs[8] & 0xfff00000) == 0x80000000);
			if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
				wrong += (regs.regs[8] & COMPAT_NR_MASK) !=
					 (info.entry.nr & COMPAT_NR_MASK);
		}
		if (rnd(&seed) % 8 == 0)
			kill(pid, SIGCONT);
		request = rnd(&seed) % 16 ? PTRACE_SYSCALL : PTRACE_CONT;
		syscall(__NR_ptrace, request, pid, 0, 0);
		/* Or else there may be no stop any more. */
		if (request == PTRACE_CONT || rnd(&seed) % 4 == 0)
			syscall(__NR_ptrace, PTRACE_INTERRUPT, pid, 0, 0);
	}
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(0, sh->leaks);
	EXPECT_GT(stops, 100);
}

/* ------------------------------------------------------------ random calls */

/* Those that reach beyond the process, or end it, or never come back. */
static const uint16_t spared[] = {
	__NR_compat32_exit, __NR_compat32_exit_group, __NR_compat32_fork,
	__NR_compat32_vfork, __NR_compat32_clone, __NR_compat32_clone3,
	__NR_compat32_kill, __NR_compat32_tkill, __NR_compat32_tgkill,
	__NR_compat32_rt_sigqueueinfo, __NR_compat32_rt_tgsigqueueinfo,
	__NR_compat32_pidfd_send_signal, __NR_compat32_reboot,
	__NR_compat32_kexec_load, __NR_compat32_kexec_file_load,
	__NR_compat32_swapon, __NR_compat32_swapoff, __NR_compat32_syslog,
	__NR_compat32_settimeofday, __NR_compat32_clock_settime,
	__NR_compat32_clock_settime64, __NR_compat32_adjtimex,
	__NR_compat32_clock_adjtime, __NR_compat32_clock_adjtime64,
	__NR_compat32_sync, __NR_compat32_vhangup, __NR_compat32_acct,
	__NR_compat32_setpriority, __NR_compat32_sched_setscheduler,
	__NR_compat32_sched_setattr, __NR_compat32_sched_setparam,
	__NR_compat32_sched_setaffinity, __NR_compat32_pause,
	__NR_compat32_sigsuspend, __NR_compat32_ptrace, __NR_compat32_seccomp,
	__NR_compat32_quotactl, __NR_compat32_mlockall, __NR_compat32_prctl,
};

static bool is_spared(uint32_t nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(spared); i++) {
		if (spared[i] == nr)
			return true;
	}
	return false;
}

static uint64_t rnd_arg(uint64_t *seed, uint64_t mem)
{
	static const uint64_t edges[] = {
		0, 1, 2, 4096, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffff000,
		0x100000000, -1UL, 0xffff0000,
	};

	switch (rnd(seed) % 5) {
	case 0:
		return edges[rnd(seed) % ARRAY_SIZE(edges)];
	case 1:
		return mem + rnd(seed) % 4096;
	case 2:
		return (mem + rnd(seed) % 4096) | rnd(seed) << 32;
	case 3:
		return rnd(seed) % 64;
	default:
		return rnd(seed);
	}
}

/*
 * Without privileges, descriptors and much time; it may well unmap itself or
 * die in other ways, as long as it has not seen a leak before.
 */
static void random_calls(uint64_t seed)
{
	struct rlimit fsize = { 0, 0 }, cpu = { 2, 2 }, nproc = { 0, 0 };
	struct rlimit as = { 256 << 20, 256 << 20 };
	uint64_t mem = (uint64_t)low(65536);
	struct itimerval it = { .it_value = { 0, 300000 } };
	uint32_t nr;

	setrlimit(RLIMIT_FSIZE, &fsize);
	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_AS, &as);
	setrlimit(RLIMIT_CORE, &fsize);
	setpgid(0, 0);
	signal(SIGALRM, SIG_DFL);
	setitimer(ITIMER_REAL, &it, NULL);
	if (chdir("/proc/self/fdinfo") || setgid(65534) || setuid(65534))
		_exit(1);
	setrlimit(RLIMIT_NPROC, &nproc);
	native(close_range, 0, -1, 0);
	for (int i = 0; i < 300; i++) {
		do
			nr = rnd(&seed) % 480;
		while (is_spared(nr));
		svc(__ARM64_COMPAT_SYSCALL_BIT | nr | (rnd(&seed) & 0xff) << 32,
		    rnd_arg(&seed, mem), rnd_arg(&seed, mem), rnd_arg(&seed, mem),
		    rnd_arg(&seed, mem), rnd_arg(&seed, mem), rnd_arg(&seed, mem));
		sh->calls++;
		if (!is_native_here()) {
			sh->leaks++;
			native(exit_group, 2);
		}
	}
	native(exit_group, 0);
}

TEST_F(storm, random)
{
	uint64_t seed = 0x2545f4914f6cdd1d;
	long children = 0;
	int status;
	pid_t pid;

	if (geteuid())
		SKIP(return, "needs root, to become nobody");
	while (!is_over(&self->begin)) {
		rnd(&seed);
		pid = fork();
		if (!pid)
			random_calls(seed);
		/* It may have made itself deaf for signals. */
		for (int i = 0; waitpid(pid, &status, WNOHANG) != pid; i++) {
			usleep(1000);
			if (i == 2000)
				kill(pid, SIGKILL);
		}
		kill(-pid, SIGKILL);
		status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
		/* 1: it did not even start. */
		EXPECT_NE(1, status);
		if (sh->leaks) {
			TH_LOG("seed %lx", seed);
			break;
		}
		children++;
	}
	EXPECT_EQ(0, sh->leaks);
	EXPECT_GT(children, 3);
	EXPECT_GT(sh->calls, 100);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "probe"))
		return is_native_here() ? 0 : 2;
	return test_harness_run(argc, argv);
}
