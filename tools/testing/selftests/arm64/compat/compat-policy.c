// SPDX-License-Identifier: GPL-2.0
/*
 * Who may make compat calls: abi.compat_syscalls, and the prctl() for those
 * who have to opt in.
 */
#include <pthread.h>

#include "compat.h"
#include "compat-filter.h"

#ifndef PR_ARM64_COMPAT_SYSCALLS_SET
#define PR_ARM64_COMPAT_SYSCALLS_SET	0x43535953
#define PR_ARM64_COMPAT_SYSCALLS_GET	0x43535947
#endif

static long opt(unsigned long arg)
{
	long ret = prctl(PR_ARM64_COMPAT_SYSCALLS_SET, arg, 0, 0, 0);

	return ret < 0 ? -errno : ret;
}

static long can(void)
{
	long ret = prctl(PR_ARM64_COMPAT_SYSCALLS_GET, 0, 0, 0, 0);

	return ret < 0 ? -errno : ret;
}

static int set_policy(const char *value)
{
	return write_text(SYSCTL, value) ? -errno : 0;
}

FIXTURE(policy) {
	char old[16];
};

FIXTURE_SETUP(policy)
{
	if (read_text(SYSCTL, self->old, sizeof(self->old)) < 0)
		SKIP(return, "no abi.compat_syscalls");
	if (geteuid())
		SKIP(return, "needs root");
}

FIXTURE_TEARDOWN(policy)
{
	if (self->old[0])
		write_text(SYSCTL, self->old);
}

/* Unless somebody said otherwise at boot. */
TEST_F(policy, default_is_on)
{
	char cmdline[4096];

	ASSERT_GT(read_text("/proc/cmdline", cmdline, sizeof(cmdline)), 0);
	if (strstr(cmdline, "abi.compat_syscalls"))
		SKIP(return, "set on the command line");
	EXPECT_STREQ("1\n", self->old);
	EXPECT_TRUE(have_compat_calls());
	EXPECT_EQ(1, can());
}

/* ... which is possible. */
TEST_F(policy, set_at_boot)
{
	char cmdline[4096], *value;

	ASSERT_GT(read_text("/proc/cmdline", cmdline, sizeof(cmdline)), 0);
	value = strstr(cmdline, "sysctl.abi.compat_syscalls=");
	if (!value)
		SKIP(return, "not set on the command line");
	EXPECT_EQ(strchr(value, '=')[1], self->old[0]);
	EXPECT_EQ(self->old[0] == '1', can());
	EXPECT_EQ(self->old[0] == '1', have_compat_calls());
}

TEST_F(policy, values)
{
	char now[16];

	EXPECT_EQ(-EINVAL, set_policy("3"));
	EXPECT_EQ(-EINVAL, set_policy("-1"));
	EXPECT_EQ(-EINVAL, set_policy("x"));
	for (char c = '0'; c <= '2'; c++) {
		char s[] = { c, '\n', '\0' };

		EXPECT_EQ(0, set_policy(s));
		EXPECT_GT(read_text(SYSCTL, now, sizeof(now)), 0);
		EXPECT_STREQ(s, now);
	}
}

/* Everything is as on a kernel that does not have this. */
TEST_F(policy, off)
{
	long bad = 0;

	ASSERT_EQ(0, set_policy("0"));
	EXPECT_EQ(0, can());
	for (uint64_t nr = 0; nr < 1024; nr++)
		bad += svc(0x80000000 | nr, -1, 0, 0, 0, 0, 0) != -ENOSYS;
	EXPECT_EQ(0, bad);
	/* Having opted in does not help. */
	EXPECT_EQ(0, opt(1));
	EXPECT_EQ(-ENOSYS, compat0(getpid));
	EXPECT_EQ(0, can());
	/* Seccomp sees what it was: a native call with that number. */
	ASSERT_EQ(0, filter_call(AUDIT_ARCH_AARCH64, COMPAT_NR(getpid),
				 SECCOMP_RET_ERRNO | 71, 0));
	EXPECT_EQ(-71, compat0(getpid));
}

TEST_F(policy, opt_in)
{
	ASSERT_EQ(0, set_policy("2"));
	EXPECT_EQ(0, can());
	EXPECT_EQ(-ENOSYS, compat0(getpid));
	EXPECT_EQ(0, opt(1));
	EXPECT_EQ(1, can());
	EXPECT_EQ(getpid(), compat0(getpid));
	/* A compat call can do it as well. */
	EXPECT_EQ(1, compat(prctl, PR_ARM64_COMPAT_SYSCALLS_GET, 0, 0, 0, 0));
	EXPECT_EQ(0, compat(prctl, PR_ARM64_COMPAT_SYSCALLS_SET, 0, 0, 0, 0));
	EXPECT_EQ(-ENOSYS, compat0(getpid));
	EXPECT_EQ(0, can());
	ASSERT_EQ(0, filter_call(AUDIT_ARCH_AARCH64, COMPAT_NR(getpid),
				 SECCOMP_RET_ERRNO | 71, 0));
	EXPECT_EQ(-71, compat0(getpid));
}

TEST_F(policy, arguments)
{
	EXPECT_EQ(-EINVAL, opt(2));
	EXPECT_EQ(-EINVAL, opt(-1UL));
	EXPECT_EQ(-EINVAL, opt(1UL << 32));
	EXPECT_EQ(-1, prctl(PR_ARM64_COMPAT_SYSCALLS_SET, 1, 1, 0, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, prctl(PR_ARM64_COMPAT_SYSCALLS_SET, 1, 0, 1, 0));
	EXPECT_EQ(-1, prctl(PR_ARM64_COMPAT_SYSCALLS_SET, 1, 0, 0, 1));
	EXPECT_EQ(-1, prctl(PR_ARM64_COMPAT_SYSCALLS_GET, 1, 0, 0, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, prctl(PR_ARM64_COMPAT_SYSCALLS_GET, 0, 1, 0, 0));
	EXPECT_EQ(-1, prctl(PR_ARM64_COMPAT_SYSCALLS_GET, 0, 0, 0, 1));
	ASSERT_EQ(0, set_policy("2"));
	EXPECT_EQ(0, can());
}

/* There is nothing to choose for who executes AArch32. */
TEST_F(policy, aarch32_task)
{
	static const uint32_t code[] = {
		0xe3050953, 0xe3440353,		/* ldr r0, =PR_..._SET */
		0xe3a01001, 0xe3a02000,		/* mov r1, #1; mov r2, #0 */
		0xe3a03000, 0xe3a04000,		/* mov r3, #0; mov r4, #0 */
		0xe3a070ac, 0xef000000,		/* mov r7, #172; svc #0 */
		0xe2605000,			/* rsb r5, r0, #0 */
		0xe3050947, 0xe3440353,		/* ldr r0, =PR_..._GET */
		0xe3a01000, 0xef000000,		/* mov r1, #0; svc #0 */
		0xe0450000,			/* sub r0, r5, r0 */
		0xe3a07001, 0xef000000,		/* mov r7, #1; svc #0 */
	};
	char path[32], *const argv[] = { "image32", NULL };
	pid_t pid;

	if (!have_aarch32())
		SKIP(return, "no CPU in reach runs 32-bit programs");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", image32_fd(code, sizeof(code)));
	pid = fork();
	if (!pid) {
		execv(path, argv);
		_exit(1);
	}
	EXPECT_EQ(2 * EINVAL, wait_status(pid));
}

static void *thread(void *unused)
{
	long yes = compat0(getpid) == getpid() && can() == 1;

	/* Its own from here on. */
	opt(0);
	return (void *)yes;
}

TEST_F(policy, inherited)
{
	pthread_t t;
	void *yes;
	pid_t pid;

	ASSERT_EQ(0, set_policy("2"));
	ASSERT_EQ(0, opt(1));
	pid = fork();
	if (!pid)
		_exit(compat0(getpid) == getpid() && can() == 1 ? 0 : 1);
	EXPECT_EQ(0, wait_status(pid));
	ASSERT_EQ(0, pthread_create(&t, NULL, thread, NULL));
	pthread_join(t, &yes);
	EXPECT_EQ(1, (long)yes);
	EXPECT_EQ(1, can());
	EXPECT_EQ(getpid(), compat0(getpid));
	/* Not by who is there already. */
	EXPECT_EQ(0, opt(0));
	pid = fork();
	if (!pid)
		_exit(compat0(getpid) == -ENOSYS ? 0 : 1);
	EXPECT_EQ(0, wait_status(pid));
}

TEST_F(policy, dropped_by_exec)
{
	char *const argv[] = { "compat-policy", "probe", NULL };
	pid_t pid;

	ASSERT_EQ(0, set_policy("2"));
	ASSERT_EQ(0, opt(1));
	pid = fork();
	if (!pid) {
		/* Nor by an execve() that fails. */
		execv("/none/none", argv);
		if (compat0(getpid) != getpid())
			_exit(9);
		execv("/proc/self/exe", argv);
		_exit(8);
	}
	EXPECT_EQ(1, wait_status(pid));
	/* ... and by one that is a compat call itself. */
	pid = fork();
	if (!pid) {
		uint32_t *v = low(16);

		v[0] = (uintptr_t)low_str("compat-policy");
		v[1] = (uintptr_t)low_str("probe");
		compat(execve, low_str("/proc/self/exe"), v, v + 2);
		_exit(8);
	}
	EXPECT_EQ(1, wait_status(pid));
	ASSERT_EQ(0, set_policy("1"));
	pid = fork();
	if (!pid) {
		execv("/proc/self/exe", argv);
		_exit(8);
	}
	EXPECT_EQ(0, wait_status(pid));
}

/* What is said while it does not matter counts when it does. */
TEST_F(policy, remembered)
{
	ASSERT_EQ(0, set_policy("1"));
	ASSERT_EQ(0, opt(1));
	EXPECT_EQ(1, can());
	ASSERT_EQ(0, set_policy("2"));
	EXPECT_EQ(1, can());
	EXPECT_EQ(getpid(), compat0(getpid));
	ASSERT_EQ(0, opt(0));
	EXPECT_EQ(0, can());
	ASSERT_EQ(0, set_policy("1"));
	EXPECT_EQ(1, can());
	EXPECT_EQ(getpid(), compat0(getpid));
}

enum who { ROOT, NOBODY, ROOT_OF_NAMESPACE };

/* In one, no user namespace can be made. */
static void leave_chroot(void)
{
	char dir[] = "/tmp/compat-policy-XXXXXX";

	if (chdir("/") || !mkdtemp(dir) || chroot(dir))
		return;
	rmdir(dir + 1);
	for (int i = 0; i < 16; i++)
		chdir("..");
	chroot(".");
}

static int confined(enum who who)
{
	bool privileged = who == ROOT;

	/* Has all capabilities there. */
	if (who == ROOT_OF_NAMESPACE) {
		leave_chroot();
		if (unshare(CLONE_NEWUSER))
			return 7;
	}
	if (filter_call(AUDIT_ARCH_AARCH64, __NR_acct, SECCOMP_RET_ERRNO | 1, 0))
		return 1;
	if (who == NOBODY && (setgid(65534) || setuid(65534)))
		return 2;
	if (opt(1) != (privileged ? 0 : -EACCES))
		return 3;
	if (can() != privileged)
		return 4;
	if (compat0(getpid) != (privileged ? getpid() : -ENOSYS))
		return 5;
	/* Giving it up is always possible. */
	if (opt(0))
		return 6;
	return 0;
}

/* The author of the filter may never have heard of compat calls. */
TEST_F(policy, refused_under_seccomp)
{
	pid_t pid;

	ASSERT_EQ(0, set_policy("2"));
	for (enum who who = ROOT; who <= ROOT_OF_NAMESPACE; who++) {
		pid = fork();
		if (!pid)
			_exit(confined(who));
		EXPECT_EQ(0, wait_status(pid)) {
			TH_LOG("who: %d", who);
		}
	}
	/* Opting in first is what an emulator does. */
	ASSERT_EQ(0, opt(1));
	pid = fork();
	if (!pid) {
		if (filter_call(AUDIT_ARCH_ARM, __NR_compat32_acct,
				SECCOMP_RET_ERRNO | 1, 0))
			_exit(1);
		if (setgid(65534) || setuid(65534))
			_exit(2);
		_exit(compat0(getpid) == getpid() ? 0 : 3);
	}
	EXPECT_EQ(0, wait_status(pid));
}

static volatile bool stop_flipping;

static void *flip(void *unused)
{
	while (!stop_flipping) {
		set_policy("0");
		set_policy("1");
		set_policy("2");
	}
	return NULL;
}

/* At any moment a call is one or the other. */
TEST_F(policy, flips)
{
	long yes = 0, no = 0, other = 0, ret;
	pid_t pid = getpid();
	pthread_t t;

	ASSERT_EQ(0, pthread_create(&t, NULL, flip, NULL));
	for (int i = 0; i < 200000 || (!yes || !no); i++) {
		ret = compat0(getpid);
		yes += ret == pid;
		no += ret == -ENOSYS;
		other += ret != pid && ret != -ENOSYS;
		if (i > 50000000)
			break;
	}
	stop_flipping = true;
	pthread_join(t, NULL);
	EXPECT_GT(yes, 0);
	EXPECT_GT(no, 0);
	EXPECT_EQ(0, other);
	EXPECT_TRUE(native_mmap_is_high());
}

/* A call that sleeps is not undone; only its restart is a new one. */
TEST_F(policy, switched_off_meanwhile)
{
	volatile long *result = low_shared(4096);
	pid_t pid[2];

	ASSERT_EQ(0, set_policy("1"));
	for (int i = 0; i < 2; i++) {
		pid[i] = fork();
		if (!pid[i]) {
			uint32_t *t = low(8);

			t[1] = 400000000;
			result[i] = compat(nanosleep, t, 0);
			_exit(0);
		}
	}
	usleep(100000);
	ASSERT_EQ(0, set_policy("0"));
	kill(pid[1], SIGSTOP);
	usleep(50000);
	kill(pid[1], SIGCONT);
	EXPECT_EQ(0, wait_status(pid[0]));
	EXPECT_EQ(0, wait_status(pid[1]));
	EXPECT_EQ(0, result[0]);
	EXPECT_EQ(-ENOSYS, result[1]);
}

/* A kernel that was built without. */
TEST(not_built_in)
{
	long bad = 0;

	if (!access(SYSCTL, F_OK))
		SKIP(return, "there is an abi.compat_syscalls");
	for (uint64_t nr = 0; nr < 1024; nr++)
		bad += svc(0x80000000 | nr, -1, 0, 0, 0, 0, 0) != -ENOSYS;
	EXPECT_EQ(0, bad);
	EXPECT_EQ(-EINVAL, can());
	EXPECT_EQ(-EINVAL, opt(1));
	ASSERT_EQ(0, filter_call(AUDIT_ARCH_AARCH64, COMPAT_NR(getpid),
				 SECCOMP_RET_ERRNO | 71, 0));
	EXPECT_EQ(-71, compat0(getpid));
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "probe"))
		return compat0(getpid) == getpid() ? 0 : 1;
	return test_harness_run(argc, argv);
}
